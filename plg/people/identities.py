"""Ids to people: found, made, merged."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from flask import current_app
from sqlalchemy import Select, select, update

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert, lock
from plg.kit.db_expressions import is_among, numbers
from plg.kit.ids import new_id
from plg.kit.keyed import make_for_keys
from plg.people.models import Identity, Merge, Person

CACHE_SIZE = 200_000


def _cache() -> dict[str, int]:
    """distinct id -> record, of committed rows; true for ever (see Identity), so never invalidated."""
    return current_app.extensions.setdefault("plg.identities", {})


def forget_cache() -> None:
    _cache().clear()


def known(distinct_ids: Iterable[str]) -> dict[str, int]:
    """The records of those ids that exist: id -> people.id (not yet the survivor; see `canonical`)."""
    cache, wanted = _cache(), set(distinct_ids)
    found = {i: cache[i] for i in wanted if i in cache}
    missing = wanted - found.keys()
    if missing:
        query = select(Identity.distinct_id, Identity.person_id).where(Identity.distinct_id.in_(missing))
        found |= dict(db.session.execute(query).all())
    return found


def resolve(distinct_ids: Iterable[str]) -> dict[str, int]:
    """The records of all those ids; the missing are made. In parallel, each id gets one record."""
    wanted = sorted(set(distinct_ids))
    found = known(wanted)
    missing = [i for i in wanted if i not in found]
    if missing:
        _make(missing)
        found |= known(missing)
    return found


def remember(found: dict[str, int]) -> None:
    """Keep ids in this process's memory; call it once they are committed."""
    cache = _cache()
    if len(cache) > CACHE_SIZE:
        cache.clear()
    cache.update(found)


def _make(distinct_ids: list[str]) -> None:
    """One new record for each id that nobody has made meanwhile."""
    fresh = {new_id("per"): distinct_id for distinct_id in distinct_ids}
    blank = {"created_at": now(), "traits": {}, "name": "", "identified": False}
    make_for_keys(Person.__table__, blank, Identity.__table__, "distinct_id", "person_id", fresh)


def claim(person_id: int, distinct_id: str) -> int:
    """Let a person be known by one more id. Returns whose it is: theirs, or the record that had it before."""
    row = {"distinct_id": distinct_id, "person_id": person_id, "created_at": now()}
    db.session.execute(insert(Identity).values(row).on_conflict_do_nothing())
    return known([distinct_id])[distinct_id]


def canonical(person_ids: Iterable[int]) -> dict[int, int]:
    """The survivors of those records that were merged; the others are not in the answer."""
    wanted = list(person_ids)
    if not wanted:
        return {}
    merged = db.session.execute(_merged(), {"ids": wanted})
    return {person: into for person, into in merged if into is not None}


@cache
def _merged() -> Select[int, int | None]:
    theirs = is_among(Person.id, numbers("ids"))
    return select(Person.id, Person.merged_into_id).where(theirs, Person.merged_into_id.is_not(None))


def survivor(person_id: int) -> int:
    return canonical([person_id]).get(person_id, person_id)


def records_of(person_id: int) -> list[int]:
    """The person's own record and those merged into it: whose events are theirs."""
    merged = db.session.scalars(select(Person.id).where(Person.merged_into_id == person_id)).all()
    return [person_id, *merged]


def merge(a: int, b: int, *, reason: str, by: str, force: bool = False) -> int:
    """Two records are one person. Symmetric and idempotent; returns the survivor.

    The identified record survives, else the older. Two identified people are only merged by `force` (an
    explicit alias); otherwise both stay as they are and `a` is returned, as PostHog's $identify does."""
    lock("people.merge")
    a, b = survivor(a), survivor(b)
    if a == b:
        return a
    people = {p.id: p for p in db.session.scalars(select(Person).where(Person.id.in_([a, b])))}
    if people[a].identified and people[b].identified and not force:
        return a
    into, gone = sorted((people[a], people[b]), key=lambda p: (not p.identified, p.id))
    _merge(gone, into, reason, by)
    return into.id


def _merge(gone: Person, into: Person, reason: str, by: str) -> None:
    audit = Merge(from_person_id=gone.id, into_person_id=into.id, reason=reason, actor=by)
    audit.traits, audit.merged_at = gone.traits, now()
    db.session.add(audit)
    into.traits = {**gone.traits, **into.traits}
    into.email, into.name = into.email or gone.email, into.name or gone.name
    into.locale, into.created_at = into.locale or gone.locale, min(into.created_at, gone.created_at)
    db.session.flush()
    moved = update(Person).where((Person.id == gone.id) | (Person.merged_into_id == gone.id))
    db.session.execute(moved.values(merged_into_id=into.id))
    properties = {
        "from_person": gone.public_id,
        "into_person": into.public_id,
        "from_person_id": gone.id,
        "into_person_id": into.id,
        "reason": reason,
    }
    log.record(names.PEOPLE_MERGED, person_id=into.id, properties=properties)
