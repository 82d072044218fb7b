"""Offers, as the widget answers them and as servers and staff ask about them."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.accounts import rights
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Conflict
from plg.kit.rate_limits import limiter
from plg.offers import answering, explaining, report
from plg.offers.schemas import (
    ExplainOut,
    ExplainQuery,
    OfferKeyPath,
    OfferOut,
    OfferPath,
    OffersOut,
    ReportOut,
    StatusOut,
)

api = APIBlueprint(
    "offers", __name__, url_prefix="/v1/offers", abp_tags=[Tag(name="Offers")], abp_security=[{"secret": []}]
)
widget = APIBlueprint(
    "offers_widget",
    __name__,
    url_prefix="/v1/widget",
    abp_tags=[Tag(name="Widget")],
    abp_security=[{"publishable": [], "user": []}],
)


class NoOffersHere(Conflict):
    """The user token names no account, so there is nothing to offer."""


@api.get("", summary="Every offer, with its state and what it brought by now", responses={200: OffersOut})
@requires("secret", "staff")
def get_offers() -> dict[str, Any]:
    return {"offers": [OfferOut.of(each).model_dump(mode="json") for each in report.overview()]}


@api.get(
    "/<offer>/report",
    summary="What an offer brought, arm by arm",
    description="Upgrades count within the offer's window after an account first met it. Lift and interval (95 %) "
    "are against the holdout, or the first variant; null, with `missing`, where there is too little data.",
    responses={200: ReportOut},
)
@requires("secret", "staff")
def get_offer_report(path: OfferKeyPath) -> dict[str, Any]:
    return ReportOut.model_validate(report.answer(report.of_offer(path.offer))).model_dump(mode="json")


@api.get(
    "/explain",
    summary="Why a person sees an offer, or not",
    description="Each check with what it asks for and what was found: the event that raised it, the version, each "
    "value of its rules, its arm, and the caps of attention. Asking shows and counts nothing.",
    responses={200: ExplainOut},
)
@requires("secret", "staff")
def explain_offer(query: ExplainQuery) -> dict[str, Any]:
    told = explaining.explain(query.person, query.offer, query.account)
    return ExplainOut.model_validate(told).model_dump(mode="json")


@widget.post("/offers/<offer>/dismiss", summary="Not now", responses={200: StatusOut})
@requires("user")
def dismiss_offer(path: OfferPath) -> dict[str, Any]:
    answering.dismiss(path.offer, **_who())
    return {"status": "dismissed"}


@widget.post("/offers/<offer>/snooze", summary="Put an offer off", responses={200: StatusOut})
@requires("user")
def snooze_offer(path: OfferPath) -> dict[str, Any]:
    answering.snooze(path.offer, **_who())
    return {"status": "snoozed"}


@widget.post(
    "/flows/offer:<offer>/shown",
    summary="Say that an offer came on the screen",
    description="A banner or an announcement among the prompts whose `flow` begins with `offer:`. What the state "
    "told counts as shown by itself.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def report_offer_shown(path: OfferPath) -> dict[str, Any]:
    answering.find(path.offer, **_who())
    return {"status": "shown"}


@widget.post("/flows/offer:<offer>/dismiss", summary="Put an offer away for good", responses={200: StatusOut})
@requires("user")
@limiter.limit("60/minute")
def dismiss_offer_prompt(path: OfferPath) -> dict[str, Any]:
    return dismiss_offer(path)


@widget.post("/flows/offer:<offer>/snooze", summary="Put an offer off for later", responses={200: StatusOut})
@requires("user")
@limiter.limit("60/minute")
def snooze_offer_prompt(path: OfferPath) -> dict[str, Any]:
    return snooze_offer(path)


@widget.post(
    "/flows/offer:<offer>/complete",
    summary="Follow an offer",
    description="Of one that makes the trial longer, its days are given, once for an account.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def follow_offer(path: OfferPath) -> dict[str, Any]:
    answering.take(path.offer, **_who())
    return {"status": "completed"}


def _who() -> dict[str, int]:
    """The caller, as a member of their account."""
    caller = current_caller()
    if caller.account_id is None or caller.person_id is None:
        raise NoOffersHere("The user token names no account.")
    rights.require(caller.account_id, caller.person_id, "workspace.see")
    return {"account_id": caller.account_id, "person_id": caller.person_id}
