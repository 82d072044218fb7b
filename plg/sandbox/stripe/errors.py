"""Refusals as Stripe words them: one envelope, a type, often a code and the parameter at fault."""

from __future__ import annotations

from typing import Any

DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """A request that is answered with Stripe's error envelope instead of an object.

    What the request changed is dropped, unless the refusal itself is a fact to keep (a failed charge).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        keeps_changes: bool = False,
    ) -> None:
        super().__init__(message)
        self.keeps_changes = keeps_changes
        self.status = status
        doc_url = DOCS + code.replace("_", "-") if code else None
        fields = {"type": kind, "message": message, "code": code, "param": param, "doc_url": doc_url}
        fields["decline_code"] = decline_code
        self.error = {name: value for name, value in fields.items() if value is not None}

    @property
    def envelope(self) -> dict[str, Any]:
        """The JSON body: `{"error": {...}}`."""
        return {"error": self.error}


class InvalidParameter(StripeError):  # noqa: N818 - named as the field names it
    """A request refused before it was carried out; Stripe keeps no idempotent answer for these."""


def no_such(kind: str, object_id: str, param: str = "id") -> StripeError:
    """404 for an id that names nothing."""
    message = f"No such {kind}: '{object_id}'"
    return StripeError(message, status=404, code="resource_missing", param=param)


def card_declined(reason: str = "generic_decline", *, keeps_changes: bool = False) -> StripeError:
    """402 for a card that the bank refuses."""
    words = {"insufficient_funds": "Your card has insufficient funds."}
    return StripeError(
        words.get(reason, "Your card was declined."),
        status=402,
        kind="card_error",
        code="card_declined",
        decline_code=reason,
        keeps_changes=keeps_changes,
    )


def authentication_required() -> StripeError:
    """402 for a payment that the bank wants the card's owner to confirm, who is not there."""
    return StripeError(
        "Your card was declined. This transaction requires authentication.",
        status=402,
        kind="card_error",
        code="authentication_required",
        decline_code="authentication_required",
    )
