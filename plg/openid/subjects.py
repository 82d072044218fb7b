"""Who signs in to a product, in which workspace, and what the product is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plg.access import credentials
from plg.access.models import Credential
from plg.accounts import memberships
from plg.accounts.models import Account
from plg.openid.models import SCOPES
from plg.people import people
from plg.people.models import Person


@dataclass(frozen=True)
class Subject:
    """A person as a member of the workspace that they sign in with. others: every workspace of theirs with the
    role in it."""

    person: Person
    credential: Credential | None
    account: Account
    role: str
    memberships: list[tuple[Account, str]]


def find(person_id: int, account_id: int | None) -> Subject | None:
    """The person in this workspace; None where they do not belong to it (any more)."""
    person = people.get(person_id)
    theirs = memberships.of_person(person.id)
    here = next((pair for pair in theirs if pair[0].id == account_id), None)
    if here is None:
        return None
    return Subject(person, credentials.of_person(person.id), *here, theirs)


def claims(subject: Subject, scope: str) -> dict[str, Any]:
    """What these scopes tell. `sub` is the person's public id, `account` the workspace's."""
    wanted = {name for each in scope.split() for name in SCOPES.get(each, ())} | {"sub"}
    return {name: value for name, value in _all(subject).items() if name in wanted and value is not None}


def _all(subject: Subject) -> dict[str, Any]:
    person, credential, account = subject.person, subject.credential, subject.account
    email = credential.email if credential else person.email
    return {
        "sub": person.public_id,
        "name": person.name or None,
        "locale": person.locale,
        "zoneinfo": account.timezone,
        "email": email,
        "email_verified": bool(credential and credential.email_confirmed_at) if email else None,
        "account": account.public_id,
        "account_name": account.name,
        "role": subject.role,
        "accounts": [
            {"account": each.public_id, "account_name": each.name, "role": role}
            for each, role in subject.memberships
        ],
    }
