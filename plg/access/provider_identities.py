"""Whom a sign-in provider's account stands for: found, connected, disconnected."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from plg.access import credentials, passkeys, sessions
from plg.access.invited import AddressConfirmed
from plg.access.models import Credential, ProviderIdentity
from plg.access.providers_wire import Outsider
from plg.kit.clock import now
from plg.kit.db import db, insert, lock
from plg.kit.errors import Conflict, NotFound
from plg.people import identities


class NoVerifiedAddress(Conflict):
    """The provider vouches for no address, so nobody new is made and nobody's sign-up is touched."""


class IdentityTaken(Conflict):
    """Somebody else here signs in with this account of the provider."""


class IdentityNotFound(NotFound):
    """The person has connected no such account."""


class LastWayIn(Conflict):
    """Without this account the person could not sign in any more."""


def enter(outsider: Outsider) -> int | None:
    """The person who comes in; None where they are new here (`connect` them once they have signed up). A sign-up
    with their address that nobody confirmed becomes theirs: its password may be anybody's, so it is dropped.
    Raises NoVerifiedAddress or AddressConfirmed."""
    known = _find(outsider)
    if known is not None:
        known.used_at, known.email = now(), outsider.email or known.email
        return identities.survivor(known.person_id)
    if outsider.email is None:
        raise NoVerifiedAddress("The provider vouches for no address.")
    lock(f"sign-up:{outsider.email}")
    credential = credentials.find(outsider.email)
    if credential is None:
        return None
    if credential.email_confirmed_at is not None:
        raise AddressConfirmed("This address has an account already. Sign in to go on.")
    connect(outsider, credential.person_id)
    _take_over(credential)
    return identities.survivor(credential.person_id)


def connect(outsider: Outsider, person_id: int) -> ProviderIdentity:
    """From now on this account of the provider signs the person in. Repeated or in parallel: once. Raises
    IdentityTaken."""
    moment = now()
    row = {
        "provider": outsider.provider,
        "issuer": outsider.issuer,
        "subject": outsider.subject,
        "person_id": person_id,
        "email": outsider.email,
        "created_at": moment,
        "used_at": moment,
    }
    db.session.execute(insert(ProviderIdentity).values(row).on_conflict_do_nothing())
    found = _find(outsider)
    assert found is not None
    if identities.survivor(found.person_id) != identities.survivor(person_id):
        raise IdentityTaken("Somebody else signs in with this account.")
    return found


def disconnect(person_id: int, identity_id: int) -> ProviderIdentity:
    """This account signs nobody in any more. Raises IdentityNotFound or LastWayIn."""
    lock(f"ways in:{person_id}")
    connected = of_person(person_id)
    found = next((each for each in connected if each.id == identity_id), None)
    if found is None:
        raise IdentityNotFound("There is no such account.")
    if len(connected) == 1 and not _has_own_way(person_id):
        raise LastWayIn("This is your only way to sign in.")
    db.session.delete(found)
    db.session.flush()
    return found


def of_person(person_id: int) -> Sequence[ProviderIdentity]:
    """The accounts that sign the person in, whichever of their records they were connected to."""
    records = identities.records_of(identities.survivor(person_id))
    query = select(ProviderIdentity).where(ProviderIdentity.person_id.in_(records))
    return db.session.scalars(query.order_by(ProviderIdentity.id)).all()


def _find(outsider: Outsider) -> ProviderIdentity | None:
    query = select(ProviderIdentity).where(
        ProviderIdentity.issuer == outsider.issuer, ProviderIdentity.subject == outsider.subject
    )
    return db.session.scalar(query)


def _take_over(credential: Credential) -> None:
    credential.password_hash = None
    sessions.end_all_of(credential.person_id)
    credentials.confirm_email(credential)


def _has_own_way(person_id: int) -> bool:
    """A password or a passkey. A link by mail is a way, too, but only while the mailbox is theirs."""
    credential = credentials.of_person(person_id)
    return bool((credential and credential.password_hash) or passkeys.of_person(person_id))
