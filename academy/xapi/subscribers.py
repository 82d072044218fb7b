"""What people achieve becomes statements that wait in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app
from sqlalchemy import select, tuple_

from academy import courses
from academy.courses import PublishedCourse
from academy.models import CourseVersion
from academy.xapi import outbox
from academy.xapi.statements import VERBS, Actor, statement
from plg.events.stream import Batch, LoggedEvent
from plg.kit.db import db
from plg.people.models import Person
from plg.settings import Settings

HEARD = frozenset(VERBS)


def on_achievements(batch: Batch) -> None:
    """Three queries, however many they are. An event about a course or a person that is not there says nothing."""
    settings: Settings = current_app.extensions["plg.settings"]
    events = [each for each in batch.events if each.person_id is not None]
    if not settings.lrs_url or not events:
        return
    versions, actors = _versions(events), _actors(events)
    outbox.put(
        _told(each, versions, actors, settings) for each in events if _is_known(each, versions, actors)
    )


def _is_known(event: LoggedEvent, versions: dict[Any, Any], actors: dict[Any, Any]) -> bool:
    return _version_of(event) in versions and event.person_id in actors


def _told(
    event: LoggedEvent,
    versions: dict[tuple[str, int], PublishedCourse],
    actors: dict[int, Actor],
    settings: Settings,
) -> tuple[int, dict[str, Any]]:
    person, course = event.person_id or 0, versions[_version_of(event)]
    return person, statement(event, actors[person], course, settings.public_url, settings.product_name)


def _version_of(event: LoggedEvent) -> tuple[str, int]:
    return event.properties["course"], event.properties["version"]


def _versions(events: Sequence[LoggedEvent]) -> dict[tuple[str, int], PublishedCourse]:
    wanted = {_version_of(each) for each in events}
    ids = select(CourseVersion.id).where(tuple_(CourseVersion.key, CourseVersion.version).in_(wanted))
    found = [courses.published(version) for version in db.session.scalars(ids)]
    return {(each.key, each.version): each for each in found}


def _actors(events: Sequence[LoggedEvent]) -> dict[int, Actor]:
    query = select(Person.id, Person.public_id, Person.name).where(
        Person.id.in_({e.person_id for e in events})
    )
    return {id: Actor(key, name) for id, key, name in db.session.execute(query)}
