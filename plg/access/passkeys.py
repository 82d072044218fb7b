"""Passkeys (WebAuthn): made, used, removed. One proves possession and, by fingerprint or PIN, the person: it counts
as both steps of a sign-in."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import webauthn
from flask import current_app
from sqlalchemy import delete, or_, select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from plg.access import one_time
from plg.access.models import OneTimeToken, Passkey
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, NotFound, Unauthorized, Unprocessable
from plg.kit.ids import new_id
from plg.people import identities, people
from plg.settings import Settings

REGISTER, SIGN_IN = "passkey-register", "passkey-sign-in"
LIFE = dt.timedelta(minutes=10)
MOST = 20
MAX_NAME = 100
MAX_ID = 1400


class PasskeyRefused(Unauthorized):
    """The passkey is not known here, or its answer does not fit what was asked."""


class PasskeyNotMade(Unprocessable):
    """The new passkey's answer does not fit what was asked."""


class PasskeyKnown(Conflict):
    """This passkey is registered already."""


class TooManyPasskeys(Conflict):
    """A person has at most MOST passkeys."""


class PasskeyNotFound(NotFound):
    pass


class PasskeysUnavailable(Conflict):
    """Browsers know passkeys under https (or localhost), for a domain, not for an IP address."""


def domain() -> str:
    """What passkeys are bound to (the "relying party id"): `passkey_domain`, or the host of `public_url`."""
    settings = _settings()
    return settings.passkey_domain or urlsplit(settings.public_url).hostname or ""


def are_available() -> bool:
    """Whether browsers make passkeys for where plg is reached."""
    url = urlsplit(_settings().public_url)
    return not _is_ip(domain()) and (url.scheme == "https" or url.hostname == "localhost")


def registration_options(person_id: int, address: str) -> dict[str, Any]:
    """What the browser is asked for; the challenge in it works once, for LIFE, for this person."""
    _need_a_domain()
    person, theirs = people.get(person_id), of_person(person_id)
    if len(theirs) >= MOST:
        raise TooManyPasskeys(f"A person has at most {MOST} passkeys. Remove one first.")
    options = webauthn.generate_registration_options(
        rp_id=domain(),
        rp_name=_settings().product_name,
        user_name=address,
        user_id=person.public_id.encode(),
        user_display_name=person.name or address,
        challenge=_challenge(REGISTER, person.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in theirs
        ],
    )
    return json.loads(webauthn.options_to_json(options))


def register(person_id: int, answer: Mapping[str, Any], name: str = "") -> Passkey:
    """Keep a new passkey of this person. Raises PasskeyNotMade, PasskeyKnown."""
    try:
        asked = _asked(REGISTER, answer)
        if asked.person_id != identities.survivor(person_id):
            raise PasskeyNotMade("This challenge was for somebody else.")
        made = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=_challenge_in(answer),
            expected_rp_id=domain(),
            expected_origin=_origins(),
            require_user_verification=True,
        )
    except (WebAuthnException, one_time.LinkExpired, ValueError, KeyError, TypeError) as error:
        raise PasskeyNotMade("The passkey could not be registered. Try again.") from error
    values = {
        "public_id": new_id("pky"),
        "person_id": asked.person_id,
        "name": name.strip()[:MAX_NAME] or "Passkey",
        "credential_id": bytes_to_base64url(made.credential_id),
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "transports": _transports(answer),
        "created_at": now(),
    }
    row = insert(Passkey).values(values).on_conflict_do_nothing().returning(Passkey.id)
    new = db.session.scalar(row)
    if new is None:
        raise PasskeyKnown("This passkey is registered already.")
    log.record(names.PASSKEY_ADDED, person_id=asked.person_id, properties={"name": values["name"]})
    return db.session.get_one(Passkey, new)


