"""For whom a course is: plans, roles, a rule or a segment; asked of one reader, for many courses at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from academy.admission import Audience
from academy.schemas import Course, CourseFaulty
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.errors import Fault, Forbidden
from plg.kit.rules import Rule
from plg.segments import named, segments
from plg.segments.named import NoSuchSegment
from plg.segments.segments import NoSuchMember


class CourseNotForYou(Forbidden):
    """The course is for others: a plan, a role or a segment that this person is not in."""


class SegmentUnknown(CourseFaulty):
    """A course names a segment that is not published."""


def rule_of(condition: dict[str, Any], moment: dt.datetime) -> Rule | None:
    """The rule that a condition stands for; None where its segment is gone: it holds for nobody."""
    if "segment" not in condition:
        return segments.parse(condition, moment)
    try:
        return named.rule_of(condition["segment"], moment)
    except NoSuchSegment:
        return None


def whole_rule(audience: Audience, moment: dt.datetime) -> Rule | None:
    """Everything that an audience asks for as one rule; None where it can hold for nobody."""
    parts: list[Any] = []
    if audience.plans:
        parts.append({"field": "account.plan", "in": list(audience.plans)})
    if audience.roles:
        parts.append({"field": "account.role", "in": list(audience.roles)})
    if audience.when is not None:
        rule = rule_of(audience.when, moment)
        if rule is None:
            return None
        parts.append(rules.dump(rule))
    return segments.parse({"all": parts}, moment)


def meant(audiences: Mapping[str, Audience], person_id: int | None, account_id: int | None) -> set[str]:
    """Those of the courses, by key, whose audience this reader is in, in the account or without one in any of theirs;
    one query, however many they are. A visitor is in those that are public."""
    everybody = {key for key, audience in audiences.items() if audience.everybody}
    if person_id is None:
        return {key for key in everybody if audiences[key].shown_to_all}
    moment = now()
    asked = {key: whole_rule(audiences[key], moment) for key in audiences.keys() - everybody}
    known = {key: rule for key, rule in asked.items() if rule is not None}
    return everybody | segments.which(known, person_id, account_id, moment)


def check(course_key: str, audience: Audience, person_id: int, account_id: int | None) -> None:
    """Raise CourseNotForYou where the person is not among those whom the course is for."""
    if not meant({course_key: audience}, person_id, account_id):
        raise CourseNotForYou(f"The course {course_key!r} is not for this person.")


def why(audience: Audience, person_id: int, account_id: int | None) -> dict[str, Any] | None:
    """For staff and servers: the audience as a rule with `holds` in each part. None where there is nothing to ask,
    or nobody to ask it of."""
    moment = now()
    rule = None if audience.everybody or account_id is None else whole_rule(audience, moment)
    if rule is None or account_id is None:
        return None
    try:
        return segments.explain(rule, person_id, account_id, moment)
    except NoSuchMember:
        return None


def leaves(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Each single thing that an explained rule asks, with what was found and whether it holds, for people to read."""
    inner = told.get("all") or told.get("any") or ([told["not"]] if "not" in told else [])
    if inner or "all" in told:
        return [leaf for each in inner for leaf in leaves(each)]
    asked = {name: value for name, value in told.items() if name not in ("found", "holds")}
    return [{"asked": asked, "found": told["found"], "holds": told["holds"]}]


def check_publishable(course: Course) -> None:
    """Refuse a course that names a segment which is not published."""
    conditions = (("audience.when", course.audience.when), ("enrol_when", course.enrol_when))
    faults = [
        Fault(f"{path}.segment", f"there is no published segment {condition['segment']!r}")
        for path, condition in conditions
        if condition is not None and rule_of(condition, now()) is None
    ]
    if faults:
        raise SegmentUnknown(errors=faults)
