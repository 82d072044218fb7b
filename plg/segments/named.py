"""Segments that have a name: a rule that is published once and used in many places."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import Field as Member
from pydantic import TypeAdapter, ValidationError

from plg.kit import rules, versions
from plg.kit.clock import now
from plg.kit.errors import Fault, NotFound
from plg.kit.faults import faults_of
from plg.kit.rules import Rule, RuleFaulty
from plg.plans.strict import Key, Strict, Texts
from plg.segments import cohorts, segments
from plg.segments.models import SegmentVersion


class NoSuchSegment(NotFound):
    """No segment of this name is published."""


class Definition(Strict):
    """What a segment is called, in each language, and the rule that says whom it holds for."""

    title: Texts = Member(min_length=1)
    rule: dict[str, Any]


_ALL: TypeAdapter[dict[str, Definition]] = TypeAdapter(dict[Key, Definition])


def parse(told: Any) -> dict[str, dict[str, Any]]:
    """The definitions of many segments by name. Raises RuleFaulty with every fault and its path."""
    try:
        found = _ALL.validate_python(told)
    except ValidationError as error:
        raise RuleFaulty(errors=faults_of(error, whole="rule")) from None
    faults: list[Fault] = []
    definitions = {}
    for key, definition in found.items():
        try:
            rule = rules.dump(segments.parse(definition.rule, now(), at=f"{key}.rule"))
            definitions[key] = {"title": definition.title, "rule": rule}
        except RuleFaulty as refusal:
            faults += refusal.errors
    if faults:
        raise RuleFaulty(errors=faults)
    return definitions


def live() -> dict[str, dict[str, Any]]:
    """Every published definition by name."""
    return {key: row.definition for key, row in versions.all_live(SegmentVersion).items()}


def every() -> dict[str, dict[str, Any]]:
    """Every published definition by name, and after them every cohort by its public id."""
    listed = {
        cohort.public_id: {
            "title": dict.fromkeys(("es", "en"), cohort.title),
            "rule": _in_cohort(cohort.public_id),
        }
        for cohort in cohorts.every()
    }
    return dict(sorted(live().items())) | listed


def publish(key: str, definition: dict[str, Any], *, by: str) -> None:
    """Publish a definition, one of those that `parse` gives, as a new version; the same again changes nothing."""
    versions.publish(SegmentVersion, key, definition, by=by)


def retire(key: str) -> None:
    """The segment is no longer there."""
    versions.retire(SegmentVersion, key)


def rule_of(key: str, moment: dt.datetime) -> Rule:
    """The rule of a published segment, or of a cohort. Raises NoSuchSegment."""
    if is_cohort(key):
        return segments.parse(_in_cohort(key), moment, at=key)
    row = versions.live(SegmentVersion, key)
    if row is None:
        raise NoSuchSegment(f"There is no segment {key!r}.")
    return segments.parse(row.definition["rule"], moment, at=key)


def is_cohort(key: str) -> bool:
    """Whether this is the public id of a cohort."""
    if not key.startswith(cohorts.PREFIX):
        return False
    try:
        cohorts.find(key)
    except cohorts.CohortNotFound:
        return False
    return True


def _in_cohort(public_id: str) -> dict[str, Any]:
    return {"field": f"cohort.{public_id}", "eq": True}
