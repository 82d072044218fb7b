"""Stripe's door, the customer's way to the billing portal, and what the host product may ask."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, current_app, redirect, request, url_for
from flask_openapi3 import Tag
from werkzeug import Response

from plg.accounts import accounts, rights
from plg.billing import cards, checkouts, inbox, portal, prices, processing, subscriptions
from plg.billing.models import BillingSubscription
from plg.billing.schemas import (
    AccountIn,
    AccountPath,
    BillingOut,
    CardOut,
    CardSetupIn,
    CheckoutSessionIn,
    CheckoutSessionOut,
    PortalIn,
    SubscriptionOut,
    UrlOut,
)
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.kit.errors import NotFound
from plg.people import people
from plg.plans import catalogue

log = structlog.get_logger()

MAX_WEBHOOK = 1024 * 1024  # bytes; Stripe's are a few kilobytes

bp = Blueprint("billing", __name__)
api = APIBlueprint(
    "billing_api",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="Billing")],
    abp_security=[{"secret": []}],
)


class NoWorkspace(NotFound):
    """Who asks belongs to no workspace."""


def buyer(account_id: int, person: str | None) -> int | None:
    """The person, by any id, that is named as who buys; refused where their role may not."""
    if person is None:
        return None
    person_id = people.find(person).id
    rights.require(account_id, person_id, "billing.buy")
    return person_id


@bp.post("/v1/webhooks/stripe")
@requires("anonymous")
def stripe_webhook() -> dict[str, Any]:
    """Keep the webhook, then try to act on it at once: the worker does it where that fails."""
    request.max_content_length = MAX_WEBHOOK
    subject = inbox.receive(request.get_data(), request.headers.get("Stripe-Signature"))
    db.session.commit()
    if subject is not None:
        _act_on(subject)
    return {"received": True}


stripe_webhook.plg_door = True  # type: ignore[attr-defined]


def _act_on(subject: str) -> None:
    try:
        processing.process(1, subject=subject)
    except Exception:
        db.session.rollback()
        log.exception("webhook is left to the worker")


@bp.post("/workspace/billing")
@requires("person")
def open_portal() -> Response:
    """Lead who may buy for the workspace to its billing portal."""
    caller = current_caller()
    if caller.account_id is None or caller.person_id is None:
        raise NoWorkspace("You belong to no workspace.")
    rights.require(caller.account_id, caller.person_id, "billing.manage")
    back = current_app.extensions["plg.settings"].public_url + url_for("workspace.home")
    return redirect(portal.open_for(caller.account_id, by=caller.person_id, return_url=back), 303)


@api.get("/billing/subscription", summary="What an account pays for", responses={200: BillingOut})
@requires("secret")
def get_subscription(query: AccountIn) -> dict[str, Any]:
    return billing_of(query.account)


def billing_of(account: str) -> dict[str, Any]:
    """What an account pays for, and with which card. account: any id."""
    account_id = accounts.find(account).id
    running, card = subscriptions.running_of(account_id), cards.current_of(account_id)
    shown = _shown(running) if running is not None else None
    shown_card = CardOut.model_validate(card) if card is not None else None
    return BillingOut(account=account, subscription=shown, card=shown_card).model_dump(mode="json")


@api.post("/billing/portal-sessions", summary="Open the billing portal", responses={200: UrlOut})
@requires("secret")
def create_portal_session(body: PortalIn) -> dict[str, Any]:
    account = accounts.find(body.account)
    return {"url": portal.open_for(account.id, by=None, return_url=body.return_url)}


@api.post(
    "/billing/checkout-sessions",
    summary="Open a checkout",
    description="Where an account pays for a plan: with a seat for each member, in its own currency, less what it "
    "has earned. An account has one at a time: asked again, the same address; for something else, the older one is "
    "closed first. Who pays already is led to where the change is confirmed; `POST /v1/billing/changes` tells its "
    "price. Wait for `Subscription Started` before you give anything for it: the way back proves nothing.",
    responses={200: CheckoutSessionOut},
)
@requires("secret")
def create_checkout_session(body: CheckoutSessionIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    wanted = body.model_dump(include={"success_url", "interval", "code"})
    back = body.cancel_url or body.success_url
    by = buyer(account_id, body.person)
    return {"url": checkouts.open_for(account_id, body.plan, by=by, cancel_url=back, **wanted)}


@api.post(
    "/accounts/<path:account>/card-setup",
    summary="Store a card",
    description="Opens a page of Stripe's on which a card is stored and nothing is charged: for trials that begin "
    "with a card. `Card Added` is recorded once it is there. Who pays already is led to the billing portal.",
    responses={200: UrlOut},
)
@requires("secret")
def create_card_setup(path: AccountPath, body: CardSetupIn) -> dict[str, Any]:
    account = accounts.find(path.account)
    by, back = buyer(account.id, body.person), body.cancel_url or body.return_url
    return {"url": checkouts.open_setup(account.id, by=by, success_url=body.return_url, cancel_url=back)}


def _shown(running: BillingSubscription) -> SubscriptionOut:
    next_version = prices.version_of_id(running.next_stripe_price_id or "")
    named = {
        "plan": subscriptions.plan_of(running).key,
        "next_plan": catalogue.plan_version(next_version).key if next_version else None,
    }
    fields = SubscriptionOut.model_fields.keys() - named.keys()
    return SubscriptionOut(**named, **{name: getattr(running, name) for name in fields})
