"""The widget's way to a paid plan: buy, or ask."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_openapi3 import Tag

from plg.accounts import rights
from plg.billing import checkouts
from plg.kit.api import APIBlueprint
from plg.kit.caller import Caller, current_caller, requires
from plg.kit.errors import Conflict, Fault, Unprocessable
from plg.kit.rate_limits import limiter
from plg.offers import answering
from plg.upgrades import page_offers, requests
from plg.upgrades.schemas import CardIn, CheckoutIn, CheckoutOut, StatusOut, UpgradeRequestIn

api = APIBlueprint(
    "upgrades_api",
    __name__,
    url_prefix="/v1/widget",
    abp_tags=[Tag(name="Widget")],
    abp_security=[{"publishable": [], "user": []}],
)


class NoAccount(Conflict):
    """The user token names no account, so there is nothing to upgrade."""


class ForeignReturnUrl(Unprocessable):
    """A checkout leads back to the host product or to plg, nowhere else."""


def account_of(caller: Caller) -> int:
    if caller.account_id is None:
        raise NoAccount("The user token names no account.")
    return caller.account_id


def safe_return_url(url: str | None) -> str:
    """The address, if it is on the host product's or plg's own host; plg's workspace where none is given."""
    settings = current_app.extensions["plg.settings"]
    fallback = f"{settings.public_url}/workspace"
    if not url:
        return fallback
    own = {_site(settings.public_url), _site(settings.product_url or fallback)}
    if _site(url) not in own:
        fault = Fault("return_url", "must be on the host of the product (PLG_PRODUCT_URL) or of plg")
        raise ForeignReturnUrl(errors=[fault])
    return url


def _site(url: str) -> tuple[str, str] | None:
    try:
        return urlsplit(url)[:2]
    except ValueError:  # "http://[": a half address
        return None


@api.post("/checkout", summary="Open a checkout", responses={200: CheckoutOut})
@requires("user")
def create_checkout(body: CheckoutIn) -> dict[str, Any]:
    caller = current_caller()
    account_id, back = account_of(caller), safe_return_url(body.return_url)
    assert caller.person_id is not None
    rights.require(account_id, caller.person_id, "billing.buy")
    answering.click_plan(account_id, caller.person_id, body.plan)
    url = checkouts.open_for(
        account_id,
        body.plan,
        by=caller.person_id,
        success_url=back,
        cancel_url=back,
        code=page_offers.code_of(body.offer or "", account_id=account_id),
    )
    return {"url": url}


@api.post(
    "/card",
    summary="Store a card",
    description="Opens a page of Stripe's on which a card is stored and nothing is charged.",
    responses={200: CheckoutOut},
)
@requires("user")
def create_own_card_setup(body: CardIn) -> dict[str, Any]:
    caller = current_caller()
    account_id, back = account_of(caller), safe_return_url(body.return_url)
    rights.require(account_id, caller.person_id, "billing.buy")
    return {"url": checkouts.open_setup(account_id, by=caller.person_id, success_url=back, cancel_url=back)}


@api.post("/upgrade-requests", summary="Ask who may buy", responses={200: StatusOut})
@requires("user")
@limiter.limit("20/hour")
def request_upgrade(body: UpgradeRequestIn) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    account_id = account_of(caller)
    rights.require(account_id, caller.person_id, "upgrade.ask")
    requests.send(account_id, feature=body.feature, note=body.note, by=caller.person_id)
    return {"status": "sent"}
