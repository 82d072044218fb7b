"""What the frame of a signed-in person's pages shows of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from flask import g

from plg.accounts import joining, memberships, rights
from plg.accounts.domains import Joinable
from plg.accounts.models import Account
from plg.kit.caller import current_caller
from plg.people import people
from plg.web.pages.own_workspace import confirmed_address


@dataclass(frozen=True)
class Reader:
    """others: the workspaces that they can change to. colleagues: those that they could join. closing: when the
    workspace will be deleted, where an owner asked for that; may_keep: they can undo it."""

    name: str
    email: str
    others: list[Account]
    colleagues: list[tuple[Joinable, str]] = field(default_factory=list)
    closing: dt.datetime | None = None
    may_keep: bool = False


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
    theirs = memberships.of_person(person.id)
    address = confirmed_address()
    offers = joining.offers(person.id, address) if address else []
    return Reader(
        person.name or person.email or "",
        person.email or "",
        [account for account, _ in theirs if account.id != caller.account_id],
        [pair for pair in offers if pair[1] in ("join", "ask")],
        next((account.delete_at for account, _ in theirs if account.id == caller.account_id), None),
        rights.may(caller.role, "workspace.delete"),
    )


def initials(name: str) -> str:
    """At most two letters for the round sign beside a name: "Ana García López" -> "AG"."""
    return "".join(word[0] for word in name.split()[:2]).upper() or "?"
