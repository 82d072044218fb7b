"""Stripe's test cards: what each does when it is stored and when it is charged without its owner."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from plg.sandbox.stripe.errors import StripeError, authentication_required, card_declined


@dataclass(frozen=True)
class TestCard:
    """on_setup: "", "decline" or "ask" (its owner has to confirm). on_charge: "" or a decline code;
    `authentication_required` falls away with "ask" once its owner has confirmed, unless `asks_always`."""

    number: str
    brand: str = "visa"
    on_setup: str = ""
    on_charge: str = ""
    asks_always: bool = False

    __test__ = False  # pytest takes it for tests by its name

    def charged(self, *, confirmed: bool) -> StripeError | None:
        """What a charge without the owner is refused with, if it is."""
        if self.on_charge != "authentication_required":
            return card_declined(self.on_charge) if self.on_charge else None
        return None if confirmed and not self.asks_always else authentication_required()

    @property
    def written(self) -> str:
        """As it stands on a card, and as lines may be broken."""
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))

    @property
    def fingerprint(self) -> str:
        """The same for the same number, whoever stores it."""
        return hashlib.sha256(f"stand-in {self.number}".encode()).hexdigest()[:16]


CARDS = {
    card.number: card
    for card in (
        TestCard("4242424242424242"),
        TestCard("5555555555554444", "mastercard"),
        TestCard("4000000000000341", on_charge="generic_decline"),
        TestCard("4000000000009995", on_setup="decline"),
        TestCard("4000000000000002", on_setup="decline"),
        TestCard("4000002500003155", on_setup="ask", on_charge="authentication_required"),
        TestCard("4000002760003184", on_setup="ask", on_charge="authentication_required", asks_always=True),
        TestCard("4000008260003178", on_setup="ask", on_charge="insufficient_funds"),
    )
}
#: Ids that Stripe takes in place of a payment method.
TEST_IDS = {
    "pm_card_visa": CARDS["4242424242424242"],
    "pm_card_mastercard": CARDS["5555555555554444"],
    "pm_card_chargeCustomerFail": CARDS["4000000000000341"],
    "pm_card_authenticationRequired": CARDS["4000002760003184"],
}
#: Tokens that Stripe takes in place of a card's number.
TOKENS = {
    "tok_visa": CARDS["4242424242424242"],
    "tok_mastercard": CARDS["5555555555554444"],
    "tok_visa_chargeDeclined": CARDS["4000000000000002"],
    "tok_visa_chargeDeclinedInsufficientFunds": CARDS["4000000000009995"],
    "tok_chargeDeclinedExpiredCard": CARDS["4000000000000002"],
}
GOOD = "4242424242424242"
REFUSED_ID = "pm_card_visa_chargeDeclined"


def typed(number: str) -> TestCard | None:
    """The test card that somebody typed, with or without spaces."""
    return CARDS.get("".join(number.split()))


def shape(card: TestCard) -> dict[str, Any]:
    """`payment_method.card`."""
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
