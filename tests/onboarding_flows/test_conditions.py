"""What events must be like to do a step."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from onboarding_flows.backfill import PastEvent
from onboarding_flows.completion import PUBLISHED, CompletesOn, path_fits
from plg.kit.db import encode_json
from tests.support.story import at

WAY: TypeAdapter[Any] = TypeAdapter(CompletesOn)
PROPERTIES = {"amount": 120, "rate": 1.5, "currency": "eur", "draft": False, "tags": ["a", "b"], "note": None}


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({}, True),
        ({"currency": "eur"}, True),
        ({"currency": "usd"}, False),
        ({"currency": ["usd", "eur"]}, True),
        ({"amount": 120.0}, True),
        ({"draft": False}, True),
        ({"draft": 0}, False),
        ({"amount": True}, False),
        ({"amount": {"gte": 120, "lt": 121}}, True),
        ({"amount": {"gt": 120}}, False),
        ({"amount": {"lte": 119}}, False),
        ({"amount": {"gte": "1"}}, False),
        ({"currency": {"gt": "EUR"}}, True),
        ({"draft": {"lt": 1}}, False),
        ({"currency": {"ne": "usd"}}, True),
        ({"missing": {"ne": "usd"}}, True),
        ({"currency": {"contains": "eu"}}, True),
        ({"tags": {"contains": "b"}}, True),
        ({"tags": {"contains": "c"}}, False),
        ({"amount": {"contains": 1}}, False),
        ({"note": {"exists": False}}, True),
        ({"amount": {"exists": True}}, True),
        ({"missing": None}, True),
        ({"missing": {"gte": 1}}, False),
        ({"amount": {"in": [1, 120]}}, True),
        ({"amount": 120, "currency": "usd"}, False),
    ],
)
def test_what_an_events_properties_must_be(where: dict[str, Any], holds: bool) -> None:
    assert fits({"event": "Paid", "where": where}, PROPERTIES) is holds


def fits(way: dict[str, Any], properties: dict[str, Any], **context: Any) -> bool:
    (need,) = WAY.validate_python(way, **context).needs()
    event = PastEvent("e", need.event, 1, at("2026-03-10 12:00"), None, None, encode_json(properties))
    return need.fits is None or need.fits(event)


def test_a_time_is_measured_until_the_event_so_that_a_replay_answers_the_same() -> None:
    recent = {"event": "Paid", "where": {"signed": {"within_last": "3d"}}}
    assert fits(recent, {"signed": "2026-03-08T12:00:00Z"})
    assert not fits(recent, {"signed": "2026-03-01T12:00:00Z"})


@pytest.mark.parametrize("condition", [{"eq": [1]}, {"gt": True}, {"contains": None}, "x" * 1001])
def test_a_published_condition_that_rules_do_not_take_holds_for_nothing(condition: Any) -> None:
    old = {"event": "Paid", "where": {"amount": condition}}
    with pytest.raises(ValidationError):
        WAY.validate_python(old)
    assert WAY.validate_python(old, context=PUBLISHED).model_dump(exclude_defaults=True) == old
    assert not fits(old, {"amount": [1]}, context=PUBLISHED)


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("/reports", "/reports", True),
        ("/reports", "/reports/1", False),
        ("/reports*", "/reports", True),
        ("/reports*", "/reports/2026/may", True),
        ("/reports*", "/reporting", False),
        ("/*/edit", "/invoices/edit", True),
        ("/*/edit", "/edit", False),
        ("/a*a", "/a", False),
        ("*/b*c*", "/a/b/d/c/e", True),
        ("*/b*c*", "/a/c/b", False),
        ("*", "", True),
    ],
)
def test_a_path_is_as_its_pattern_says(pattern: str, path: str, holds: bool) -> None:
    assert path_fits(pattern, path) is holds
    assert bool(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), path)) is holds


@pytest.mark.parametrize(
    ("properties", "holds"),
    [
        ({"path": "/reports/1", "url": "https://app.example/other"}, True),
        ({"url": "https://app.example/reports/1?tab=2#top"}, True),
        ({"url": "https://app.example/other"}, False),
        ({"url": "http://[", "path": None}, False),
        ({"path": 3, "url": ["x"]}, False),
        ({}, False),
    ],
)
def test_the_path_is_told_as_sdks_tell_it(properties: dict[str, Any], holds: bool) -> None:
    assert fits({"page": "/reports*"}, properties) is holds


@pytest.mark.parametrize(
    ("way", "why"),
    [
        ({}, "one of event, page"),
        ({"event": "X", "within": "7d"}, "count of 2"),
        ({"event": "X", "count": 2, "within": "a week"}, "a span such as"),
        ({"page": "reports"}, "pattern"),
        ({"quiz": "basics", "count": 2}, "Extra inputs"),
        ({"step": "x"}, "one of event, page"),
        ({"all": []}, "at least 1"),
        ({"any": [{"all": [{"any": [{"all": [{"quiz": "x"}]}]}]}]}, "nested deeper"),
        ({"all": [{"any": [{"quiz": "x"}] * 11}] * 2}, "more than 20"),
    ],
)
def test_a_way_that_cannot_be_asked_is_refused(way: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        WAY.validate_python(way)
