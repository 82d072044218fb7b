"""Who belongs to an account, in which role."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, or_, select

from plg.accounts.models import ROLES, Account, Membership
from plg.events import log, names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db, insert, lock
from plg.kit.errors import Conflict, Fault, Forbidden, Unprocessable
from plg.people import people
from plg.people.models import Person


class UnknownRole(Unprocessable):
    pass


class LastOwner(Conflict):
    """The last owner of an account cannot leave it or become something less."""


class NotAMember(Forbidden):
    pass


def check_role(role: str) -> str:
    if role not in ROLES:
        fault = Fault("role", f"must be one of {', '.join(ROLES)}")
        raise UnknownRole(f"There is no role {role!r}.", errors=[fault])
    return role


def add(account_id: int, person_id: int, role: str, *, by: str) -> bool:
    """Let a person belong to an account. Repeated or in parallel: one membership. Returns whether it is new."""
    return bool(add_all([(account_id, person_id)], role, by=by))


def add_all(pairs: Iterable[tuple[int, int]], role: str, *, by: str) -> set[tuple[int, int]]:
    """The same for many (account, person) at once, in two statements. Returns the new ones."""
    given = {"role": check_role(role), "created_at": now()}
    rows = [{"account_id": account, "person_id": person, **given} for account, person in sorted(set(pairs))]
    if not rows:
        return set()
    claim = insert(Membership.__table__).on_conflict_do_nothing()
    claim = claim.returning(Membership.account_id, Membership.person_id)
    new = {(account, person) for account, person in db.session.execute(claim, rows)}
    properties = {"role": role, "by": by}
    log.store(
        [
            log.own(names.ACCOUNT_ADDED_USER, person_id=person, account_id=account, properties=properties)
            for account, person in sorted(new)
        ]
    )
    return new


def role(account_id: int, person_id: int) -> str | None:
    query = select(Membership.role).where(
        Membership.account_id == account_id, Membership.person_id == person_id
    )
    return db.session.scalar(query)


def of_person(person_id: int) -> list[tuple[Account, str]]:
    """The person's accounts with the role in each, oldest membership first."""
    query = select(Account, Membership.role).join(Membership, Membership.account_id == Account.id)
    query = query.where(Membership.person_id == person_id).order_by(Membership.created_at, Membership.id)
    return [(account, found) for account, found in db.session.execute(query)]


def of_account(account_id: int) -> list[Membership]:
    query = select(Membership).where(Membership.account_id == account_id)
    return list(db.session.scalars(query.order_by(Membership.created_at, Membership.id)))


def count(account_id: int) -> int:
    """How many members an account has."""
    query = select(func.count()).select_from(Membership).where(Membership.account_id == account_id)
    return db.session.scalar(query) or 0


def only_account(person_ids: Iterable[int]) -> dict[int, int]:
    """person -> account, for people who belong to exactly one: where their events belong by default."""
    wanted = list(person_ids)
    if not wanted:
        return {}
    query = select(Membership.person_id, func.min(Membership.account_id)).where(
        Membership.person_id.in_(wanted)
    )
    query = query.group_by(Membership.person_id).having(func.count() == 1)
    return dict(db.session.execute(query).all())


def taken_out(pairs: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those (account, person) of whom plg has recorded that the person was taken out of the account."""
    if not pairs:
        return set()
    people_asked = {person for _, person in pairs}
    records = or_(Person.id.in_(people_asked), Person.merged_into_id.in_(people_asked))
    query = (
        select(Event.account_id, func.coalesce(Person.merged_into_id, Person.id))
        .join(Person, Person.id == Event.person_id)
        .where(records, Event.account_id.in_({account for account, _ in pairs}))
        .where(Event.name == names.ACCOUNT_REMOVED_USER, Event.source == "plg")
    )
    return pairs & {(account, person) for account, person in db.session.execute(query.distinct())}


def hold_roles(account_id: int) -> None:
    """Nobody else changes a role in the account or takes a member out until the transaction ends."""
    lock(f"owners:{account_id}")


def change_role(account_id: int, person_id: int, new_role: str, *, by: str) -> None:
    hold_roles(account_id)
    membership = _membership(account_id, person_id)
    if membership.role == "owner" and check_role(new_role) != "owner":
        _keep_an_owner(account_id)
    _give(membership, check_role(new_role), by)


def put(account_id: int, person_id: int, new_role: str, *, by: str) -> bool:
    """Let a person belong to the account in this role, whether or not they do already. Returns whether they are
    new. Raises LastOwner."""
    hold_roles(account_id)
    if add(account_id, person_id, new_role, by=by):
        return True
    change_role(account_id, person_id, new_role, by=by)
    return False


def own_if_nobody_does(account_id: int, person_id: int, *, by: str) -> None:
    """Make a member the owner of an account that has none. Of parallel callers one becomes it."""
    hold_roles(account_id)
    theirs = of_account(account_id)
    member = next((each for each in theirs if each.person_id == person_id), None)
    if member is not None and all(each.role != "owner" for each in theirs):
        _give(member, "owner", by)


def hand_over(account_id: int, to: int, *, by: int) -> None:
    """Make a member the owner in place of `by`, who becomes an admin; both at once, so there is always an owner.
    The caller has checked that `by` is an owner, holding the roles (`hold_roles`)."""
    heir, owner = _membership(account_id, to), _membership(account_id, by)
    _give(heir, "owner", f"person:{by}")
    _give(owner, "admin", f"person:{by}")
    properties = {"to_person": people.get(to).public_id}
    log.record(names.OWNERSHIP_TRANSFERRED, person_id=by, account_id=account_id, properties=properties)


def _give(membership: Membership, new_role: str, by: str) -> None:
    if membership.role == new_role:
        return
    properties = {"from_role": membership.role, "to_role": new_role, "by": by}
    membership.role = new_role
    log.record(
        names.ACCOUNT_ROLE_CHANGED,
        person_id=membership.person_id,
        account_id=membership.account_id,
        properties=properties,
    )


def remove(account_id: int, person_id: int, *, by: str) -> None:
    hold_roles(account_id)
    membership = _membership(account_id, person_id)
    if membership.role == "owner":
        _keep_an_owner(account_id)
    db.session.delete(membership)
    properties = {"by": by}
    log.record(names.ACCOUNT_REMOVED_USER, person_id=person_id, account_id=account_id, properties=properties)


def _membership(account_id: int, person_id: int) -> Membership:
    query = select(Membership).where(Membership.account_id == account_id, Membership.person_id == person_id)
    membership = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if membership is None:
        raise NotAMember("This person does not belong to the account.")
    return membership


def is_last_owner(account_id: int, person_id: int) -> bool:
    """Whether the account would be without an owner if this person left it."""
    return role(account_id, person_id) == "owner" and _count_owners(account_id) == 1


def _count_owners(account_id: int) -> int:
    owners = select(func.count()).where(Membership.account_id == account_id, Membership.role == "owner")
    return db.session.scalar(owners) or 0


def _keep_an_owner(account_id: int) -> None:
    if _count_owners(account_id) == 1:
        raise LastOwner("An account keeps at least one owner.")
