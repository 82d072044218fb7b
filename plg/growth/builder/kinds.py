"""Which fields the form has, by kind of report."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from plg.growth.builder.fields import (
    Choice,
    Events,
    Field,
    Flag,
    Group,
    Many,
    Number,
    Seconds,
    Several,
    Text,
    Words,
)

UNITS = {"minutes": _l("minutes"), "hours": _l("hours"), "days": _l("days")}
PERIODS = {"day": _l("Days"), "week": _l("Weeks"), "month": _l("Months")}
WEEKS = {name: PERIODS[name] for name in ("week", "day", "month")}
INTERVAL = Choice("interval", _l("Count by"), PERIODS)
START = Events("start_event", _l("They begin with"))
SEGMENTS = Several("by_segments", _l("Segments side by side"))
ACTORS = {"person": _l("People"), "account": _l("Accounts")}
ACTOR: Any = Choice("actor", _l("Count"), ACTORS)

STEP = Events("", _l("Step"), (Text("name", _l("Called")), Flag("optional", _l("It may be left out"))))
EXCLUSION = Events(
    "", _l("Not allowed"), (Number("after_step", _l("After step")), Number("before_step", _l("Before step")))
)
SERIES = Events(
    "",
    _l("Series"),
    (
        Text("name", _l("Called")),
        Choice(
            "measure",
            _l("In a formula it stands for"),
            {"events": _l("how often"), "actors": _l("how many"), "sum": _l("the sum")},
        ),
        Text("sum_of", _l("Sum of the property"), suggest="properties"),
    ),
)
ORDERS = {
    "ordered": _l("In this order, other events may lie between"),
    "strict": _l("In this order, nothing between"),
    "any": _l("In any order"),
}
ATTRIBUTIONS = {
    "first": _l("of the first event that has it"),
    "last": _l("of the last event that has it"),
    "step": _l("of a step"),
}

KINDS: dict[str, tuple[Field, ...]] = {
    "funnel": (
        ACTOR,
        Many("steps", _l("Steps"), STEP, _l("Add a step"), least=2),
        Seconds("window_seconds", _l("All within"), UNITS),
        Choice("order", _l("Order"), ORDERS),
        Choice(
            "counting",
            _l("What counts"),
            {"actors": _l("each of them once"), "completions": _l("each time that it is gone through")},
        ),
        Many("exclusions", _l("Excluded between steps"), EXCLUSION, _l("Add an exclusion"), most=10),
        Words("hold", _l("The same in every step"), "properties"),
        Group(
            "breakdown",
            _l("By the value of a property"),
            (
                Text("property", _l("Property"), suggest="properties"),
                Choice("attribution", _l("The value"), ATTRIBUTIONS),
                Number("step", _l("Of step")),
            ),
        ),
        SEGMENTS,
        Group("trend", _l("Over time"), (Choice("interval", _l("Count by"), {"": _l("not"), **WEEKS}),)),
    ),
    "trend": (
        ACTOR,
        INTERVAL,
        Many("series", _l("Series"), SERIES, _l("Add a series"), least=1, most=10),
        Text("formula", _l("Formula"), _l("The series are called A, B, C…: A / B * 100")),
    ),
    "retention": (
        ACTOR,
        START,
        Events("return_event", _l("They return with")),
        INTERVAL,
        Number("periods", _l("How many periods")),
        Choice(
            "kind",
            _l("They returned"),
            {"n_day": _l("in the period itself"), "unbounded": _l("in the period or later")},
        ),
        Choice(
            "clock",
            _l("A period is"),
            {"calendar": _l("one of the calendar"), "rolling": _l("a span since they began")},
        ),
        Flag("own_calendar", _l("Each by the time zone of their own account")),
        Flag("first", _l("Only who began for the first time"), default=True),
        Text("amount", _l("Sum of the property"), suggest="properties"),
        SEGMENTS,
    ),
    "lifecycle": (ACTOR, INTERVAL, Events("activity", _l("They are active with"))),
    "stickiness": (ACTOR, INTERVAL, Events("activity", _l("They are active with"))),
    "paths": (
        ACTOR,
        Events("starts_at", _l("Ways that begin with"), needed=False),
        Events("ends_at", _l("Or ways that end with"), needed=False),
        Words("events", _l("Only these events")),
        Words("without", _l("Without these events")),
        Number("steps", _l("How many steps"), _l("From 2 to 10")),
        Seconds("pause_seconds", _l("A way ends after a pause of"), UNITS),
        Flag("repeats", _l("Show an event that repeats itself again")),
    ),
    "activation": (
        ACTOR,
        START,
        Events("kept_event", _l("They are kept when they do")),
        Words("candidates", _l("What may activate them")),
        Number("days", _l("Within so many days")),
        Number("most_times", _l("At most so many times")),
        Number("kept_from_day", _l("Kept from day")),
        Number("kept_to_day", _l("Kept until day")),
    ),
    "time-to-value": (
        ACTOR,
        START,
        Events("value_event", _l("They find value with")),
        INTERVAL,
        Number("longest_days", _l("Within so many days")),
    ),
    "trial-to-paid": (
        Choice("actor", _l("Count"), {name: ACTORS[name] for name in ("account", "person")}),
        Choice("interval", _l("Count by"), WEEKS),
        Events("start_event", _l("They begin with"), needed=False),
        Events("paid_event", _l("They pay with"), needed=False),
        Number("horizon_days", _l("Forecast until day")),
    ),
}

RARE = frozenset(
    ("amount", "breakdown", "by_segments", "candidates", "clock", "counting", "events", "exclusions", "first")
    + ("hold", "horizon_days", "kind", "longest_days", "most_times", "pause_seconds", "paid_event", "repeats")
    + ("own_calendar", "trend", "without")
)
"""Fields that stand behind "More" until they say something."""
