"""Colleagues with an address of an account's domain: they join by themselves, or ask and are let in."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update

from plg.accounts import accounts, domains, memberships, rights
from plg.accounts.domains import Joinable
from plg.accounts.models import Account, JoinRequest, Membership
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, Forbidden, NotFound
from plg.kit.ids import new_id
from plg.people.models import Person

ROLE = "member"
AGAIN = dt.timedelta(days=30)
"""How long somebody who was declined waits before they can ask again."""


class NotJoinable(Forbidden):
    """The workspace takes in nobody with this address, or its owners have said no."""


class JoinRequestNotFound(NotFound):
    pass


class JoinRequestDecided(Conflict):
    """Somebody else has answered this request."""


def offers(person_id: int, address: str) -> list[tuple[Joinable, str]]:
    """The workspaces that the person could join, with where each stands: `join`, `ask`, `open` (asked, no answer
    yet) or `declined`. Those that they belong to are left out. address: a confirmed one of theirs."""
    found = [one for one in domains.joinable(address) if memberships.role(one.account.id, person_id) is None]
    return [(one, _standing(one, person_id)) for one in found]


def _standing(one: Joinable, person_id: int) -> str:
    asked = _of(one.account.id, person_id)
    if asked is not None and asked.status == "open":
        return "open"
    if asked is not None and _is_declined(asked):
        return "declined"
    # Whom somebody took out of the workspace does not come back without being asked.
    out = memberships.taken_out({(one.account.id, person_id)})
    return "ask" if out else one.how


def join(account: Account, *, by: int, address: str) -> str:
    """Join, or ask to: `joined`, or `asked` where owners have to be told now, or `waiting` where they know already.
    address: a confirmed one of `by`. Raises NotJoinable."""
    accounts.check_open(account.id)
    found = next((pair for pair in offers(by, address) if pair[0].account.id == account.id), None)
    if found is None or found[1] == "declined":
        raise NotJoinable("This workspace does not take in people with this address.")
    one, standing = found
    if standing == "join":
        memberships.add(account.id, by, ROLE, by=f"domain:{one.domain}")
        return "joined"
    if standing == "open" or not _ask(account.id, by, address):
        return "waiting"
    properties = {"domain": one.domain}
    log.record(names.JOIN_REQUESTED, person_id=by, account_id=account.id, properties=properties)
    return "asked"


def _ask(account_id: int, person_id: int, address: str) -> bool:
    """Open the person's request, where none is open. Of parallel callers one opens it."""
    row = {"public_id": new_id("join"), "account_id": account_id, "person_id": person_id}
    row |= {"email": address, "status": "open", "created_at": now()}
    new = insert(JoinRequest).values(row).on_conflict_do_nothing().returning(JoinRequest.id)
    if db.session.execute(new).first() is not None:
        return True
    again = update(JoinRequest).where(
        JoinRequest.account_id == account_id, JoinRequest.person_id == person_id, JoinRequest.status != "open"
    )
    fresh = {"public_id": row["public_id"], "email": address, "status": "open", "created_at": now()}
    fresh |= {"decided_at": None, "decided_by_id": None}
    return db.session.execute(again.values(fresh).returning(JoinRequest.id)).first() is not None


def of_account(account_id: int) -> list[tuple[JoinRequest, Person]]:
    """The open requests with those who ask, oldest first."""
    query = select(JoinRequest, Person).join(Person, Person.id == JoinRequest.person_id)
    query = query.where(JoinRequest.account_id == account_id, JoinRequest.status == "open")
    found = db.session.execute(query.order_by(JoinRequest.created_at, JoinRequest.id))
    return [(request, person) for request, person in found]


def of_person(person_id: int, account_id: int) -> JoinRequest:
    """What this person has asked of this account."""
    found = _of(account_id, person_id)
    if found is None:
        raise JoinRequestNotFound("Nothing was asked.")
    return found


def get(public_id: str, *, by: int) -> JoinRequest:
    """A request, for somebody who may answer it."""
    found = db.session.scalar(select(JoinRequest).where(JoinRequest.public_id == public_id))
    role = memberships.role(found.account_id, by) if found is not None else None
    if found is None or not rights.may(role, "members.manage"):
        raise JoinRequestNotFound("There is no such request.")
    return found


def decide(public_id: str, approve: bool, *, by: int) -> JoinRequest:
    """Let the person in, or not. Of parallel answers the first counts; the others raise JoinRequestDecided."""
    found = get(public_id, by=by)
    rights.require(found.account_id, by, "members.manage")
    status = "approved" if approve else "declined"
    once = update(JoinRequest).where(JoinRequest.id == found.id, JoinRequest.status == "open")
    decided = once.values(status=status, decided_at=now(), decided_by_id=by).returning(JoinRequest.id)
    if db.session.execute(decided).first() is None:
        raise JoinRequestDecided("Somebody has answered this request already.")
    if approve:
        memberships.add(found.account_id, found.person_id, ROLE, by=f"person:{by}")
    else:
        properties = {"by": f"person:{by}"}
        log.record(
            names.JOIN_DECLINED,
            person_id=found.person_id,
            account_id=found.account_id,
            properties=properties,
        )
    return found


def deciders(account_id: int) -> list[Person]:
    """Who may answer, and so is told."""
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    query = query.where(Membership.account_id == account_id)
    query = query.where(Membership.role.in_(rights.RIGHTS["members.manage"]))
    return list(db.session.scalars(query.order_by(Membership.id)))


def _of(account_id: int, person_id: int) -> JoinRequest | None:
    query = select(JoinRequest).where(JoinRequest.account_id == account_id)
    return db.session.scalar(query.where(JoinRequest.person_id == person_id))


def _is_declined(asked: JoinRequest) -> bool:
    return asked.status == "declined" and asked.decided_at is not None and asked.decided_at > now() - AGAIN
