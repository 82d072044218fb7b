"""Requests to Stripe about money that came in and went back: refunds, credit notes, disputes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plg.billing.gateway_calls import Calls, Object, once, or_none
from plg.billing.refusals import told


class PaymentCalls(Calls):
    """Read what became of a payment, and give it back."""

    def invoice(self, invoice_id: str) -> Object | None:
        """An invoice as it is now, or None."""
        with told():
            return or_none(lambda: self._v1.invoices.retrieve(invoice_id))

    def create_credit_note(self, params: Mapping[str, Any], key: str) -> Object:
        """A new credit note; of a paid invoice with the refund that it names."""
        with told():
            return self._v1.credit_notes.create(params, once(key)).to_dict()

    def credit_notes_of(self, invoice_id: str) -> list[Object]:
        """The newest credit notes of an invoice, at most a hundred."""
        with told():
            found = self._v1.credit_notes.list({"invoice": invoice_id, "limit": 100})
            return [each.to_dict() for each in found.data]

    def refund(self, refund_id: str) -> Object | None:
        """A refund as it is now, or None."""
        with told():
            return or_none(lambda: self._v1.refunds.retrieve(refund_id))

    def refunds_of(self, payment_intent_id: str) -> list[Object]:
        """The refunds of a payment, newest first, at most a hundred."""
        with told():
            found = self._v1.refunds.list({"payment_intent": payment_intent_id, "limit": 100})
            return [each.to_dict() for each in found.data]

    def disputes_of(self, payment_intent_id: str) -> list[Object]:
        """The disputes of a payment, newest first."""
        with told():
            found = self._v1.disputes.list({"payment_intent": payment_intent_id, "limit": 100})
            return [each.to_dict() for each in found.data]

    def invoice_paid_by(self, payment_intent_id: str) -> str | None:
        """The id of the invoice that a payment paid, if it paid one."""
        with told():
            payment = {"type": "payment_intent", "payment_intent": payment_intent_id}
            found = self._v1.invoice_payments.list({"payment": payment, "limit": 1}).data
            return str(found[0].invoice) if found else None

    def tax_ids_of(self, customer_id: str) -> list[Object]:
        """The tax ids of a customer, newest first; none where the customer is gone."""
        with told():
            found = or_none(lambda: self._v1.customers.tax_ids.list(customer_id, {"limit": 100}))
            return list(found["data"]) if found else []

    def create_tax_id(self, customer_id: str, params: Mapping[str, Any], key: str) -> Object:
        """A new tax id of a customer."""
        with told():
            return self._v1.customers.tax_ids.create(customer_id, params, once(key)).to_dict()

    def delete_tax_id(self, customer_id: str, tax_id: str) -> None:
        """Take a tax id from a customer. Nothing happens where it is gone."""
        with told():
            or_none(lambda: self._v1.customers.tax_ids.delete(customer_id, tax_id))

    def all_refunds(self) -> Iterator[Object]:
        """Every refund, newest first."""
        with told():
            for each in self._v1.refunds.list({"limit": 100}).auto_paging_iter():
                yield each.to_dict()

    def all_disputes(self) -> Iterator[Object]:
        """Every dispute, newest first."""
        with told():
            for each in self._v1.disputes.list({"limit": 100}).auto_paging_iter():
                yield each.to_dict()

    def all_invoice_payments(self) -> Iterator[Object]:
        """Which payment paid which invoice, newest first."""
        with told():
            for each in self._v1.invoice_payments.list({"limit": 100}).auto_paging_iter():
                yield each.to_dict()
