"""How an event of the academy reads as an xAPI statement: who did what, with which result, and when.

Verbs and activity types: adlnet.gov/expapi; `earned` and the badge: the xAPI recipe for Open Badges (openbadges.org).
People are named by an account of this plg, not by their addresses.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from academy import event_names
from academy.certificates import grouped
from academy.courses import PublishedCourse
from plg.events.stream import LoggedEvent

ADL: Final = "http://adlnet.gov/expapi"
BADGES: Final = "http://specification.openbadges.org/xapi"


@dataclass(frozen=True)
class Verb:
    id: str
    display: dict[str, str]


COMPLETED: Final = Verb(f"{ADL}/verbs/completed", {"en": "completed", "es": "completó"})
PASSED: Final = Verb(f"{ADL}/verbs/passed", {"en": "passed", "es": "aprobó"})
FAILED: Final = Verb(f"{ADL}/verbs/failed", {"en": "failed", "es": "no aprobó"})
EARNED: Final = Verb(f"{BADGES}/verbs/earned", {"en": "earned", "es": "obtuvo"})

VERBS: Final[Mapping[str, Verb]] = {
    event_names.LESSON_COMPLETED: COMPLETED,
    event_names.COURSE_COMPLETED: COMPLETED,
    event_names.QUIZ_PASSED: PASSED,
    event_names.QUIZ_FAILED: FAILED,
    event_names.CERTIFICATE_ISSUED: EARNED,
    event_names.CERTIFICATE_RENEWED: EARNED,
}
"""The events that are told, and what each of them says."""


@dataclass(frozen=True)
class Actor:
    """key: the person's public id."""

    key: str
    name: str


def statement(
    event: LoggedEvent, actor: Actor, course: PublishedCourse, home: str, platform: str
) -> dict[str, Any]:
    """home: `public_url`, under which all that is spoken of has its address. platform: the product's name."""
    verb = VERBS[event.name]
    told = {
        "id": id_of(event.id, home),
        "actor": _agent(actor, home),
        "verb": {"id": verb.id, "display": verb.display},
        "object": _object(event, course, home),
        "context": _context(event, course, home, platform),
        "timestamp": _moment(event.occurred_at),
    }
    result = _result(event, home)
    return told | ({"result": result} if result else {})


def id_of(event_id: str, home: str) -> str:
    """Always the same for the same event of the same plg, so that a statement that is sent twice is known again."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{home}/xapi/{event_id}"))


def _agent(actor: Actor, home: str) -> dict[str, Any]:
    named = {"name": actor.name} if actor.name else {}
    return named | {"objectType": "Agent", "account": {"homePage": home, "name": actor.key}}


def _object(event: LoggedEvent, course: PublishedCourse, home: str) -> dict[str, Any]:
    """What it is about: a lesson, the quiz, the badge, or the course."""
    told, here = course.course, _address(course, home)
    if event.name == event_names.LESSON_COMPLETED:
        key = event.properties["lesson"]
        return _activity(f"{here}/{key}", f"{ADL}/activities/lesson", _lesson_title(course, key))
    if VERBS[event.name] in (PASSED, FAILED):
        title = told.quiz.title.model_dump() if told.quiz else told.title.model_dump()
        return _activity(f"{here}/quiz", f"{ADL}/activities/assessment", title)
    if VERBS[event.name] is EARNED:
        kind = "http://activitystrea.ms/schema/1.0/badge"
        return _activity(f"{here}#certificate", kind, told.title.model_dump())
    return _activity(here, f"{ADL}/activities/course", told.title.model_dump())


def _address(course: PublishedCourse, home: str) -> str:
    return f"{home}/academy/{course.key}"


def _lesson_title(course: PublishedCourse, key: str) -> dict[str, str]:
    lesson = next((each for each in course.course.lessons if each.key == key), None)
    return {language: lesson.title(language) for language in ("es", "en")} if lesson else {"en": key}


def _activity(address: str, kind: str, name: dict[str, str]) -> dict[str, Any]:
    return {"objectType": "Activity", "id": address, "definition": {"type": kind, "name": name}}


def _context(event: LoggedEvent, course: PublishedCourse, home: str, platform: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "platform": platform,
        "extensions": {f"{home}/xapi/course-version": event.properties["version"]},
    }
    if event.name != event_names.COURSE_COMPLETED:
        context["contextActivities"] = {"parent": [{"objectType": "Activity", "id": _address(course, home)}]}
    return context


def _result(event: LoggedEvent, home: str) -> dict[str, Any]:
    verb, told = VERBS[event.name], event.properties
    if verb is COMPLETED:
        return {"completion": True}
    if verb is EARNED:
        code = grouped(told["certificate"])
        credential = {"@id": f"{home}/certificates/{code}/credential.json"}
        return {"extensions": {f"{BADGES}/extensions/badgeassertion": credential}}
    return {"success": verb is PASSED, "score": {"scaled": round(told["score_percent"] / 100, 6)}}


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
