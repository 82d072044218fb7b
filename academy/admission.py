"""Who may begin a course, and when its lessons open: the shapes, as authors write them in `course.yaml`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, Strict, StringConstraints, model_validator

from academy.texts import Key, Shape, printable
from plg.accounts.models import ROLES
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.rules import RuleFaulty
from plg.segments import segments

Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]


def _role(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"must be one of {', '.join(ROLES)}")
    return role


def _condition(definition: dict[str, Any]) -> dict[str, Any]:
    if definition.keys() == {"segment"}:
        if not isinstance(definition["segment"], str):
            raise ValueError("segment: is the name of a published segment")
        return definition
    try:
        return rules.dump(segments.parse(definition, now()))
    except RuleFaulty as refusal:
        raise ValueError("; ".join(f"{fault.field}: {fault.message}" for fault in refusal.errors)) from None


Condition = Annotated[dict[str, Any], AfterValidator(_condition)]
"""A rule about a member of an account (`plg.kit.rules`), or `{segment: name}`: the rule of a published segment."""
Role = Annotated[str, Strict(), AfterValidator(_role)]
PlanKey = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=100), AfterValidator(printable)]


class Audience(Shape):
    """For whom a course is; everything that is given must hold, and nothing given is everybody.

    public: whether others see it in the catalogue, even without signing in; without it, they do where the course is
    for everybody.
    """

    public: Flag | None = None
    plans: Annotated[tuple[PlanKey, ...], Field(max_length=50)] = ()
    roles: Annotated[tuple[Role, ...], Field(max_length=10)] = ()
    when: Condition | None = None

    @property
    def everybody(self) -> bool:
        """Whether anybody may begin."""
        return not self.plans and not self.roles and self.when is None

    @property
    def shown_to_all(self) -> bool:
        """Whether it stands in everybody's catalogue."""
        return self.everybody if self.public is None else self.public


class Prerequisite(Shape):
    """A course that has to be completed first; certified: with a certificate that holds."""

    course: Key
    certified: Flag = False


class Opening(Shape):
    """When these lessons, and the quiz, open for a learner; everything that is given must hold.

    after_days: so many days after the enrolment, at the same time of day. date: from the beginning of that day. Both
    go by the calendar of the learner's workspace. after_percent: when that share of the course is done.
    """

    lessons: Annotated[tuple[Key, ...], Field(max_length=99)] = ()
    quiz: Flag = False
    after_days: Annotated[Whole, Field(ge=1, le=3_650)] | None = None
    date: dt.date | None = None
    after_lesson: Key | None = None
    after_percent: Annotated[Whole, Field(ge=1, le=99)] | None = None

    @model_validator(mode="after")
    def _says_what_and_when(self) -> Self:
        if not self.lessons and not self.quiz:
            raise ValueError("names no lesson and not the quiz")
        whens = (self.after_days, self.date, self.after_lesson, self.after_percent)
        if all(when is None for when in whens):
            raise ValueError("says nothing about when: after_days, date, after_lesson or after_percent")
        if self.date is not None and not 1970 <= self.date.year <= 9000:
            raise ValueError("date: lies outside of the years 1970 to 9000")
        return self

    def asks_for_more_than(self, done: Iterable[str], percent: int) -> bool:
        """Whether something is still to be learned before it opens."""
        return (self.after_lesson is not None and self.after_lesson not in set(done)) or (
            self.after_percent is not None and percent < self.after_percent
        )


def faults_of_openings(openings: Iterable[Opening], lessons: Iterable[str], *, quiz: bool) -> str | None:
    """What is wrong with them in a course of these lessons: unknown names, or what never opens."""
    keys, openings = list(lessons), list(openings)
    named = {key for each in openings for key in (*each.lessons, each.after_lesson) if key is not None}
    if unknown := sorted(named - set(keys)):
        return f"there is no lesson {', '.join(map(repr, unknown))}"
    if not quiz and any(each.quiz for each in openings):
        return "there is no quiz"
    if never := _never_open(openings, keys, steps=len(keys) + quiz):
        return f"these lessons wait for each other and never open: {', '.join(never)}"
    return None


def _never_open(openings: list[Opening], keys: list[str], *, steps: int) -> list[str]:
    """Learns whatever is open until nothing more opens; what is left never will."""
    done: set[str] = set()
    while True:
        percent = 100 * len(done) // steps
        waiting = {key for each in openings if each.asks_for_more_than(done, percent) for key in each.lessons}
        if done == set(keys) - waiting:
            return [key for key in keys if key in waiting]
        done = set(keys) - waiting
