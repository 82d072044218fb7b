"""What the host product may ask about money that goes back, and about tax ids."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts
from plg.billing import disputes, refunds, tax_ids
from plg.billing.schemas import (
    AccountIn,
    DisputeOut,
    MoneyBackOut,
    RefundIn,
    RefundOut,
    TaxIdIn,
    TaxIdOut,
    TaxIdPath,
    TaxIdsOut,
)
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "billing_refunds_api",
    __name__,
    url_prefix="/v1/billing",
    abp_tags=[Tag(name="Billing")],
    abp_security=[{"secret": []}],
)


@api.post(
    "/refunds",
    summary="Give money back",
    description="Gives back what was paid for an invoice, in full or in part, with a credit note of Stripe's; lowers "
    "what is due where it is not paid yet. Send an `Idempotency-Key`, so that sent twice it is one refund.",
    responses={200: RefundOut},
)
@requires("secret")
def create_refund(body: RefundIn) -> dict[str, Any]:
    made = refunds.give(
        body.invoice,
        account_id=accounts.find(body.account).id,
        amount=body.amount,
        reason=body.reason,
        note=body.note,
        by=current_caller().actor,
    )
    return RefundOut.model_validate(made).model_dump(mode="json")


@api.get("/refunds", summary="What went back", responses={200: MoneyBackOut})
@requires("secret")
def list_refunds(query: AccountIn) -> dict[str, Any]:
    account_id = accounts.find(query.account).id
    return MoneyBackOut(
        refunds=[RefundOut.model_validate(row) for row in refunds.of_account(account_id)],
        disputes=[DisputeOut.model_validate(row) for row in disputes.of_account(account_id)],
    ).model_dump(mode="json")


@api.get("/tax-ids", summary="Tax ids on the invoices", responses={200: TaxIdsOut})
@requires("secret")
def list_tax_ids(query: AccountIn) -> dict[str, Any]:
    return _tax_ids(accounts.find(query.account).id)


@api.post("/tax-ids", summary="Put a tax id on the invoices", responses={200: TaxIdsOut})
@requires("secret")
def add_tax_id(body: TaxIdIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    tax_ids.add(account_id, body.type, body.value, by=None)
    return _tax_ids(account_id)


@api.post("/tax-ids/<tax_id>/remove", summary="Take a tax id off the invoices", responses={200: TaxIdsOut})
@requires("secret")
def remove_tax_id(path: TaxIdPath, body: AccountIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    tax_ids.remove(account_id, path.tax_id)
    return _tax_ids(account_id)


def _tax_ids(account_id: int) -> dict[str, Any]:
    shown = [TaxIdOut.model_validate(row) for row in tax_ids.of_account(account_id)]
    return TaxIdsOut(tax_ids=shown).model_dump(mode="json")
