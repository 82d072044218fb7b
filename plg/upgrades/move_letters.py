"""The mail about a subscription that staff moved to its plan's new version: what changes, and what it costs when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import current_app
from flask_babel import force_locale, gettext

from plg.accounts import accounts
from plg.events.stream import LoggedEvent
from plg.kit.clock import zone
from plg.messaging import mail
from plg.plans import catalogue
from plg.plans.catalogue import Plan, texts
from plg.plans.features import Feature
from plg.plans.schemas import Price
from plg.upgrades import requests
from plg.upgrades.texts import price_text


def tell(event: LoggedEvent) -> None:
    """Write to those who may buy, once a move."""
    account_id, settings = event.account_id, current_app.extensions["plg.settings"]
    if account_id is None:
        return
    account = accounts.get(account_id)
    begins = dt.datetime.fromisoformat(event.properties["at"]).astimezone(zone(account.timezone))
    for person in requests.buyers(account_id):
        locale = person.locale or account.locale or settings.default_locale
        context = {
            "name": person.name,
            "account": account.name,
            "cost": _cost(event.properties, str(format_date(begins, "long", locale=locale)), locale),
            "url": f"{settings.public_url}/workspace/subscription",
            "contact": settings.contact,
            **_told(event.properties, locale),
        }
        if person.email:
            id = f"{event.id}:{person.public_id}"
            mail.send(person.email, "plan-moved", locale, context, id=id, person_id=person.id)


def _told(about: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The move in words: the plan, what it gives now, and what it costs."""
    plan, before = catalogue.version(about["plan"], about["version"]), about["from_version"]
    old = catalogue.version(about["plan"], before) if before else plan
    return {
        "plan": texts(plan.name, locale, plan.key),
        "changes": _changes(old, plan, about["currency"], locale),
    }


def _cost(about: Mapping[str, Any], date: str, locale: str) -> str:
    """What is paid from when on, in sentences."""
    more = about["add_ons"]
    with force_locale(locale):
        found = [_price(about, date, locale)]
        if about["quantity"] > 1:
            found.append(gettext("That is for %(seats)s seats.", seats=_number(about["quantity"], locale)))
        if more:
            together = _said(about, about["amount"] + more, locale)
            found.append(gettext("Together with your add-ons it is %(price)s.", price=together))
        found.append(gettext("Taxes, discounts and what you use beyond your plan are not in it."))
    return " ".join(found)


def _price(about: Mapping[str, Any], date: str, locale: str) -> str:
    price, before = _said(about, about["amount"], locale), about["from_amount"]
    if before is None:
        return gettext("From %(date)s on you pay %(price)s.", date=date, price=price)
    if before == about["amount"]:
        return gettext("You pay what you paid before: %(price)s.", price=price)
    return gettext(
        "From %(date)s on you pay %(price)s instead of %(before)s; nothing is charged before.",
        **{"date": date, "price": price, "before": _said(about, before, locale)},
    )


def _said(about: Mapping[str, Any], amount: int, locale: str) -> str:
    return price_text(Price(amount=amount, currency=about["currency"], interval=about["interval"]), locale)


def _changes(before: Plan, after: Plan, currency: str, locale: str) -> list[str]:
    """What a version of a plan gives that another did not, in sentences; and what it gives no more."""
    with force_locale(locale):
        known = catalogue.live().features
        found = [_change(feature, key, before, after, locale) for key, feature in known.items()]
        return [each for each in found if each] + _dearer(before, after, currency, locale)


def _change(feature: Feature, key: str, before: Plan, after: Plan, locale: str) -> str:
    had, has, name = before.limit(key), after.limit(key), texts(feature.name, locale, key)
    if had == has:
        return ""
    if feature.type == "boolean":
        here = gettext("%(feature)s is now included", feature=name)
        return here if has else gettext("%(feature)s is no longer there", feature=name)
    more, less = _number(has, locale), _number(had, locale)
    return gettext("%(feature)s: %(has)s instead of %(had)s", feature=name, has=more, had=less)


def _number(limit: int | None, locale: str) -> str:
    return gettext("no limit") if limit is None else format_decimal(limit, locale=locale)


def _dearer(before: Plan, after: Plan, currency: str, locale: str) -> list[str]:
    """Features whose use beyond what is included has another price."""
    return [
        gettext("%(feature)s: another price beyond that", feature=texts(feature.name, locale, key))
        for key, feature in catalogue.live().features.items()
        if before.charge(key, currency) != after.charge(key, currency)
    ]
