"""The second step of a sign-in: whoever has an authenticator app shows a code of it, or a recovery code."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from plg.access import one_time, recovery_codes, totp
from plg.access.models import OneTimeToken
from plg.access.totp import WrongCode
from plg.events import log, names
from plg.kit.errors import Conflict, Unauthorized

PURPOSE = "second-step"
LIFE = dt.timedelta(minutes=10)
_OF_THE_APP = re.compile(r"[0-9]{6}")


class TwoStepOff(Conflict):
    """There is no authenticator app, so there are no recovery codes."""


class SecondStepExpired(Unauthorized):
    """The first step was too long ago, or was finished already: sign in anew."""


def begin(person_id: int, data: Mapping[str, Any]) -> str:
    """The first step is done: a token that stands for it until the second is, too. data: comes back with it."""
    return one_time.draw(PURPOSE, person_id=person_id, life=LIFE, data=data)


def look_at(token: str) -> OneTimeToken:
    """Whose second step it is; nothing is used up. Raises SecondStepExpired."""
    try:
        return one_time.look_at(PURPOSE, token)
    except one_time.LinkExpired:
        raise SecondStepExpired("Sign in anew: the first step was too long ago.") from None


def finish(token: str, code: str) -> OneTimeToken:
    """Both steps are done, once. Raises SecondStepExpired, WrongCode, TooManyWrongCodes; the caller keeps
    (commits) what was counted."""
    row = look_at(token)
    assert row.person_id is not None
    check(row.person_id, code)
    try:
        return one_time.use(PURPOSE, token)
    except one_time.LinkExpired:
        raise SecondStepExpired("Sign in anew: the first step is finished already.") from None


def check(person_id: int, code: str) -> None:
    """Use up a code of the app or a recovery code. Raises WrongCode, TooManyWrongCodes."""
    typed = _without_space(code)
    if is_of_the_app(code):
        totp.check(person_id, typed)
        return
    if not recovery_codes.use(person_id, typed[:100]):
        raise WrongCode("The code is not right.")
    log.record(names.RECOVERY_CODE_USED, person_id=person_id)


def is_of_the_app(code: str) -> bool:
    """Whether it looks like a code of an authenticator app; else it is meant as a recovery code."""
    return _OF_THE_APP.fullmatch(_without_space(code)) is not None


def _without_space(code: str) -> str:
    return re.sub(r"\s", "", code)


def turn_on(person_id: int, code: str) -> list[str]:
    """A code of the new app turns the second step on; returns the recovery codes. Raises as totp.confirm does."""
    totp.confirm(person_id, _without_space(code)[:20])
    log.record(names.TWO_STEP_TURNED_ON, person_id=person_id)
    return recovery_codes.renew(person_id)


def turn_off(person_id: int) -> None:
    if totp.remove(person_id):
        recovery_codes.forget(person_id)
        log.record(names.TWO_STEP_TURNED_OFF, person_id=person_id)


def renew_codes(person_id: int) -> list[str]:
    """New recovery codes in place of the old ones. Raises TwoStepOff."""
    if not totp.is_on(person_id):
        raise TwoStepOff("Turn on two-step sign-in first.")
    return recovery_codes.renew(person_id)
