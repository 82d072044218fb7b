"""What Stripe can answer instead of doing a thing, in plg's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from plg.kit.errors import BadRequest, Conflict, Refusal

log = structlog.get_logger()

BUSY = frozenset({409, 429})  # another request with the same key is at work, or there are too many
#: Reasons of banks with which the payment would succeed once the card's owner has confirmed it.
TO_CONFIRM = frozenset({"authentication_required", "subscription_payment_intent_requires_action"})


class PaymentsNotSetUp(Conflict):
    """PLG_STRIPE_API_KEY is not set."""


class PaymentsUnavailable(Refusal):
    """Stripe could not be reached, or could not answer now. The same request may be tried again."""

    status = 503
    title = "Payments are not available at the moment"


class PaymentRequestRefused(Refusal):
    """Stripe refused the request for good; `reason` and `param` are Stripe's own words."""

    status = 502
    title = "The payment provider refused the request"

    def __init__(self, detail: str, *, reason: str | None = None, param: str | None = None) -> None:
        super().__init__(detail, reason=reason, param=param)
        self.reason, self.param = reason, param

    @property
    def is_missing(self) -> bool:
        """Whether something that the request named does not exist at Stripe."""
        return self.reason == "resource_missing"


class CardRefused(PaymentRequestRefused):
    """The bank refused the card; `reason` is the bank's, such as `insufficient_funds`."""

    status = 402
    title = "The card was refused"


class WebhookRefused(BadRequest):
    """The signature is not Stripe's, is too old, or signs something else."""


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong with Stripe, in plg's words. Stripe's messages can name ids but hold no secrets of ours."""
    import stripe

    try:
        yield
    except stripe.APIConnectionError as error:
        log.warning("stripe not reached", error=type(error).__name__)
        raise PaymentsUnavailable(
            "Stripe cannot be reached. Try again in a moment.", retry_after=5
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("stripe refuses our key", error=type(error).__name__)
        raise PaymentsUnavailable("Stripe refuses the key of this installation.") from error
    except stripe.StripeError as error:
        if error.http_status in BUSY or (error.http_status or 0) >= 500:
            raise PaymentsUnavailable("Stripe is busy. Try again in a moment.", retry_after=5) from error
        message = error.user_message or "The request was refused."
        param = getattr(error, "param", None)
        if isinstance(error, stripe.CardError):
            raise CardRefused(message, reason=_bank_said(error), param=param) from error
        raise PaymentRequestRefused(message, reason=error.code, param=param) from error


def _bank_said(error: Any) -> str | None:
    told = (error.json_body or {}).get("error", {})
    return told.get("decline_code") or error.code
