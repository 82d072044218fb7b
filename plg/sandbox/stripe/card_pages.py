"""The checkout's page in setup mode: a card is typed, perhaps confirmed with the bank, and stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from flask import Response

from plg.sandbox.stripe.cards import CARDS, TestCard, typed
from plg.sandbox.stripe.errors import StripeError, card_declined
from plg.sandbox.stripe.resources import checkout, setup_intents
from plg.sandbox.stripe.store import Object, Work

Show = Callable[..., Response]


def show(work: Work, session: Object, page: Show, *, fault: str = "", number: str = "") -> Response:
    """The form for a card, or the bank's question where the card asks one. page: renders a template by name."""
    asked = CARDS.get(work.note(session["id"]).get("asked", ""))
    facts = {"session": session, "allowed": (session["success_url"], session["cancel_url"])}
    if asked is not None:
        return page("confirm_card", last4=asked.number[-4:], **facts)
    return page("card", fault=fault, number=number, cards=CARDS.values(), **facts)


def answer(
    work: Work, session: Object, form: Mapping[str, str], page: Show
) -> tuple[Object, Response | None]:
    """What was pressed there: the session as it is then, and the page to show while it is still open."""
    asked = CARDS.get(work.note(session["id"]).get("asked", ""))
    action = form.get("action")
    if asked is not None and action in ("confirm", "refuse"):
        work.annotate(session["id"], asked="")
        if action == "confirm":
            return checkout.store_card(work, session, asked), None
        return session, _refused(work, session, asked, page, "not_confirmed")
    if action != "save":
        return session, show(work, session, page)
    card, fault = _typed(form)
    if card is None:
        return session, show(work, session, page, fault=fault, number=form.get("number", "")[:30])
    if card.on_setup == "decline":
        return session, _refused(work, session, card, page, "card_refused")
    if card.on_setup == "ask":
        work.annotate(session["id"], asked=card.number)
        return session, show(work, session, page)
    return checkout.store_card(work, session, card), None


def _typed(form: Mapping[str, str]) -> tuple[TestCard | None, str]:
    """The card of the form, or the key of what is wrong with it."""
    card = typed(form.get("number", ""))
    if card is None:
        return None, "bad_number"
    if not re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*/\s*(20)?\d\d\s*", form.get("expires", "")):
        return None, "bad_expiry"
    return (card, "") if re.fullmatch(r"\s*\d{3,4}\s*", form.get("cvc", "")) else (None, "bad_cvc")


def _refused(work: Work, session: Object, card: TestCard, page: Show, fault: str) -> Response:
    refusal = card_declined() if fault == "card_refused" else _not_confirmed()
    setup_intents.fail(work, session["setup_intent"], refusal)
    return show(work, session, page, fault=fault)


def _not_confirmed() -> StripeError:
    return StripeError(
        "We are unable to authenticate your payment method. Please choose a different payment method and try "
        "again.",
        status=402,
        kind="card_error",
        code="setup_intent_authentication_failure",
    )
