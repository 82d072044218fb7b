"""Reports as JSON for programs, as pages and CSV for the staff."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale, lazy_gettext
from flask_openapi3 import APIBlueprint, Tag

from plg.events import names
from plg.growth import asked, charts, config, snapshots, tables
from plg.growth.asked import Asked
from plg.growth.reports import funnel, trend
from plg.growth.reports.funnel import Funnel, FunnelResult
from plg.growth.reports.trend import Trend, TrendResult
from plg.kit.caller import requires
from plg.kit.db import end_transaction

api = APIBlueprint(
    "reports", __name__, url_prefix="/v1", abp_tags=[Tag(name="Reports")], abp_security=[{"secret": []}]
)
bp = Blueprint("growth", __name__, template_folder="templates")

STEP_LABELS = {
    names.SIGNED_UP: lazy_gettext("Signed up"),
    names.ACTIVATED: lazy_gettext("Activated"),
    names.TRIAL_STARTED: lazy_gettext("Trial started"),
    names.LIMIT_REACHED: lazy_gettext("Limit reached"),
    names.SUBSCRIPTION_STARTED: lazy_gettext("Upgraded"),
}


@api.post(
    "/reports/funnel",
    summary="How many went from one step to the next, in order, within a window",
    description=funnel.__doc__,
    responses={200: FunnelResult},
)
@requires("secret", "staff")
def count_funnel(body: Funnel) -> dict[str, Any]:
    end_transaction()  # counting needs no database
    return funnel.evaluate(body, snapshots.newest()).model_dump(mode="json")


@api.post(
    "/reports/trend", summary="Events and different people or accounts a day", responses={200: TrendResult}
)
@requires("secret", "staff")
def count_trend(body: Trend) -> dict[str, Any]:
    end_transaction()
    return trend.evaluate(body, snapshots.newest()).model_dump(mode="json")


@bp.get("/growth")
@requires("staff")
def page() -> tuple[str, int]:
    """The funnel and the sign-ups of a range of days; 422 where the form has faults."""
    what, counted, signups = _reports()
    shown = {
        "asked": what,
        "values": request.args if what.faults else what.arguments,
        "funnel": counted,
        "labels": STEP_LABELS,
        "signups": signups,
        "chart": charts.of_days(signups.days),
        "events": snapshots.newest().events,
        "duration": duration,
    }
    return render_template("growth/page.html", **shown), 422 if what.faults else 200


@bp.get("/growth/funnel.csv")
@requires("staff")
def funnel_csv() -> Response:
    what, counted, _ = _reports()
    return tables.csv_response(tables.funnel_rows(counted), f"funnel-{what.first}-{what.last}")


@bp.get("/growth/sign-ups.csv")
@requires("staff")
def signups_csv() -> Response:
    what, _, signups = _reports()
    return tables.csv_response(tables.trend_rows(signups), f"sign-ups-{what.first}-{what.last}")


def _reports() -> tuple[Asked, FunnelResult, TrendResult]:
    settings = config.live()
    what = asked.read(request.args, settings)
    locale = getattr(get_locale(), "language", "en")
    end_transaction()
    snapshot = snapshots.newest()
    counted = funnel.evaluate(settings.funnel_between(what.first, what.last, what.actor, locale), snapshot)
    return what, counted, trend.evaluate(settings.signups_between(what.first, what.last), snapshot)


def duration(seconds: float) -> str:
    """A time in its two largest units: `3 d 4 h`, `12 min 5 s`; the same in both languages."""
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"
