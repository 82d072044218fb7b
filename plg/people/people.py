"""A person: found, described."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.errors import NotFound
from plg.kit.ids import new_id
from plg.people import identities
from plg.people.models import Identity, Person

MAX_ADDRESS = 320
NAMES = frozenset({"name", "firstName", "first_name", "lastName", "last_name"})
"""The traits that make up a person's name."""

# Mails go to it: one address, nothing that a header of a mail could be cut at.
_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\\x00-\x20\x7f]+@[^\s@,;:<>()\"\\\x00-\x20\x7f]+")


class PersonNotFound(NotFound):
    pass


def get(person_id: int) -> Person:
    """The person of a record, the survivor where it was merged."""
    person = db.session.get(Person, person_id)
    if person is not None and person.merged_into_id is not None:
        person = db.session.get(Person, person.merged_into_id)
    if person is None:
        raise PersonNotFound("There is no such person.")
    return person


def get_all(person_ids: Iterable[int]) -> dict[int, Person]:
    """The people of many records, by record; the number of statements does not grow."""
    wanted = set(person_ids)
    survivors = identities.canonical(wanted)
    query = select(Person).where(Person.id.in_({survivors.get(each, each) for each in wanted}))
    found = {person.id: person for person in db.session.scalars(query)}
    return {each: found[survivors.get(each, each)] for each in wanted}


def find(any_id: str) -> Person:
    """By public id, any distinct id, or e-mail address."""
    record = identities.known([any_id]).get(any_id)
    if record is None and "@" in any_id:
        record = db.session.scalar(
            select(Person.id)
            .where(Person.email == any_id.lower(), Person.merged_into_id.is_(None))
            .order_by(Person.identified.desc(), Person.id)
            .limit(1)
        )
    if record is None:
        raise PersonNotFound(f"No person is known by the id {any_id!r}.")
    return get(record)


def add(*, email: str | None, name: str, locale: str | None = None, by: str) -> Person:
    """Make an identified person, known by a public id and, where it is free, by the address."""
    person = Person(public_id=new_id("per"), email=email.lower() if email else None, name=name, locale=locale)
    person.identified, person.created_at, person.traits = True, now(), {}
    db.session.add(person)
    db.session.flush()
    identities.claim(person.id, person.public_id)
    return person


def upsert(*, key: str | None, email: str | None, traits: Mapping[str, Any]) -> tuple[Person, bool]:
    """The person whom the host product calls `key`, else whoever is known by the address; made where there is
    nobody. Repeated or in parallel: one person. Returns the person and whether they are new; a trait that is None
    is taken away.

    Where both are given, the key decides; somebody whom only the address is known of gets the key, too."""
    for each in sorted({each for each in (key, email) if each}):
        lock(f"person:{each}")
    found = _by_key(key, email) if key else _by_address(email)
    person = get(found) if found is not None else get(_make(key or email or ""))
    if found is not None and key:
        identities.claim(found, key)
    person.identified = True
    describe(person, {**traits, **({"email": email} if email else {})})
    person.traits = {trait: value for trait, value in person.traits.items() if value is not None}
    return person, found is None


def _by_key(key: str, email: str | None) -> int | None:
    known = identities.known([key, *([email] if email else [])])
    if key in known or email not in known:
        return known.get(key)
    person = get(known[email])
    nameless = all(each in (email, person.public_id) for each in distinct_ids(person))
    return known[email] if nameless else None


def _by_address(email: str | None) -> int | None:
    try:
        return find(email or "").id
    except PersonNotFound:
        return None


def _make(distinct_id: str) -> int:
    return identities.resolve([distinct_id])[distinct_id]


def distinct_ids(person: Person) -> list[str]:
    """Every id that the person is known by, oldest first."""
    records = identities.records_of(person.id)
    query = select(Identity.distinct_id).where(Identity.person_id.in_(records))
    return list(db.session.scalars(query.order_by(Identity.created_at, Identity.distinct_id)))


def describe(person: Person, traits: Mapping[str, Any], once: Mapping[str, Any] | None = None) -> None:
    """Set traits, and those of `once` that are not known yet. E-mail, name and locale are kept as columns too."""
    new = {trait: value for trait, value in (once or {}).items() if not _in_column(person, trait)}
    person.traits = {**new, **person.traits, **traits}
    email = person.traits.get("email")
    if isinstance(email, str) and len(email) <= MAX_ADDRESS and _ADDRESS.fullmatch(email):
        person.email = email.lower()
    name = person.traits.get("name") or " ".join(_names(person.traits))
    if isinstance(name, str) and name:
        person.name = name[:200]
    locale = person.traits.get("locale")
    if isinstance(locale, str):
        person.locale = locale[:10]


def _in_column(person: Person, trait: str) -> bool:
    """Whether it is known without being a trait: a sign-up fills the columns alone."""
    return bool(person.email if trait == "email" else trait in NAMES and person.name)


def _names(traits: Mapping[str, Any]) -> Sequence[str]:
    given = (
        traits.get("firstName") or traits.get("first_name"),
        traits.get("lastName") or traits.get("last_name"),
    )
    return [part for part in given if isinstance(part, str)]
