"""A draft as a chosen person would see it: the real widget, fed with their state, in a frame that reaches nothing."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import force_locale

from onboarding_flows import preview, who
from onboarding_flows.flows import FlowFaulty
from onboarding_flows.shapes import LANGUAGES
from onboarding_flows.staff_drafts import definition_to_edit, live_flow, saved_draft
from onboarding_flows.staff_pages import WHO_REFUSED, Page, page, title_of, unknown
from onboarding_flows.who import Who
from plg.kit.caller import requires
from plg.web.i18n import current_locale
from plg.web.widget_words import WORDS

bp = Blueprint("staff_flow_preview", __name__, template_folder="templates")

WIDTHS: Final = {"desktop": (1024, 720), "phone": (375, 667)}
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAME_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
"""The frame has an origin of its own, no cookies, and connects to nothing."""


@bp.get("/staff/flows/<flow>/draft/preview")
@requires("staff")
def show(flow: str) -> Page | Response:
    definition, asked, errors = definition_to_edit(flow), None, {}
    try:
        asked = _asked()
    except WHO_REFUSED as refusal:
        errors = unknown(refusal)
    language, width, arm = _language(), request.args.get("width", ""), request.args.get("arm", "")
    live = live_flow(flow)
    try:
        found, faults = preview.of(flow, definition, asked, language, arm), 0
    except FlowFaulty as refusal:
        found, faults = None, len(refusal.errors)
    given = {name: request.args.get(name, "").strip() for name in ("person", "account")}
    chosen: dict[str, Any] = {
        "lang_shown": language,
        **({"arm": arm} if found and arm in found.arms else {}),
        **{name: value for name, value in given.items() if not errors},
    }
    shown = page(
        "preview.html",
        key=flow,
        title=title_of(live) if live else flow,
        live=live,
        saved=saved_draft(flow),
        found=found,
        faults=faults,
        asked=asked,
        errors=errors,
        given=given,
        language=language,
        arm=arm,
        arms=[(each, each) for each in found.arms] if found else [],
        width=width if width in WIDTHS else "desktop",
        size=WIDTHS.get(width, WIDTHS["desktop"]),
        frame=url_for("staff_flow_preview.frame", flow=flow, **chosen),
    )
    answer = make_response(shown, 422 if errors else 200)
    answer.headers["Content-Security-Policy"] = PAGE_POLICY
    return answer


@bp.get("/staff/flows/<flow>/draft/preview/frame")
@requires("staff")
def frame(flow: str) -> Response:
    """The page in the frame: something like the product, and the widget in it."""
    language = _language()
    found = preview.of(flow, definition_to_edit(flow), _asked(), language, request.args.get("arm", ""))
    with force_locale(language):
        shown = page("preview_frame.html", flow=found.flow, state=_state(found), language=language)
    answer = make_response(shown)
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    return answer


def _state(found: preview.Preview) -> dict[str, Any]:
    person = {"id": None, "name": "", "locale": found.viewer.locale}
    return {"person": person, "account": None, "words": WORDS[found.viewer.locale], **found.state()}


def _asked() -> Who | None:
    person, account = (request.args.get(name, "").strip() for name in ("person", "account"))
    return who.find(person or None, account or None) if person or account else None


def _language() -> str:
    """The language of the preview, which may be another than that of the staff's own pages."""
    asked = request.args.get("lang_shown", "")
    return asked if asked in LANGUAGES else current_locale()
