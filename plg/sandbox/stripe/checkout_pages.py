"""The checkout's page where a subscription is paid: a card is typed, perhaps with a promotion code, and confirmed
with the bank where that asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Response

from plg.sandbox.stripe.cards import CARDS, GOOD, TestCard, typed
from plg.sandbox.stripe.resources import checkout, discounts
from plg.sandbox.stripe.store import Object, Work

Show = Callable[..., Response]
PAY, YES, NO = "pay", "yes_it_is_me", "refuse"
ACTIONS: Final = (PAY, YES, NO)


def asked(work: Work, session: Object) -> TestCard | None:
    """The card that the bank asks about at present."""
    return CARDS.get(work.note(session["id"]).get("asked", ""))


def pay(work: Work, session: Object, form: Mapping[str, str], show: Show) -> tuple[Object, Response | None]:
    """Pay with the card that was typed (none: the one that works): the session as it is then, or the page with
    what is wrong, or with the bank's question."""
    if form.get("action") != PAY:
        return _answered(work, session, form, show)
    card = typed(form["number"]) if form.get("number", "").strip() else CARDS[GOOD]
    if card is None:
        return session, show(work, session, fault="bad_number")
    code, wanted = None, form.get("code", "").strip()
    if wanted and session["allow_promotion_codes"]:
        code = discounts.find_code(work, wanted)
        if code is None:
            return session, show(work, session, fault="bad_code")
    if card.on_setup == "ask":
        work.annotate(session["id"], asked=card.number, code=wanted)
        return session, show(work, session)
    return _charge(work, session, card, code, show)


def _answered(
    work: Work, session: Object, form: Mapping[str, str], show: Show
) -> tuple[Object, Response | None]:
    """What its owner said to the bank."""
    card, wanted = asked(work, session), work.note(session["id"]).get("code", "")
    work.annotate(session["id"], asked="")
    if card is None or form.get("action") == NO:
        return session, show(work, session, fault="not_confirmed")
    return _charge(work, session, card, discounts.find_code(work, wanted) if wanted else None, show)


def _charge(
    work: Work, session: Object, card: TestCard, code: Object | None, show: Show
) -> tuple[Object, Response | None]:
    if card.on_setup == "decline" or card.on_charge not in ("", "authentication_required"):
        return session, show(work, session, fault="declined")
    return checkout.pay(work, session, card, code), None