def sign_in_options() -> dict[str, Any]:
    """What the browser of nobody in particular is asked for; the person chooses among their passkeys."""
    _need_a_domain()
    options = webauthn.generate_authentication_options(
        rp_id=domain(),
        challenge=_challenge(SIGN_IN, None),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(webauthn.options_to_json(options))


def check(answer: Mapping[str, Any]) -> Passkey:
    """The passkey that has answered; its challenge is used up. Raises PasskeyRefused."""
    try:
        known = select(Passkey).where(Passkey.credential_id == str(answer["id"])[:MAX_ID])
        passkey = db.session.scalar(known)
        _asked(SIGN_IN, answer)
        if passkey is None or not _is_of(passkey, answer):
            raise PasskeyRefused("This passkey is not known here.")
        verified = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=_challenge_in(answer),
            expected_rp_id=domain(),
            expected_origin=_origins(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, one_time.LinkExpired, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused("The passkey's answer does not fit what was asked. Try again.") from error
    _count(passkey, verified.new_sign_count)
    return passkey


def of_person(person_id: int) -> Sequence[Passkey]:
    """Oldest first."""
    query = select(Passkey).where(Passkey.person_id.in_(_records(person_id))).order_by(Passkey.id)
    return db.session.scalars(query).all()


def rename(person_id: int, public_id: str, name: str) -> None:
    """Raises PasskeyNotFound, for anybody else's, too."""
    mine = (Passkey.public_id == public_id, Passkey.person_id.in_(_records(person_id)))
    row = update(Passkey).where(*mine).values(name=name.strip()[:MAX_NAME] or "Passkey")
    if db.session.execute(row.returning(Passkey.id)).first() is None:
        raise PasskeyNotFound("There is no such passkey.")


def remove(person_id: int, public_id: str) -> None:
    """It signs nobody in any more. Raises PasskeyNotFound, for anybody else's, too."""
    mine = (Passkey.public_id == public_id, Passkey.person_id.in_(_records(person_id)))
    gone = db.session.execute(delete(Passkey).where(*mine).returning(Passkey.name)).first()
    if gone is None:
        raise PasskeyNotFound("There is no such passkey.")
    log.record(names.PASSKEY_REMOVED, person_id=person_id, properties={"name": gone[0]})


def _count(passkey: Passkey, seen: int) -> None:
    """A count that does not grow was counted by a copy of the authenticator; those that stay at 0 never count."""
    grew = or_(Passkey.sign_count < seen, (Passkey.sign_count == 0) & (seen == 0))
    row = update(Passkey).where(Passkey.id == passkey.id, grew)
    if (
        db.session.execute(row.values(sign_count=seen, last_used_at=now()).returning(Passkey.id)).first()
        is None
    ):
        raise PasskeyRefused("This passkey's counter went back.")


def _is_of(passkey: Passkey, answer: Mapping[str, Any]) -> bool:
    """Whether the user handle that came along is of a record of the passkey's person."""
    handle = base64url_to_bytes(answer["response"]["userHandle"]).decode()
    return identities.known([handle]).get(handle) in _records(passkey.person_id)


def _challenge(purpose: str, person_id: int | None) -> bytes:
    return one_time.draw(purpose, person_id=person_id, life=LIFE).encode()


def _challenge_in(answer: Mapping[str, Any]) -> bytes:
    return parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"])).challenge


def _asked(purpose: str, answer: Mapping[str, Any]) -> OneTimeToken:
    """Use up the challenge that is answered: it was ours, for this, and nobody answered it before."""
    return one_time.use(purpose, _challenge_in(answer).decode())


def _transports(answer: Mapping[str, Any]) -> list[str]:
    told = answer["response"].get("transports")
    return [str(each)[:20] for each in told][:10] if isinstance(told, list) else []


def _origins() -> list[str]:
    """Pages that may ask for our passkeys: plg's own and the host product's, where they are of the domain."""
    urls = [urlsplit(url) for url in (_settings().public_url, _settings().product_url) if url]
    ours = domain()
    return [f"{u.scheme}://{u.netloc}" for u in urls if f".{u.hostname}".endswith(f".{ours}")]


def _need_a_domain() -> None:
    if not are_available():
        raise PasskeysUnavailable("Passkeys need a domain and https. Set public_url.")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _settings() -> Settings:
    return current_app.extensions["plg.settings"]


def _records(person_id: int) -> list[int]:
    return identities.records_of(identities.survivor(person_id))
