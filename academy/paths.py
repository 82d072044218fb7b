"""Learning paths: published as immutable versions, begun by a person, completed by completing courses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from academy import courses, event_names
from academy.journey_models import PathEnrolment, PathVersion
from academy.models import Enrolment
from academy.path_shape import Path
from plg.events import log
from plg.kit import versions
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Fault, NotFound, Unprocessable


class PathNotFound(NotFound):
    pass


class PathFaulty(Unprocessable):
    """A definition that is no sound path; the errors name every fault."""


@dataclass(frozen=True)
class PublishedPath:
    """One version of a path."""

    id: int
    key: str
    version: int
    path: Path


@dataclass(frozen=True)
class PathProgress:
    """How far somebody is: the courses that they completed, and how many of those that are not optional."""

    completed: frozenset[str]
    done: int
    total: int

    @property
    def percent(self) -> int:
        """The share of the required courses that is completed, 0 to 100, rounded down."""
        return 100 * self.done // self.total


def publish(key: str, definition: dict[str, Any], *, by: str) -> PathVersion:
    """Make this the live version of the path, unless it already is. People who began stay on theirs."""
    try:
        path = Path.model_validate(definition)
    except ValidationError as error:
        faults = [Fault(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        raise PathFaulty(f"The path {key!r} has faults.", errors=faults) from error
    there = {each.key for each in courses.catalogue()}
    unknown = [
        Fault(f"courses.{place}.course", f"there is no published course {each.course!r}")
        for place, each in enumerate(path.courses)
        if each.course not in there
    ]
    if unknown:
        raise PathFaulty(f"The path {key!r} has faults.", errors=unknown)
    return versions.publish(PathVersion, key, definition_of(path), by=by)[0]


def retire(key: str) -> None:
    """Take the path out of the catalogue; people who began may complete it."""
    versions.retire(PathVersion, key)


def definition_of(path: Path) -> dict[str, Any]:
    """The path as the JSON that a version keeps."""
    return path.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def catalogue() -> list[PublishedPath]:
    """Every live path, by key."""
    return [_read(row) for row in versions.all_live(PathVersion).values()]


def live(key: str) -> PublishedPath:
    """The path as somebody who begins now gets it; PathNotFound where it is not in the catalogue."""
    row = versions.live(PathVersion, key)
    if row is None:
        raise PathNotFound(f"There is no learning path {key!r}.")
    return _read(row)


def published(version_ids: Collection[int]) -> dict[int, PublishedPath]:
    """These versions, by id, in one query."""
    rows = db.session.scalars(select(PathVersion).where(PathVersion.id.in_(version_ids)))
    return {row.id: _read(row) for row in rows}


def _read(row: PathVersion) -> PublishedPath:
    return PublishedPath(row.id, row.key, row.version, Path.model_validate(row.definition))


def find(person_id: int, key: str) -> PathEnrolment | None:
    """The person on the path; None where they have not begun it."""
    theirs = PathEnrolment.person_id == person_id, PathEnrolment.path_key == key
    return db.session.scalar(select(PathEnrolment).where(*theirs))


@dataclass(frozen=True)
class PathSeen:
    """A path as one person has it: in the version that they began, else the live one."""

    published: PublishedPath
    enrolment: PathEnrolment | None
    progress: PathProgress


def seen_all(person_id: int | None) -> list[PathSeen]:
    """What this person has begun, then the live ones; the number of queries does not grow."""
    query = (
        select(PathEnrolment).where(PathEnrolment.person_id == person_id).order_by(PathEnrolment.id.desc())
    )
    theirs = list(db.session.scalars(query)) if person_id is not None else []
    known = published({each.version_id for each in theirs}) if theirs else {}
    keys = {each.path_key for each in theirs}
    done = completed_courses([person_id])[person_id] if person_id is not None else set()
    begun: list[tuple[PublishedPath, PathEnrolment | None]] = [
        (known[each.version_id], each) for each in theirs
    ]
    fresh = [(each, None) for each in catalogue() if each.key not in keys]
    return [PathSeen(path, each, progress(path.path, done)) for path, each in (*begun, *fresh)]


def seen(person_id: int | None, key: str) -> PathSeen:
    """One path. Raises PathNotFound."""
    begun = find(person_id, key) if person_id is not None else None
    path = published([begun.version_id])[begun.version_id] if begun else live(key)
    done = completed_courses([person_id])[person_id] if person_id is not None else set()
    return PathSeen(path, begun, progress(path.path, done))


def begin(person_id: int, key: str, *, account_id: int | None = None) -> PathEnrolment:
    """Put a person on the live version of a path. Repeated, it gives the first beginning back. Whoever has completed
    its courses before has completed it at once."""
    begun = find(person_id, key)
    if begun is not None:
        return begun
    current, moment = live(key), now()
    row = {"person_id": person_id, "account_id": account_id, "path_key": key, "version_id": current.id}
    new = insert(PathEnrolment).values(row | {"started_at": moment}).on_conflict_do_nothing()
    made = db.session.execute(new.returning(PathEnrolment.id)).first() is not None
    enrolment = find(person_id, key)
    assert enrolment is not None
    if made:
        log.store([_told(enrolment, current, event_names.LEARNING_PATH_STARTED)])
        settle([person_id], moment)
    return enrolment


def progress(path: Path, completed: Collection[str]) -> PathProgress:
    """How far somebody is on a path who has completed these courses."""
    theirs = frozenset(each.course for each in path.courses) & frozenset(completed)
    return PathProgress(theirs, len(theirs & set(path.required)), len(path.required))


def completed_courses(person_ids: Collection[int]) -> dict[int, set[str]]:
    """The courses that each of these people has completed, in one query."""
    query = select(Enrolment.person_id, Enrolment.course_key).where(
        Enrolment.person_id.in_(person_ids), Enrolment.completed_at.is_not(None)
    )
    found: dict[int, set[str]] = {each: set() for each in person_ids}
    for person_id, course in db.session.execute(query):
        found[person_id].add(course)
    return found


def settle(person_ids: Collection[int], moment: dt.datetime) -> int:
    """Complete the paths of these people whose courses are completed, each once; returns how many."""
    open_ones = select(PathEnrolment).where(
        PathEnrolment.person_id.in_(person_ids), PathEnrolment.completed_at.is_(None)
    )
    query = open_ones.order_by(PathEnrolment.id).with_for_update().execution_options(populate_existing=True)
    waiting = list(db.session.scalars(query))
    if not waiting:
        return 0
    known = published({each.version_id for each in waiting})
    done = completed_courses({each.person_id for each in waiting})
    ready = [
        each for each in waiting if progress(known[each.version_id].path, done[each.person_id]).percent == 100
    ]
    for each in ready:
        each.completed_at = moment
    told = [_told(each, known[each.version_id], event_names.LEARNING_PATH_COMPLETED) for each in ready]
    log.store(told)
    return len(ready)


def _told(enrolment: PathEnrolment, known: PublishedPath, name: str) -> log.NewEvent:
    about = {"path": known.key, "version": known.version, "title": known.path.title.en}
    person, account = enrolment.person_id, enrolment.account_id
    return log.own(name, person_id=person, account_id=account, properties=about)
