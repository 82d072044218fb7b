"""What the host product may change of what an account pays for, from its own pages."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts
from plg.billing import changes, invoices, leaving, pauses, quotes
from plg.billing.endpoints import billing_of, buyer
from plg.billing.models import PlanChange
from plg.billing.schemas import (
    AcceptIn,
    AccountIn,
    BillingOut,
    CancellationIn,
    ChangeIn,
    ChangeOut,
    ChangePath,
    ConfirmIn,
    InvoiceOut,
    InvoicesOut,
    OfferOut,
    PauseIn,
    ReasonIn,
)
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.db import db
from plg.plans import catalogue

api = APIBlueprint(
    "billing_changes_api",
    __name__,
    url_prefix="/v1/billing",
    abp_tags=[Tag(name="Billing")],
    abp_security=[{"secret": []}],
)


def _shown(change: PlanChange) -> dict[str, Any]:
    plan = catalogue.plan_version(change.plan_version_id).key
    fields = ChangeOut.model_fields.keys() - {"id", "plan"}
    told = {name: getattr(change, name) for name in fields}
    return ChangeOut(id=change.public_id, plan=plan, **told).model_dump(mode="json")


@api.post(
    "/changes",
    summary="What another plan costs",
    description="Another plan, interval or number of seats, with what is charged at once, to the cent. Nothing is "
    "changed until it is confirmed. What costs more takes effect at once, what costs less with the period's end.",
    responses={200: ChangeOut},
)
@requires("secret")
def create_change(body: ChangeIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    by = buyer(account_id, body.person)
    made = quotes.make(account_id, body.plan, interval=body.interval, quantity=body.quantity, by=by)
    return _shown(made)


@api.post(
    "/changes/<change>/confirm",
    summary="Change the plan",
    description="Charges what was shown, and changes the plan. Where the card is refused (402) nothing changes.",
    responses={200: ChangeOut},
)
@requires("secret")
def confirm_change(path: ChangePath, body: ConfirmIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    by = buyer(account_id, body.person)
    quotes.find_of_plan(path.change, account_id=account_id)
    return _shown(changes.confirm(path.change, account_id=account_id, by=by))


@api.post("/planned-change/withdraw", summary="Stay on the plan", responses={200: BillingOut})
@requires("secret")
def withdraw_planned_change(body: AccountIn) -> dict[str, Any]:
    changes.withdraw_planned(accounts.find(body.account).id)
    return billing_of(body.account)


@api.post(
    "/save-offers",
    summary="What may make somebody stay",
    description="What fits the reason for which an account wants to leave. Counts as shown.",
    responses={200: OfferOut},
)
@requires("secret")
def show_save_offer(body: ReasonIn) -> dict[str, Any]:
    found = leaving.show_offer(accounts.find(body.account).id, body.reason, by=None)
    db.session.commit()
    if found is None:
        return OfferOut(offer=None).model_dump(mode="json")
    plan = found.plan.key if found.plan else None
    told = OfferOut(offer=found.kind, plan=plan, percent=found.percent or None, months=found.months or None)
    return told.model_dump(mode="json")


@api.post("/save-offers/accept", summary="Stay, with what was offered", responses={200: BillingOut})
@requires("secret")
def accept_save_offer(body: AcceptIn) -> dict[str, Any]:
    leaving.accept(accounts.find(body.account).id, body.reason, body.offer, by=None)
    return billing_of(body.account)


@api.post("/cancellation", summary="End with the period", responses={200: BillingOut})
@requires("secret")
def cancel_subscription(body: CancellationIn) -> dict[str, Any]:
    account_id = accounts.find(body.account).id
    leaving.cancel(account_id, reason=body.reason, comment=body.comment, by=None)
    return billing_of(body.account)


@api.post("/cancellation/withdraw", summary="Go on after all", responses={200: BillingOut})
@requires("secret")
def withdraw_cancellation(body: AccountIn) -> dict[str, Any]:
    leaving.stay(accounts.find(body.account).id)
    return billing_of(body.account)


@api.post("/pause", summary="Pause", responses={200: BillingOut})
@requires("secret")
def pause_subscription(body: PauseIn) -> dict[str, Any]:
    pauses.pause(accounts.find(body.account).id, body.months)
    return billing_of(body.account)


@api.post("/resume", summary="Resume now", responses={200: BillingOut})
@requires("secret")
def resume_subscription(body: AccountIn) -> dict[str, Any]:
    pauses.resume(accounts.find(body.account).id)
    return billing_of(body.account)


@api.get("/invoices", summary="The newest invoices", responses={200: InvoicesOut})
@requires("secret")
def list_invoices(query: AccountIn) -> dict[str, Any]:
    found = invoices.of_account(accounts.find(query.account).id)
    shown = [InvoiceOut.model_validate(row) for row in found]
    return InvoicesOut(invoices=shown).model_dump(mode="json")
