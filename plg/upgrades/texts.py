"""The words of an offer and its price, in the reader's language."""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_precision
from flask_babel import force_locale, gettext

from plg.plans.catalogue import Plan, Price, texts
from plg.usage.entitlements import Entitlement


def offer_texts(reason: str, missing: Entitlement, plan: Plan, locale: str) -> tuple[str, str]:
    """(title, body)"""
    name = texts(plan.name, locale, plan.key)
    more = plan.limit(missing.feature)
    values = {
        "feature": missing.name,
        "used": missing.used,
        "limit": missing.limit,
        "plan": name,
        "more": more,
    }
    with force_locale(locale):
        if reason == "limit_reached":
            title = gettext("You have used all %(limit)s: %(feature)s", **values)
        else:
            title = gettext("%(used)s of %(limit)s used: %(feature)s", **values)
        if more is None:
            body = gettext("With %(plan)s there is no limit.", **values)
        else:
            body = gettext("With %(plan)s you get %(more)s.", **values)
    return title, body


def price_text(price: Price, locale: str) -> str:
    """As one says it: "$29 a month", "29,50 € al año"; decimals only where there are any."""
    code = price.currency.upper()
    amount = Decimal(price.amount).scaleb(-get_currency_precision(code))
    if amount == amount.to_integral_value():
        pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
        sum_ = format_currency(amount, code, pattern, locale=locale, currency_digits=False)
    else:
        sum_ = format_currency(amount, code, locale=locale)
    with force_locale(locale):
        if price.interval == "year":
            return gettext("%(price)s a year", price=sum_)
        return gettext("%(price)s a month", price=sum_)
