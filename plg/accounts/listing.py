"""People and accounts as the API shows them: one or a page of them, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from plg.accounts import accounts
from plg.accounts.models import Account, AccountKey, Membership
from plg.accounts.schemas import (
    AccountOfPerson,
    AccountOut,
    AccountsPage,
    AccountsQuery,
    ListQuery,
    MemberOut,
    PeoplePage,
    PeopleQuery,
    PersonOut,
)
from plg.kit.db import db
from plg.kit.errors import Fault, Unprocessable
from plg.people import identities
from plg.people.models import Identity, Person


class UnknownCursor(Unprocessable):
    """The cursor is not one that a page before has given."""


def people_page(query: PeopleQuery) -> PeoplePage:
    """Known people, newest first."""
    rows = select(Person).where(Person.identified, Person.merged_into_id.is_(None))
    if query.email is not None:
        rows = rows.where(Person.email == query.email.strip().lower())
    if query.key is not None:
        found = list(identities.known([query.key]).values())
        rows = rows.where(Person.id.in_([identities.survivor(record) for record in found]))
    page, following = _page(rows, Person, query)
    return PeoplePage(data=show_people(page), has_more=following is not None, next=following)


def accounts_page(query: AccountsQuery) -> AccountsPage:
    """Accounts, newest first; deleted ones are left out."""
    rows = select(Account).where(Account.deleted_at.is_(None))
    if query.email is not None:
        theirs = select(Membership.account_id).join(Person, Person.id == Membership.person_id)
        rows = rows.where(Account.id.in_(theirs.where(Person.email == query.email.strip().lower())))
    if query.key is not None:
        rows = rows.where(Account.id.in_(list(accounts.known([query.key]).values())))
    page, following = _page(rows, Account, query)
    return AccountsPage(data=show_accounts(page), has_more=following is not None, next=following)


def _page(rows: Select[Any], model: Any, query: ListQuery) -> tuple[Sequence[Any], str | None]:
    """The rows of one page, and the cursor of the next one."""
    if query.cursor is not None:
        last = db.session.scalar(select(model.id).where(model.public_id == query.cursor))
        if last is None:
            raise UnknownCursor(errors=[Fault("cursor", "must be `next` of the page before")])
        rows = rows.where(model.id < last)
    if query.created_after is not None:
        rows = rows.where(model.created_at >= query.created_after)
    if query.created_before is not None:
        rows = rows.where(model.created_at < query.created_before)
    found = db.session.scalars(rows.order_by(model.id.desc()).limit(query.limit + 1)).all()
    page = found[: query.limit]
    return page, page[-1].public_id if len(found) > query.limit else None


def show_people(people: Iterable[Person]) -> list[PersonOut]:
    found = list(people)
    ids, accounts_of = _ids_of_people([p.id for p in found]), _accounts_of([p.id for p in found])
    return [
        PersonOut(
            id=person.public_id,
            email=person.email,
            name=person.name,
            locale=person.locale,
            distinct_ids=ids[person.id],
            traits=person.traits,
            accounts=accounts_of[person.id],
            created_at=person.created_at,
        )
        for person in found
    ]


def show_accounts(found: Sequence[Account]) -> list[AccountOut]:
    keys, members = _keys_of([a.id for a in found]), _members_of([a.id for a in found])
    return [
        AccountOut(
            id=account.public_id,
            name=account.name,
            keys=keys[account.id],
            timezone=account.timezone,
            locale=account.locale,
            traits=account.traits,
            members=members[account.id],
            created_at=account.created_at,
            delete_at=account.delete_at,
        )
        for account in found
    ]


def _ids_of_people(person_ids: list[int]) -> dict[int, list[str]]:
    survivor = func.coalesce(Person.merged_into_id, Person.id)
    query = select(survivor, Identity.distinct_id).join(Person, Person.id == Identity.person_id)
    query = query.where(Person.id.in_(person_ids) | Person.merged_into_id.in_(person_ids))
    return _grouped(query.order_by(Identity.created_at, Identity.distinct_id))


def _accounts_of(person_ids: list[int]) -> dict[int, list[AccountOfPerson]]:
    query = select(Membership.person_id, Account.public_id, Account.name, Membership.role)
    query = query.join(Account, Account.id == Membership.account_id)
    query = query.where(Membership.person_id.in_(person_ids))
    grouped: dict[int, list[AccountOfPerson]] = defaultdict(list)
    for person_id, public_id, name, role in db.session.execute(
        query.order_by(Membership.created_at, Membership.id)
    ):
        grouped[person_id].append(AccountOfPerson(id=public_id, name=name, role=role))
    return grouped


def _keys_of(account_ids: list[int]) -> dict[int, list[str]]:
    query = select(AccountKey.account_id, AccountKey.key).where(AccountKey.account_id.in_(account_ids))
    return _grouped(query.order_by(AccountKey.created_at, AccountKey.key))


def _members_of(account_ids: list[int]) -> dict[int, list[MemberOut]]:
    query = select(Membership.account_id, Membership.role, Person)
    query = query.join(Person, Person.id == Membership.person_id)
    query = query.where(Membership.account_id.in_(account_ids)).order_by(Membership.id)
    grouped: dict[int, list[MemberOut]] = defaultdict(list)
    for account_id, role, person in db.session.execute(query):
        grouped[account_id].append(show_member(person, role))
    return grouped


def show_member(person: Person, role: str) -> MemberOut:
    return MemberOut(id=person.public_id, name=person.name, email=person.email, role=role)


def _grouped(query: Select[*tuple[Any, ...]]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = defaultdict(list)
    for owner, value in db.session.execute(query):
        grouped[owner].append(value)
    return grouped
