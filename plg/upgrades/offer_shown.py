"""An offer as the widget shows it: a card that sells a plan, or a banner or announcement as the other prompts are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app
from flask_babel import force_locale, gettext

from plg.accounts import rights
from plg.kit.caller import Caller
from plg.kit.markdown import to_html, to_text
from plg.offers import answers, published
from plg.offers.definition import Answer
from plg.offers.definition import Offer as Defined
from plg.offers.models import Offer
from plg.plans.catalogue import Plan, texts
from plg.plans.told import price_of
from plg.upgrades.texts import offer_texts, price_text
from plg.usage.entitlements import Entitlements

PROMPTS = {"banner": ("banner", "top"), "modal": ("announcement", "modal")}
"""Channel -> the prompt that it is, and where it appears."""
FLOW = "offer:"
"""A prompt of an offer is called so, before the offer's id, where the others have the key of their flow."""


@dataclass(frozen=True)
class Reader:
    """Who looks, and what their account may do. currency: the account's, of its trait."""

    found: Entitlements
    caller: Caller
    requested: bool
    locale: str
    currency: str | None = None


def drawn(made: Offer, reader: Reader) -> dict[str, Any] | None:
    """What the widget draws; None where it can show nothing of it: the plan is not for sale any more, say. With
    `kind` it is a prompt, else the card."""
    if made.version_id is None:
        return _card(made, None, reader)
    version = published.version(made.version_id)
    defined = version.offer.in_arm(made.variant)
    if defined.channel == "card":
        return _card(made, defined, reader)
    return _prompt(made, defined, version.version, reader) if defined.channel in PROMPTS else None


def placed(shown: Iterable[dict[str, Any] | None]) -> dict[str, Any]:
    """The part of the state that they are."""
    drawn = [each for each in shown if each is not None]
    prompts = [each for each in drawn if "kind" in each]
    card = next((each for each in drawn if "kind" not in each), None)
    return {"offer": card} | ({"prompts": prompts} if prompts else {})


def _card(made: Offer, defined: Defined | None, reader: Reader) -> dict[str, Any] | None:
    plan = reader.found.published.plans.get(made.plan_key)
    price = plan.price(reader.currency) if plan is not None else None
    if plan is None or price is None:
        return None
    words = _own_words(made, plan, reader) if defined is None else _words(defined, reader.locale)
    if words is None:
        return None
    told = price_of(plan, price) | {"text": price_text(price, reader.locale, plan.seat_price(price))}
    return {
        "id": made.public_id,
        "reason": made.reason,
        "feature": made.feature,
        "title": words[0],
        "body": words[1],
        "plan": {"key": plan.key, "name": texts(plan.name, reader.locale, plan.key), "price": told},
        "can_buy": rights.may(reader.caller.role, "billing.buy"),
        "requested": reader.requested,
    }


def _own_words(made: Offer, plan: Plan, reader: Reader) -> tuple[str, str] | None:
    """Of an offer that a limit raised by itself."""
    missing = reader.found.by_feature.get(made.feature)
    return None if missing is None else offer_texts(made.reason, missing, plan, reader.locale)


def _words(defined: Defined, locale: str) -> tuple[str, str]:
    return defined.title.text(locale), to_text(defined.body.text(locale))


def _prompt(made: Offer, defined: Defined, version: int, reader: Reader) -> dict[str, Any] | None:
    action = action_of(made, defined, reader.locale)
    if action is None:
        return None
    kind, placement = PROMPTS[defined.channel]
    return {
        "flow": FLOW + made.public_id,
        "version": version,
        "kind": kind,
        "variant": None,
        "title": defined.title.text(reader.locale),
        "body_html": to_html(defined.body.text(reader.locale)),
        "placement": placement,
        "action": {"tour": None, "video": None, "form": None} | action,
        "dismissible": True,
        "snoozable": True,
        "steps": [],
        "at": None,
    }


def action_of(made: Offer, defined: Defined, locale: str) -> dict[str, Any] | None:
    """label, and url where it leads somewhere; None where that is not there."""
    url = _address(made, defined.answer)
    if url is None and defined.answer.extend is None:
        return None
    return {
        "label": defined.label.text(locale) if defined.label else _label(defined.answer, locale),
        "url": url,
    }


def _label(answer: Answer, locale: str) -> str:
    with force_locale(locale):
        if answer.extend is not None:
            return gettext("Make my trial longer")
        return answer.teach.title.text(locale) if answer.teach is not None else gettext("Look at the plans")


def _address(made: Offer, answer: Answer) -> str | None:
    if answer.teach is not None:
        return answer.teach.url or _absolute(answers.lesson_address(answer.teach))
    if answer.upgrade is None:
        return None
    return _absolute(f"/upgrade?{urlencode({'offer': made.public_id})}")


def _absolute(path: str | None) -> str | None:
    """A path of plg's own, from wherever the widget is; an address of a page stays one."""
    if path is None or not path.startswith("/"):
        return path
    return f"{current_app.extensions['plg.settings'].public_url}{path}"
