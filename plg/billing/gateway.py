"""The one gateway to Stripe, around its official SDK.

No transaction of the database is open while it is spoken to: on SQLite every other writer would wait for as long as
Stripe takes, and what was read before may be out of date afterwards. Who calls reads what it needs, ends the
transaction, asks Stripe, and writes what it learned after reading again. The tests watch every request for that."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import current_app

from plg.billing.gateway_calls import Object as Object
from plg.billing.gateway_calls import once, or_none
from plg.billing.gateway_meters import MeterCalls
from plg.billing.gateway_payments import PaymentCalls
from plg.billing.refusals import PaymentRequestRefused, PaymentsNotSetUp, WebhookRefused, told
from plg.settings import Settings

log = structlog.get_logger()

#: The version of Stripe's API whose shapes plg reads, whatever the account's own version is.
API_VERSION = "2026-08-26.dahlia"
TIMEOUT = 10.0  # seconds for one request
RETRIES = 2  # of requests that did not arrive, under the same idempotency key
MOST_TYPES = 20  # of events that one request may ask for
TOLERANCE = 300  # seconds that a webhook's signature may be old, or ahead


class StripeGateway(PaymentCalls, MeterCalls):
    """Requests to Stripe by name. The SDK is loaded at the first one."""

    def __init__(
        self, key: str, webhook_secret: str = "", base: str = "", *, timeout: float = TIMEOUT
    ) -> None:
        self._key, self._webhook_secret, self._base = key, webhook_secret, base
        self._timeout = timeout
        self._one_at_a_time = threading.Lock()
        self._client: Any = None

    def create_customer(self, params: Mapping[str, Any], key: str) -> Object:
        """A new customer."""
        with told():
            return self._v1.customers.create(params, once(key)).to_dict()

    def update_customer(self, customer_id: str, params: Mapping[str, Any]) -> None:
        """Change a customer's name and address."""
        with told():
            self._v1.customers.update(customer_id, params)

    def customer(self, customer_id: str) -> Object | None:
        """A customer as it is now (`deleted` where it is gone), or None."""
        with told():
            return or_none(lambda: self._v1.customers.retrieve(customer_id))

    def create_session(self, params: Mapping[str, Any], key: str) -> Object:
        """A new checkout session."""
        with told():
            return self._v1.checkout.sessions.create(params, once(key)).to_dict()

    def session(self, session_id: str) -> Object | None:
        """A checkout session as it is now, or None."""
        with told():
            return or_none(lambda: self._v1.checkout.sessions.retrieve(session_id))

    def expire_session(self, session_id: str) -> Object:
        """Close a checkout session, so that nobody can pay there; as it is now where it was not open."""
        try:
            with told():
                return self._v1.checkout.sessions.expire(session_id).to_dict()
        except PaymentRequestRefused:
            found = self.session(session_id)
            if found is None or found["status"] == "open":
                raise
            return found

    def setup_intent(self, intent_id: str) -> Object | None:
        """What became of a card that was to be stored, with the card; or None."""
        with told():
            expand = {"expand": ["payment_method"]}
            return or_none(lambda: self._v1.setup_intents.retrieve(intent_id, expand))

    def payment_method(self, method_id: str) -> Object | None:
        """A card as it is now (without a customer where it was detached), or None."""
        with told():
            return or_none(lambda: self._v1.payment_methods.retrieve(method_id))

    def detach(self, method_id: str) -> None:
        """Let a card be charged no more. Nothing happens where it is gone."""
        with told():
            or_none(lambda: self._v1.payment_methods.detach(method_id))

    def create_subscription(self, params: Mapping[str, Any], key: str) -> Object:
        """A new subscription. Raises `CardRefused` where it cannot be paid."""
        with told():
            return self._v1.subscriptions.create(params, once(key)).to_dict()

    def subscription(self, subscription_id: str) -> Object | None:
        """A subscription as it is now, with its latest invoice and its schedule; or None."""
        with told():
            expand = {"expand": ["latest_invoice", "schedule"]}
            return or_none(lambda: self._v1.subscriptions.retrieve(subscription_id, expand))

    def subscriptions_of(self, customer_id: str) -> list[Object]:
        """The newest subscriptions of a customer, at most a hundred, those that are over among them."""
        with told():
            wanted = {"customer": customer_id, "status": "all", "limit": 100}
            return [each.to_dict() for each in self._v1.subscriptions.list(wanted).data]

    def all_subscriptions(self) -> Iterator[Object]:
        """Every subscription, newest first, those that are over among them."""
        with told():
            wanted = {"status": "all", "limit": 100, "expand": ["data.schedule", "data.latest_invoice"]}
            for each in self._v1.subscriptions.list(wanted).auto_paging_iter():
                yield each.to_dict()

    def all_invoices(self) -> Iterator[Object]:
        """Every invoice, newest first."""
        with told():
            for each in self._v1.invoices.list({"limit": 100}).auto_paging_iter():
                yield each.to_dict()

    def event(self, event_id: str) -> Object:
        """An event of the last 30 days."""
        with told():
            return self._v1.events.retrieve(event_id).to_dict()

    def recent_events(self, types: list[str]) -> Iterator[tuple[str, str]]:
        """Id and type of the events of the last 30 days, newest first within each lot of types."""
        with told():
            for start in range(0, len(types), MOST_TYPES):
                wanted = {"types": types[start : start + MOST_TYPES], "limit": 100}
                for event in self._v1.events.list(wanted).auto_paging_iter():
                    yield event.id, event.type

    def update_subscription(
        self, subscription_id: str, params: Mapping[str, Any], key: str | None = None
    ) -> None:
        """Change a subscription; with a key, once. Raises `CardRefused` where it is to be paid at once and is not."""
        with told():
            self._v1.subscriptions.update(subscription_id, params, once(key) if key else None)

    def preview(self, params: Mapping[str, Any]) -> Object:
        """The invoice that a change of a subscription would make."""
        with told():
            return self._v1.invoices.create_preview(params).to_dict()

    def invoices_of(self, subscription_id: str) -> list[Object]:
        """The newest invoices of a subscription, at most a hundred."""
        with told():
            found = self._v1.invoices.list({"subscription": subscription_id, "limit": 100})
            return [each.to_dict() for each in found.data]

    def create_schedule(self, subscription_id: str, key: str) -> Object:
        """A schedule that holds a subscription as it is now."""
        with told():
            wanted = {"from_subscription": subscription_id}
            return self._v1.subscription_schedules.create(wanted, once(key)).to_dict()

    def update_schedule(self, schedule_id: str, params: Mapping[str, Any]) -> None:
        """Change what a subscription is to become."""
        with told():
            self._v1.subscription_schedules.update(schedule_id, params)

    def release_schedule(self, schedule_id: str) -> None:
        """Let a subscription go on as it is. Nothing happens where the schedule is over."""
        try:
            with told():
                self._v1.subscription_schedules.release(schedule_id)
        except PaymentRequestRefused as refused:
            log.info("schedule was over", schedule=schedule_id, reason=refused.detail)

    def create_coupon(self, params: Mapping[str, Any]) -> None:
        """A coupon, whose id the caller chooses; nothing happens where it exists."""
        try:
            with told():
                self._v1.coupons.create(params)
        except PaymentRequestRefused as refused:
            if refused.reason != "resource_already_exists":
                raise

    def promotion_code(self, code: str) -> str | None:
        """The id of a promotion code that customers type as this, if it can be redeemed now."""
        with told():
            found = self._v1.promotion_codes.list({"code": code, "active": True, "limit": 1}).data
            return str(found[0].id) if found else None

    def cancel_subscription(self, subscription_id: str) -> None:
        """End a subscription now."""
        with told():
            self._v1.subscriptions.cancel(subscription_id)

    def create_portal(self, params: Mapping[str, Any]) -> Object:
        """A new session of the billing portal."""
        with told():
            return self._v1.billing_portal.sessions.create(params).to_dict()

    def portal_configurations(self) -> list[Object]:
        """The active configurations of the billing portal, newest first."""
        with told():
            found = self._v1.billing_portal.configurations.list({"active": True, "limit": 100})
            return [each.to_dict() for each in found.data]

    def create_portal_configuration(self, params: Mapping[str, Any], key: str) -> Object:
        """A new configuration of the billing portal."""
        with told():
            return self._v1.billing_portal.configurations.create(params, once(key)).to_dict()

    def product(self, product_id: str) -> Object | None:
        """A product, or None."""
        with told():
            return or_none(lambda: self._v1.products.retrieve(product_id))

    def create_product(self, params: Mapping[str, Any]) -> None:
        """A new product, whose id the caller chooses; nothing happens where it exists."""
        try:
            with told():
                self._v1.products.create(params)
        except PaymentRequestRefused as refused:
            if refused.reason != "resource_already_exists":
                raise

    def update_product(self, product_id: str, params: Mapping[str, Any]) -> None:
        """Change a product's texts."""
        with told():
            self._v1.products.update(product_id, params)

    def prices(self, lookup_keys: list[str]) -> list[Object]:
        """The active prices that hold these lookup keys, at most ten keys at a time."""
        with told():
            found = self._v1.prices.list({"lookup_keys": lookup_keys, "active": True, "limit": 100})
            return [price.to_dict() for price in found.data]

    def create_price(self, params: Mapping[str, Any], key: str) -> Object:
        """A new price."""
        with told():
            return self._v1.prices.create(params, once(key)).to_dict()

    def undelivered_events(self, types: list[str]) -> Iterator[Object]:
        """Events of the last 30 days that no webhook of ours took, newest first within each lot of types."""
        with told():
            for start in range(0, len(types), MOST_TYPES):
                wanted = {"delivery_success": False, "types": types[start : start + MOST_TYPES], "limit": 100}
                for event in self._v1.events.list(wanted).auto_paging_iter():
                    yield event.to_dict()

    def verify(self, payload: bytes, signature: str | None) -> Object:
        """The event that Stripe signed, or `WebhookRefused`. An empty secret verifies nothing."""
        from stripe import SignatureVerificationError, WebhookSignature

        if not self._webhook_secret.strip():
            raise WebhookRefused("No webhook secret is set (PLG_STRIPE_WEBHOOK_SECRET).")
        try:
            WebhookSignature.verify_header(payload, signature, self._webhook_secret, TOLERANCE)
            event = json.loads(payload)
        except (ValueError, AttributeError, SignatureVerificationError):
            raise WebhookRefused("The body does not carry a valid Stripe-Signature.") from None
        if _signed_at(signature or "") > time.time() + TOLERANCE:
            raise WebhookRefused("The signature is from the future.")
        if not isinstance(event, dict) or event.get("object") != "event":
            raise WebhookRefused("The body is not an event.")
        return event

    @property
    def _v1(self) -> Any:
        with self._one_at_a_time:
            if self._client is None:
                self._client = self._connect()
            return self._client.v1

    def _connect(self) -> Any:
        import stripe

        return stripe.StripeClient(
            self._key,
            stripe_version=API_VERSION,
            base_addresses={"api": self._base} if self._base else None,
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=self._timeout),
        )


def connect(settings: Settings) -> StripeGateway | None:
    """The gateway of these settings; None where no key is set."""
    key = settings.stripe_api_key.get_secret_value()
    secret = settings.stripe_webhook_secret.get_secret_value()
    return StripeGateway(key, secret, settings.stripe_api_base.rstrip("/")) if key else None


def current() -> StripeGateway:
    """The gateway of this app, or `PaymentsNotSetUp`."""
    found: StripeGateway | None = current_app.extensions["plg.stripe"]
    if found is None:
        raise PaymentsNotSetUp("Payments are not set up: PLG_STRIPE_API_KEY is empty.")
    return found


def is_set_up() -> bool:
    return current_app.extensions["plg.stripe"] is not None


def _signed_at(signature: str) -> int:
    parts = (part.partition("=") for part in signature.split(","))
    return next((int(value) for name, _, value in parts if name == "t"), 0)
