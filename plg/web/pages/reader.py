"""What the frame of a signed-in person's pages shows of them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from plg.accounts import memberships
from plg.accounts.models import Account
from plg.kit.caller import current_caller
from plg.people import people


@dataclass(frozen=True)
class Reader:
    """others: the workspaces that they can change to."""

    name: str
    email: str
    others: list[Account]


def reader() -> Reader:
    """Whose page this is; read once a request. For templates: `{% set me = reader() %}`."""
    if "plg_reader" not in g:
        g.plg_reader = _read()
    return g.plg_reader


def _read() -> Reader:
    caller = current_caller()
    if caller.person_id is None:
        return Reader(caller.name, "", [])
    person = people.get(caller.person_id)
    theirs = [account for account, _ in memberships.of_person(person.id) if account.id != caller.account_id]
    return Reader(person.name or person.email or "", person.email or "", theirs)


def initials(name: str) -> str:
    """At most two letters for the round sign beside a name: "Ana García López" -> "AG"."""
    return "".join(word[0] for word in name.split()[:2]).upper() or "?"
