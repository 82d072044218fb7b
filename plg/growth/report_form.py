"""The form by which staff keep a report: its name, its days, and its definition as JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from plg.growth import answers
from plg.growth.answers import ReportFaulty
from plg.growth.models import SavedReport
from plg.growth.reports.periods import midnight
from plg.kit.clock import now

USUAL_DAYS = 90
LONGEST = 50_000


@dataclass(frozen=True)
class Told:
    """What was filled in; faults: by field, in the reader's language. Where there are any, the rest is not sound."""

    kind: str
    name: str
    definition: dict[str, Any]
    days: int | None
    values: dict[str, str]
    faults: dict[str, str]


def example(kind: str, timezone: str) -> dict[str, str]:
    """The form's fields for a new report: the definition that the API's document shows, of the last days. Raises
    `NoSuchReport`."""
    extra: Any = answers.report_of(kind).definition.model_config.get("json_schema_extra")
    today = now().date()
    range_ = {
        "from": midnight(today - dt.timedelta(days=USUAL_DAYS), timezone).isoformat(),
        "to": midnight(today + dt.timedelta(days=1), timezone).isoformat(),
    }
    text = json.dumps(extra["example"] | range_, indent=2, ensure_ascii=False)
    return {"name": "", "days": str(USUAL_DAYS), "definition": text}


def like(row: SavedReport) -> dict[str, str]:
    """The form's fields as a kept report fills them."""
    text = json.dumps(row.definition, indent=2, ensure_ascii=False)
    return {"name": row.name, "days": str(row.days or ""), "definition": text}


def read(form: Mapping[str, str]) -> Told:
    """Every fault of the form at once. Raises `NoSuchReport`."""
    kind = form.get("kind", "")
    answers.report_of(kind)
    values = {name: form.get(name, "") for name in ("name", "days", "definition")}
    faults: dict[str, str] = {}
    if not 0 < len(values["name"].strip()) <= 200:
        faults["name"] = gettext("Give the report a name of at most 200 letters.")
    days = _days(values["days"], faults)
    definition = _definition(kind, values["definition"], faults)
    return Told(kind, values["name"].strip(), definition, days, values, faults)


def _days(text: str, faults: dict[str, str]) -> int | None:
    if not text.strip():
        return None
    if text.strip().isdecimal() and len(text) < 6 and 1 <= int(text) <= 3660:
        return int(text)
    faults["days"] = gettext("Give a number of days from 1 to 3660, or nothing.")
    return None


def _definition(kind: str, text: str, faults: dict[str, str]) -> dict[str, Any]:
    try:
        told: Any = json.loads(text) if len(text) <= LONGEST else None
        answers.parse(kind, told)
    except (ValueError, RecursionError):
        faults["definition"] = gettext("This is no JSON.")
        return {}
    except ReportFaulty as refusal:
        said = "; ".join(f"{fault.field or kind}: {fault.message}" for fault in refusal.errors)
        faults["definition"] = gettext("The definition has faults: %(faults)s", faults=said)
        return {}
    return dict(told)
