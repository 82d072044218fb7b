"""Codes of an authenticator app (TOTP, RFC 6238): six digits that change every 30 seconds, each taken once."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyotp
from flask import current_app
from sqlalchemy import delete, or_, select, update

from plg.access.models import TotpSecret
from plg.access.sealing import seal, unseal
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, TooManyRequests, Unauthorized
from plg.people import identities

STEP_SECONDS = 30
DRIFT = 1  # steps that an app's clock may be before or behind ours
TRIES = 5
FIRST_WAIT = dt.timedelta(minutes=1)
LONGEST_WAIT = dt.timedelta(hours=16)


class WrongCode(Unauthorized):
    """The code is not right, is older than a minute, or was used before."""


class TooManyWrongCodes(TooManyRequests):
    """After five wrong codes in a row no code is looked at for a while, each time for longer."""


class TwoStepOn(Conflict):
    """The person has an authenticator app already; it is removed first."""


@dataclass(frozen=True)
class NewSecret:
    """What an authenticator app is told: the secret by hand, or the address in a QR code."""

    secret: str
    uri: str


def begin(person_id: int, address: str) -> NewSecret:
    """A new secret, not in force before `confirm`. Raises TwoStepOn."""
    if is_on(person_id):
        raise TwoStepOn("There is an authenticator app already.")
    secret = pyotp.random_base32()
    fresh = {"secret": seal(secret), "created_at": now(), "last_step": 0, "failures": 0, "retry_at": None}
    row = insert(TotpSecret).values(person_id=identities.survivor(person_id), **fresh)
    unconfirmed = TotpSecret.confirmed_at.is_(None)
    db.session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=fresh, where=unconfirmed))
    return _told(secret, address)


def pending(person_id: int, address: str) -> NewSecret | None:
    """The secret that was begun and not confirmed yet."""
    row = next((row for row in _rows(person_id) if row.confirmed_at is None), None)
    return _told(unseal(row.secret), address) if row else None


def _told(secret: str, address: str) -> NewSecret:
    issuer = current_app.extensions["plg.settings"].product_name
    return NewSecret(secret, pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=issuer))


def confirm(person_id: int, code: str) -> None:
    """A code of the app shows that it works: from now on it is asked for. Raises WrongCode, TooManyWrongCodes."""
    _take(person_id, code, confirmed=False)


def check(person_id: int, code: str) -> None:
    """Use up a code of the app. Raises WrongCode, TooManyWrongCodes: the caller keeps (commits) what was counted."""
    _take(person_id, code, confirmed=True)


def is_on(person_id: int) -> bool:
    """Whether the person signs in with a second step."""
    return any(row.confirmed_at is not None for row in _rows(person_id))


def remove(person_id: int) -> bool:
    """Returns whether there was an app that was in force."""
    was_on = is_on(person_id)
    theirs = TotpSecret.person_id.in_(_records(person_id))
    db.session.execute(delete(TotpSecret).where(theirs))
    return was_on


def _take(person_id: int, code: str, *, confirmed: bool) -> None:
    tried = 0
    for row in _rows(person_id):
        if (row.confirmed_at is not None) is not confirmed:
            continue
        tried += 1
        if _spend_try(row) and (step := _step_of(unseal(row.secret), code)) and _use(row, step):
            return
    if not tried:
        raise WrongCode("There is no authenticator app.")
    raise WrongCode("The code is not right. Take the one that your app shows now.")


def _spend_try(row: TotpSecret) -> bool:
    """Count a try as a failure before the code is looked at: of many in parallel, none is for free."""
    moment = now()
    open_now = or_(TotpSecret.retry_at.is_(None), TotpSecret.retry_at <= moment)
    once = update(TotpSecret).where(TotpSecret.person_id == row.person_id, open_now)
    failures = db.session.scalar(once.values(failures=TotpSecret.failures + 1).returning(TotpSecret.failures))
    if failures is None:
        wait = int(((row.retry_at or moment) - moment).total_seconds()) + 1
        raise TooManyWrongCodes("Too many wrong codes. Wait a while.", retry_after=max(wait, 1))
    if failures % TRIES == 0:
        wait_for = min(FIRST_WAIT * 4 ** (failures // TRIES - 1), LONGEST_WAIT)
        mine = update(TotpSecret).where(TotpSecret.person_id == row.person_id)
        db.session.execute(mine.values(retry_at=moment + wait_for))
    return True


def _step_of(secret: str, code: str) -> int | None:
    """The step whose code this is, within the drift."""
    current = int(now().timestamp()) // STEP_SECONDS
    app, found = pyotp.TOTP(secret), None
    for step in range(current - DRIFT, current + DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def _use(row: TotpSecret, step: int) -> bool:
    """Of parallel callers with the same code one succeeds."""
    once = update(TotpSecret).where(TotpSecret.person_id == row.person_id, TotpSecret.last_step < step)
    used: dict[str, Any] = {"last_step": step, "failures": 0, "retry_at": None}
    if row.confirmed_at is None:
        used["confirmed_at"] = now()
    return db.session.execute(once.values(used).returning(TotpSecret.person_id)).first() is not None


def _rows(person_id: int) -> Sequence[TotpSecret]:
    query = select(TotpSecret).where(TotpSecret.person_id.in_(_records(person_id)))
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _records(person_id: int) -> list[int]:
    return identities.records_of(identities.survivor(person_id))
