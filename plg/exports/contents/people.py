"""People as they are now, one row each; merged_into: who a record turned out to be."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import aliased

from plg.events.stream import Place
from plg.exports.contents.row import Columns, Rows, moment
from plg.exports.models import Export
from plg.kit.db import db
from plg.people.models import Person

COLUMNS: Columns = {
    "id": "VARCHAR",
    "email": "VARCHAR",
    "name": "VARCHAR",
    "locale": "VARCHAR",
    "identified": "BOOLEAN",
    "merged_into": "VARCHAR",
    "traits": "JSON",
    "created_at": "TIMESTAMPTZ",
}
AT_ONCE = 2000


def parts(export: Export, since: Place, upto: Place) -> tuple[list[str], bool]:
    return [""], True


def read(export: Export, parts: list[str], upto: Place) -> Rows:
    survivor = aliased(Person)
    query = select(Person, survivor.public_id).outerjoin(survivor, survivor.id == Person.merged_into_id)
    query = query.order_by(Person.id).execution_options(yield_per=AT_ONCE)
    for person, merged_into in db.session.execute(query):
        told = {name: getattr(person, name) for name in ("email", "name", "locale", "identified")}
        made = moment(person.created_at)
        yield (
            "",
            {
                "id": person.public_id,
                **told,
                "merged_into": merged_into,
                "traits": person.traits,
                "created_at": made,
            },
        )
