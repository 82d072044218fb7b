"""What the host product may show and sell of add-ons, from its own pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts
from plg.billing import changes, subscriptions
from plg.billing.add_ons import quotes, shelf
from plg.billing.add_ons.schemas import AddOnChangeIn, AddOnChangeOut, AddOnOut, AddOnsOut
from plg.billing.endpoints import buyer
from plg.billing.models import PlanChange
from plg.billing.schemas import AccountIn, ChangePath, ConfirmIn
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires

api = APIBlueprint(
    "billing_add_ons_api",
    __name__,
    url_prefix="/v1/billing/add-ons",
    abp_tags=[Tag(name="Billing")],
    abp_security=[{"secret": []}],
)


@api.get("", summary="Add-ons, and how many an account has", responses={200: AddOnsOut})
@requires("secret")
def list_add_ons(query: AccountIn) -> dict[str, Any]:
    offered = shelf.of(subscriptions.running_of(accounts.find(query.account).id))
    return AddOnsOut(add_ons=[AddOnOut(**asdict(each)) for each in offered]).model_dump(mode="json")


@api.post(
    "/changes",
    summary="What more or fewer of an add-on cost",
    description="With what is charged at once, to the cent. Nothing is changed until it is confirmed. More take "
    "effect at once, fewer with the period's end.",
    responses={200: AddOnChangeOut},
)
@requires("secret")
def create_add_on_change(body: AddOnChangeIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    by = buyer(account_id, body.person)
    return _shown(quotes.make(account_id, body.add_on, body.quantity, by=by))


@api.post(
    "/changes/<change>/confirm",
    summary="Buy an add-on, change how many there are, or give it up",
    description="Charges what was shown. Where the card is refused (402) nothing changes. Asked again, nothing more "
    "happens.",
    responses={200: AddOnChangeOut},
)
@requires("secret")
def confirm_add_on_change(path: ChangePath, body: ConfirmIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    by = buyer(account_id, body.person)
    quotes.find(path.change, account_id=account_id)
    return _shown(changes.confirm(path.change, account_id=account_id, by=by))


def _shown(change: PlanChange) -> dict[str, Any]:
    told = {name: getattr(change, name) for name in AddOnChangeOut.model_fields.keys() - {"id"}}
    return AddOnChangeOut(id=change.public_id, **told).model_dump(mode="json")
