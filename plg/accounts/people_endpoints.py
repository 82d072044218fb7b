"""People, as the host product's server reads and writes them."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag
from sqlalchemy import select

from plg.accounts import listing
from plg.accounts.models import Account
from plg.accounts.schemas import (
    EventOut,
    EventPage,
    EventsQuery,
    PeoplePage,
    PeopleQuery,
    PersonIn,
    PersonOut,
    PersonPath,
)
from plg.events.models import Event
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.db import db
from plg.people import identities, people
from plg.people.models import Person

SECRET: list[dict[str, list[str]]] = [{"secret": []}]
TAG = Tag(name="People and accounts")

api = APIBlueprint("people", __name__, url_prefix="/v1", abp_tags=[TAG], abp_security=SECRET)


@api.get("/people", summary="Find people", responses={200: PeoplePage})
@requires("secret", "staff")
def list_people(query: PeopleQuery) -> dict[str, Any]:
    return listing.people_page(query).model_dump(mode="json")


@api.post(
    "/people",
    summary="Make or change a person",
    description="By your own id, else by the e-mail address: 201 where nobody was known by it, else 200. Fields that "
    "are left out stay as they are.",
    responses={200: PersonOut, 201: PersonOut},
)
@requires("secret")
def upsert_person(body: PersonIn) -> tuple[dict[str, Any], int]:
    person, made = people.upsert(key=body.id, email=body.email, traits=body.all_traits())
    return _shown(person), 201 if made else 200


@api.get("/people/<path:person>", summary="A person, by any id", responses={200: PersonOut})
@requires("secret", "staff")
def get_person(path: PersonPath) -> dict[str, Any]:
    return _shown(people.find(path.person))


def _shown(person: Person) -> dict[str, Any]:
    db.session.flush()
    return listing.show_people([person])[0].model_dump(mode="json")


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
