"""Writing an offer: in a form or as text, its faults, what changes, and publishing it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.kit.caller import current_caller, requires
from plg.kit.errors import Fault
from plg.offers import folder, published
from plg.offers.definition import OfferFaulty
from plg.web import offer_form, text_diff
from plg.web.pages.checks import typed
from plg.web.pages.staff_offers import words

bp = Blueprint("staff_offer_editor", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/staff/offers/new_offer")
@requires("staff")
def new() -> str:
    """No offer has an underscore in its key, so none is hidden by this address."""
    return _text_page("", offer_form.STARTER, [])


@bp.get("/staff/offers/<key>/edit")
@requires("staff")
def edit(key: str) -> str:
    """`as=text`: all of it, as YAML; else the form of what is edited most."""
    told = _newest(key)
    if request.args.get("as") == "text":
        return _text_page(key, offer_form.written(told), [])
    return _form_page(key, offer_form.fields(told), [])


@bp.post("/staff/offers/review_offer")
@requires("staff")
def review() -> Page:
    """What was typed, with its faults, or with what it changes, before it is published."""
    key, text = typed("key"), request.form.get("text", "")
    try:
        told = _typed(key, text)
        ready = folder.parse({key: told})[key]
    except OfferFaulty as refusal:
        faults = [Fault(_inside(fault.field, key), fault.message) for fault in refusal.errors]
        if "text" in request.form:
            return _text_page(key, text, faults), 422
        return _form_page(key, dict(request.form), faults), 422
    before, after = offer_form.written(_live(key)), offer_form.written(ready)
    return render_template(
        "pages/staff_offer_review.html",
        key=key,
        text=after,
        lines=list(text_diff.lines(before, after)),
        is_new=key not in published.every_key(),
    )


@bp.post("/staff/offers/publish_offer")
@requires("staff")
def publish() -> Response:
    key, text = typed("key"), request.form.get("text", "")
    ready = folder.parse({key: offer_form.read(text)})[key]
    published.publish(key, ready, by=current_caller().actor)
    flash(gettext("It is published. Who was made the offer before keeps what they saw."), "ok")
    return redirect(url_for("staff_offers.show", key=key), 303)


def _typed(key: str, text: str) -> Any:
    if "text" in request.form:
        return offer_form.read(text)
    return offer_form.changed(_newest(key), request.form)


def _newest(key: str) -> dict[str, Any]:
    return published.versions_of(published.newest(key).key)[0].definition


def _live(key: str) -> dict[str, Any]:
    return published.live_definitions().get(key, {})


def _inside(field: str, key: str) -> str:
    return field.removeprefix(f"{key}.")


def _text_page(key: str, text: str, faults: list[Fault]) -> str:
    is_known = bool(key) and key in published.every_key()
    return render_template(
        "pages/staff_offer_text.html", key=key, text=text, faults=faults, is_known=is_known
    )


def _form_page(key: str, fields: dict[str, str], faults: list[Fault]) -> str:
    channels = words()["channel"]
    return render_template(
        "pages/staff_offer_form.html", key=key, fields=fields, faults=faults, channels=channels
    )
