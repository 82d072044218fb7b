"""The whole form: a definition shown as fields, and read back from what was posted, after what its button does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext

from plg.growth import answers, saved_reports
from plg.growth.answers import ReportFaulty
from plg.growth.builder.fields import Field, Form, Many, Shown
from plg.growth.builder.kinds import KINDS, RARE
from plg.growth.models import SavedReport
from plg.growth.reports.definition import Definition
from plg.growth.reports.periods import midnight
from plg.kit.clock import now

USUAL_DAYS = 90
BESIDE = ("from", "to", "segment", "compare_to", "timezone")
"""What stands in the form beside the fields of each kind."""


@dataclass(frozen=True)
class Built:
    """definition: what was filled in, sound where asked is there. days: up to today, in place of first and last.
    faults: by key, in the reader's language."""

    kind: str
    name: str
    definition: dict[str, Any]
    days: int | None
    values: dict[str, str]
    asked: Definition | None
    faults: dict[str, str]


def fields_of(kind: str) -> tuple[Field, ...]:
    """Raises `NoSuchReport`."""
    answers.report_of(kind)
    return KINDS[kind]


def shown(kind: str, definition: Mapping[str, Any]) -> list[Shown]:
    """Every field with what the definition says, or means where it says nothing. rare: asked for by few."""
    told = _defaults(kind) | dict(definition)
    return [
        each.show(told.get(each.name), each.name)
        | {"rare": each.name in RARE, "said": each.name in definition}
        for each in fields_of(kind)
    ]


def _defaults(kind: str) -> dict[str, Any]:
    fields = answers.report_of(kind).definition.model_fields
    return {name: each.default for name, each in fields.items() if isinstance(each.default, int | str)}


def example(kind: str, timezone: str) -> dict[str, Any]:
    """A definition to begin with, of the last days."""
    extra: Any = answers.report_of(kind).definition.model_config.get("json_schema_extra")
    return dict(extra["example"]) | _last(USUAL_DAYS, timezone)


def is_whole(row: SavedReport, timezone: str) -> bool:
    """Whether the form can show all of a kept report, so that nothing of it is lost when it is kept again."""
    kind, definition = row.kind, row.definition
    rest = {name: value for name, value in definition.items() if name in BESIDE}
    if not set(definition) - {"version"} <= {each.name for each in fields_of(kind)} | set(rest):
        return False
    has_zone = "timezone" in answers.report_of(kind).definition.model_fields
    if has_zone and definition.get("timezone", "UTC") != timezone:
        return False
    if not row.days and any(midnight(day, timezone) != at for day, at in _edges(definition, timezone)):
        return False
    posted = _posted(shown(kind, definition))
    again = {each.name: each.read(posted, each.name) for each in fields_of(kind)}
    told = {name: value for name, value in again.items() if value is not None}
    try:
        return answers.parse(kind, rest | told) == answers.parse(kind, dict(definition))
    except ReportFaulty:
        return False


def values_of(row: SavedReport, timezone: str) -> dict[str, str]:
    """What stands in the form beside the fields, of a kept report."""
    (first, _), (after, _) = _edges(row.definition, timezone)
    values = {"name": row.name, "days": str(row.days or ""), "segment": row.definition.get("segment", "")}
    values["compare"] = "1" if "compare_to" in row.definition else ""
    if not row.days:
        values |= {"from": first.isoformat(), "to": (after - dt.timedelta(days=1)).isoformat()}
    return values


def _edges(definition: Mapping[str, Any], timezone: str) -> list[tuple[dt.date, dt.datetime]]:
    """The days on which the range begins and ends, and the moments."""
    moments = [dt.datetime.fromisoformat(definition[name]) for name in ("from", "to")]
    return [(each.astimezone(ZoneInfo(timezone)).date(), each) for each in moments]


def read(kind: str, form: Form, timezone: str) -> Built:
    """What was posted, after what its button does, with every fault of it. Raises `NoSuchReport`."""
    found = {each.name: each.read(form, each.name) for each in fields_of(kind)}
    definition = {name: value for name, value in found.items() if value is not None}
    many = {each.name for each in fields_of(kind) if isinstance(each, Many)}
    change(definition, form.get("do", ""), many)
    beside = ("days", "from", "to", "segment", "compare")
    values = {name: form.get(f"range.{name}", "").strip() for name in beside}
    values["name"] = form.get("report.name", "").strip()
    faults: dict[str, str] = {}
    days = _ranged(definition, values, timezone, faults)
    if values["segment"]:
        definition["segment"] = values["segment"]
    if "timezone" in answers.report_of(kind).definition.model_fields:
        definition["timezone"] = timezone
    if "trend" in definition:
        definition["trend"]["timezone"] = timezone
    asked = None
    try:
        asked = None if faults else asked_now(kind, definition, days, timezone)
    except ReportFaulty as refusal:
        faults |= {_key(fault.field): _said(fault.field, fault.message) for fault in refusal.errors}
    return Built(kind, values["name"], definition, days, values, asked, faults)


