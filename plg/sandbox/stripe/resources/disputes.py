"""Disputes: a bank takes a charge back, and decides in the end whose the money is. Opened and decided by a control
of the stand-in, as a cardholder and their bank would."""

from __future__ import annotations

from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, RANGE, in_range, list_fields, matches, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, Text

ANSWERED_WITHIN = 7 * 86400  # seconds
DECIDED = ("lost", "won")
_EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
    "cancellation_rebuttal customer_communication customer_email_address customer_name customer_purchase_ip "
    "customer_signature duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id "
    "product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation "
    "service_date service_documentation shipping_address shipping_carrier shipping_date "
    "shipping_documentation shipping_tracking_number uncategorized_file uncategorized_text"
)


def start(work: Work, charge: Object, reason: str = "fraudulent") -> Object:
    """The cardholder disputes a charge: the whole of it."""
    if charge["disputed"]:
        raise StripeError(f"Charge {charge['id']} is disputed already.", code="charge_disputed")
    details = {"due_by": work.now + ANSWERED_WITHIN, "enhanced_eligibility": {}, "has_evidence": False}
    details |= {"past_due": False, "submission_count": 0, "submission_method": "not_submitted"}
    dispute = work.put(
        {
            "id": new_id("du_1"),
            "object": "dispute",
            "amount": charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": work.now,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": dict.fromkeys(_EVIDENCE.split()) | {"enhanced_evidence": {}},
            "evidence_details": details,
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "network_reason_code": "10.4",
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "needs_response",
        }
    )
    work.put({**charge, "disputed": True})
    work.emit("charge.dispute.created", dispute)
    return dispute


def decide(work: Work, dispute: Object, status: str) -> Object:
    """The bank has decided: lost, or won."""
    if dispute["status"] in DECIDED:
        raise StripeError("This dispute is already closed.")
    decided = work.put({**dispute, "status": status})
    work.emit("charge.dispute.closed", decided, dispute)
    return decided


def _close(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    """Accepting a dispute is losing it."""
    return decide(work, work.need("dispute", ids["dispute"]), "lost")


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    found = [
        dispute
        for dispute in work.newest("dispute")
        if matches(dispute, params, ("charge", "payment_intent"))
        and in_range(dispute["created"], params.get("created"))
    ]
    return page("dispute", found, params, "/v1/disputes")


_ONE = Fields({"expand": EXPAND})
OPERATIONS = (
    Operation("GET", "/v1/disputes", _list, list_fields(charge=Text(), payment_intent=Text(), created=RANGE)),
    Operation(
        "GET", "/v1/disputes/{dispute}", lambda work, ids, _: work.need("dispute", ids["dispute"]), _ONE
    ),
    Operation("POST", "/v1/disputes/{dispute}/close", _close, _ONE),
)
