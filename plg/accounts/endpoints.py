"""People and accounts, as the host product's server reads them."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy import select

from plg.accounts import accounts, memberships
from plg.accounts.models import Account, Membership
from plg.accounts.schemas import (
    AccountOfPerson,
    AccountOut,
    AccountPath,
    EventOut,
    EventPage,
    EventsQuery,
    MemberOut,
    PersonOut,
    PersonPath,
)
from plg.events.models import Event
from plg.kit.caller import requires
from plg.kit.db import db
from plg.people import identities, people
from plg.people.models import Person

SECRET: list[dict[str, list[str]]] = [{"secret": []}]

api = APIBlueprint(
    "accounts", __name__, url_prefix="/v1", abp_tags=[Tag(name="People and accounts")], abp_security=SECRET
)


@api.get("/people/<path:person>", summary="A person, by any id", responses={200: PersonOut})
@requires("secret", "staff")
def get_person(path: PersonPath) -> dict[str, Any]:
    person = people.find(path.person)
    theirs = [
        AccountOfPerson(id=account.public_id, name=account.name, role=role)
        for account, role in memberships.of_person(person.id)
    ]
    found = PersonOut(
        id=person.public_id,
        email=person.email,
        name=person.name,
        locale=person.locale,
        distinct_ids=people.distinct_ids(person),
        traits=person.traits,
        accounts=theirs,
        created_at=person.created_at,
    )
    return found.model_dump(mode="json")


@api.get("/people/<path:person>/events", summary="What a person did", responses={200: EventPage})
@requires("secret", "staff")
def list_person_events(path: PersonPath, query: EventsQuery) -> dict[str, Any]:
    person = people.find(path.person)
    rows = select(Event, Account.public_id).outerjoin(Account, Account.id == Event.account_id)
    rows = rows.where(Event.person_id.in_(identities.records_of(person.id)))
    if query.before is not None:
        rows = rows.where(Event.position < query.before)
    if query.name is not None:
        rows = rows.where(Event.name == query.name)
    found = db.session.execute(rows.order_by(Event.position.desc()).limit(query.limit + 1)).all()
    page = found[: query.limit]
    more = page[-1][0].position if len(found) > query.limit else None
    shown = [_event(event, account) for event, account in page]
    return EventPage(data=shown, has_more=more is not None, next=more).model_dump(mode="json")


def _event(event: Event, account: str | None) -> EventOut:
    return EventOut(
        id=event.id,
        name=event.name,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        distinct_id=event.distinct_id,
        account=account,
        properties=event.properties,
        context=event.context,
        source=event.source,
    )


@api.get("/accounts/<path:account>", summary="An account, by any id", responses={200: AccountOut})
@requires("secret", "staff")
def get_account(path: AccountPath) -> dict[str, Any]:
    account = accounts.find(path.account)
    members = select(Person, Membership.role).join(Membership, Membership.person_id == Person.id)
    members = members.where(Membership.account_id == account.id).order_by(Membership.id)
    found = AccountOut(
        id=account.public_id,
        name=account.name,
        keys=accounts.keys_of(account),
        timezone=account.timezone,
        locale=account.locale,
        traits=account.traits,
        members=[
            MemberOut(id=p.public_id, name=p.name, email=p.email, role=role)
            for p, role in db.session.execute(members)
        ],
        created_at=account.created_at,
    )
    return found.model_dump(mode="json")