def change(definition: dict[str, Any], do: str, many: Collection[str]) -> None:
    """What a button does to one of these lists: `add:steps`, `remove:steps.1`, `up:steps.1`."""
    what, _, place = do.partition(":")
    name, _, number = place.partition(".")
    if name not in many:
        return
    items = definition.get(name, [])
    if what == "add":
        definition[name] = [*items, {}]
    if number.isdecimal() and len(number) < 4 and int(number) < len(items):
        at = int(number)
        if what == "remove":
            definition[name] = items[:at] + items[at + 1 :]
        if what == "up" and at:
            items[at - 1], items[at] = items[at], items[at - 1]


def asked_now(kind: str, definition: dict[str, Any], days: int | None, timezone: str) -> Definition:
    """What the form shows: what has not happened by now stays open. Raises `ReportFaulty`."""
    answers.parse(kind, definition)
    return saved_reports.ranged(kind, definition, timezone, days)


def _ranged(
    definition: dict[str, Any], values: dict[str, str], timezone: str, faults: dict[str, str]
) -> int | None:
    """The range of the definition: so many days up to today, which are returned, or from one day to another."""
    days, text = None, values["days"]
    if text:
        if text.isdecimal() and len(text) < 6 and 1 <= int(text) <= 3660:
            days = int(text)
            definition |= _last(days, timezone)
        else:
            faults["range.days"] = gettext("Give a number of days from 1 to 3660, or nothing.")
    else:
        first, last = (_day(values[name], name, faults) for name in ("from", "to"))
        if first and last:
            definition["from"] = midnight(first, timezone).isoformat()
            definition["to"] = midnight(last + dt.timedelta(days=1), timezone).isoformat()
    if values["compare"] and "from" in definition:
        start, end = (dt.datetime.fromisoformat(definition[name]) for name in ("from", "to"))
        definition["compare_to"] = {"from": (start - (end - start)).isoformat(), "to": start.isoformat()}
    return days


def _day(text: str, name: str, faults: dict[str, str]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        faults[f"range.{name}"] = gettext("Give a day as in 2026-03-31.")
        return None


def _last(days: int, timezone: str) -> dict[str, str]:
    today = now().astimezone(ZoneInfo(timezone)).date()
    first = midnight(today - dt.timedelta(days=days - 1), timezone)
    return {"from": first.isoformat(), "to": midnight(today + dt.timedelta(days=1), timezone).isoformat()}


def _key(field: str) -> str:
    return f"range.{field}" if field in BESIDE else field


def _said(field: str, message: str) -> str:
    if field.endswith("events"):
        return gettext("Choose at least one event.")
    if field in {"from", "to"}:
        return gettext("The last day must not lie before the first.")
    return gettext("This does not fit: %(why)s", why=message)


def _posted(parts: list[Shown]) -> dict[str, str]:
    """What a browser would send of these parts."""
    sent: dict[str, str] = {}
    for part in parts:
        sent |= _sent(part)
    return sent


def _sent(part: Shown) -> dict[str, str]:
    key, kind = part["key"], part["kind"]
    if kind in {"words", "several"}:
        return {f"{key}.{n}": each for n, each in enumerate(part["values"])}
    if kind == "events":
        names = {f"{key}.events.{n}": each for n, each in enumerate(part["names"])}
        for n, row in enumerate(part["where"]):
            asked = zip(("property", "operator", "value"), row, strict=True)
            names |= {f"{key}.where.{n}.{what}": text for what, text in asked}
        return names | _posted(part["more"])
    if kind == "many":
        return _posted(part["items"]) | {f"{key}.count": str(len(part["items"]))}
    if kind == "group":
        return _posted(part["parts"])
    if kind == "flag":
        return {f"{key}.asked": "1"} | ({key: "1"} if part["value"] else {})
    if kind == "choice":
        return {key: part["value"] if part["value"] in part["options"] else ""}
    return {key: str(part["value"])} | ({f"{key}.unit": part["unit"]} if kind == "seconds" else {})
