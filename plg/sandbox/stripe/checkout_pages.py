"""The checkout's page where a subscription is paid: a card is typed, perhaps with a promotion code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Response

from plg.sandbox.stripe.cards import CARDS, GOOD, typed
from plg.sandbox.stripe.resources import checkout, discounts
from plg.sandbox.stripe.store import Object, Work

Show = Callable[..., Response]


def pay(work: Work, session: Object, form: Mapping[str, str], show: Show) -> tuple[Object, Response | None]:
    """Pay with the card that was typed (none: the one that works): the session as it is then, or the page with
    what is wrong."""
    card = typed(form["number"]) if form.get("number", "").strip() else CARDS[GOOD]
    if card is None:
        return session, show(work, session, fault="bad_number")
    code, wanted = None, form.get("code", "").strip()
    if wanted and session["allow_promotion_codes"]:
        code = discounts.find_code(work, wanted)
        if code is None:
            return session, show(work, session, fault="bad_code")
    if card.on_setup == "decline" or card.on_charge not in ("", "authentication_required"):
        return session, show(work, session, fault="declined")
    return checkout.pay(work, session, card, code), None
