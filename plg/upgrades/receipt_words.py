"""The words of a receipt of value, for its mail and its page, in the reader's language."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal
from flask_babel import force_locale, gettext, ngettext

from plg.plans.catalogue import texts
from plg.plans.schemas import Price
from plg.upgrades.receipt_facts import Facts
from plg.upgrades.texts import money_text, price_text


def told(facts: Facts, locale: str) -> dict[str, Any]:
    """did, learned, saved, use, stops: sentences; prices: (plan, price, what does not fit)."""
    with force_locale(locale):
        return {
            "did": [f"{_named(each, locale)}: {_number(each['count'], locale)}" for each in facts["did"]],
            "learned": [_learned(each, locale) for each in facts["learned"]],
            "saved": _saved(facts["saved"], locale),
            "use": [f"{_named(each, locale)}: {_number(each['amount'], locale)}" for each in facts["use"]],
            "prices": [_price(each, locale) for each in facts["prices"]],
            "stops": [_stop(each, locale) for each in facts["stops"]],
        }


def _named(each: Facts, locale: str) -> str:
    return texts(each["name"], locale, "")


def _number(value: float, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def _learned(each: Facts, locale: str) -> str:
    title = texts(each["title"], locale, "")
    people = ngettext("one person", "%(num)d people", each["people"])
    if each["certified"]:
        return gettext("%(title)s (%(people)s, with a certificate)", title=title, people=people)
    return gettext("%(title)s (%(people)s)", title=title, people=people)


def _saved(saved: Facts, locale: str) -> list[str]:
    minutes = saved["minutes"]
    found = [money_text(amount, code, locale) for code, amount in saved["money"].items()]
    if minutes >= 120:
        found.insert(0, gettext("about %(hours)s hours", hours=_number(round(minutes / 30) / 2, locale)))
    elif minutes:
        found.insert(0, ngettext("one minute", "%(num)d minutes", minutes))
    return found


def _price(each: Facts, locale: str) -> dict[str, Any]:
    name = _named(each, locale)
    if each["amount"] is None:
        return {"plan": name, "price": "", "over": []}
    price = Price(amount=max(each["amount"], 1), currency=each["currency"], interval=each["interval"])
    over = [texts(name, locale, "") for name in each["over"]]
    return {"plan": name, "price": price_text(price, locale), "over": over}


def _stop(each: Facts, locale: str) -> str:
    name = _named(each, locale)
    if not each["has"]:
        return gettext("%(feature)s is no longer there", feature=name)
    had = gettext("no limit") if each["had"] is None else _number(each["had"], locale)
    return gettext(
        "%(feature)s: %(has)s instead of %(had)s", feature=name, has=_number(each["has"], locale), had=had
    )
