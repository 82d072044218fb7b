"""One person's flows as the firm's own staff see them: what came to pass, and why."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, request, url_for
from flask_babel import lazy_gettext
from werkzeug import Response

from onboarding_flows import event_names, flows, showings, timeline
from onboarding_flows.staff_pages import page, title_of
from plg.attention import held_back
from plg.attention.models import HeldBack
from plg.kit.caller import requires
from plg.people import people

bp = Blueprint("staff_flow_people", __name__, template_folder="templates")

MANY: Final = 100
WORDS: Final = {
    timeline.BEGUN: lazy_gettext("Begun"),
    event_names.STEP_COMPLETED: lazy_gettext("Step done"),
    event_names.STEP_SKIPPED: lazy_gettext("Step left out"),
    event_names.COMPLETED: lazy_gettext("Completed"),
    event_names.DISMISSED: lazy_gettext("Put away"),
    event_names.STEP_RESET: lazy_gettext("Step taken back"),
    event_names.RESET: lazy_gettext("Begun anew"),
    event_names.ENROLLED: lazy_gettext("Let in by a server"),
    event_names.RESUMED: lazy_gettext("Shown again"),
    event_names.VERSION_CHANGED: lazy_gettext("Moved to another version"),
    event_names.SHOWN: lazy_gettext("Shown"),
    event_names.STARTED: lazy_gettext("Asked for"),
    event_names.SNOOZED: lazy_gettext("Put off"),
    event_names.ANCHOR_MISSING: lazy_gettext("Its place was not on the page"),
    event_names.FORM_ANSWERED: lazy_gettext("Form filled in"),
    event_names.POINTS_EARNED: lazy_gettext("Points earned"),
    event_names.POINTS_TAKEN_BACK: lazy_gettext("Points taken back"),
    event_names.STEP_UNDONE: lazy_gettext("Step open again"),
}
KINDS: Final = {
    event_names.STEP_COMPLETED: "ok",
    event_names.COMPLETED: "ok",
    event_names.DISMISSED: "warn",
    event_names.STEP_RESET: "warn",
    event_names.RESET: "warn",
    event_names.ANCHOR_MISSING: "warn",
    event_names.POINTS_TAKEN_BACK: "warn",
    event_names.STEP_UNDONE: "warn",
    event_names.POINTS_EARNED: "ok",
    event_names.VERSION_CHANGED: "info",
}


@bp.get("/staff/flows/people/<string(minlength=20):any_id>")
@requires("staff")
def show(any_id: str) -> str | Response:
    """Ids are longer than what may stand there in the address of a flow whose key is `people`."""
    person = people.find(any_id)
    if person.public_id != any_id:
        return redirect(url_for("staff_flow_people.show", any_id=person.public_id))
    before = timeline.place_of(request.args.get("before", ""))
    rows, more = timeline.of_person(person.id, before)
    following = url_for("staff_flow_people.show", any_id=any_id, before=str(more)) if more else ""
    return page(
        "person.html",
        person=person,
        rows=rows,
        words=WORDS,
        kinds=KINDS,
        held_back=[] if before else _held_back(person.id),
        next=following,
    )


def _held_back(person_id: int) -> list[tuple[str, str, HeldBack]]:
    """Flows that were held back, the last first: the key of each, its title where it is live, and what is kept."""
    titles = {flow.key: title_of(flow) for flow in flows.live()}
    start = showings.source_of("")
    rows = [row for row in held_back.of_person(person_id, MANY) if row.source.startswith(start)]
    keys = [row.source.removeprefix(start) for row in rows]
    return [(key, titles.get(key, key), row) for key, row in zip(keys, rows, strict=True)]
