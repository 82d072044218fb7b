"""The words of an offer, its price, what was used and how long the trial lasts, in the reader's language."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision
from flask_babel import force_locale, gettext, ngettext

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
            title = gettext("%(feature)s: you have used all %(limit)s", **values)
        else:
            title = gettext("%(feature)s: %(used)s of %(limit)s used", **values)
        if more is None:
            body = gettext("With %(plan)s there is no limit.", **values)
        else:
            body = gettext("With %(plan)s you get %(more)s.", **values)
    return title, body


def price_text(price: Price, locale: str, further: Price | None = None) -> str:
    """As one says it: "$29 a month", "29,50 € al año"; decimals only where there are any. further: what each seat
    costs beyond those that are included, told after it."""
    sum_ = money_text(price.amount, price.currency, locale)
    with force_locale(locale):
        if price.interval == "year":
            text = gettext("%(price)s a year", price=sum_)
        else:
            text = gettext("%(price)s a month", price=sum_)
    return f"{text}, {seats_text(further, locale)}" if further is not None else text


def seats_text(further: Price, locale: str) -> str:
    """How many seats a price includes, and what others cost: "3 seats included, $9 for each further one"."""
    each = money_text(further.amount, further.currency, locale)
    with force_locale(locale):
        if not further.included:
            return gettext("plus %(price)s a seat", price=each)
        return ngettext(
            "%(num)d seat included, %(price)s for each further one",
            "%(num)d seats included, %(price)s for each further one",
            further.included,
            price=each,
        )


def money_text(amount: int, currency: str, locale: str) -> str:
    """An amount in the currency's minor unit; decimals only where there are any."""
    code = currency.upper()
    exact = Decimal(amount).scaleb(-get_currency_precision(code))
    if exact != exact.to_integral_value():
        return str(format_currency(exact, code, locale=locale))
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace(".00", "")
    return str(format_currency(exact, code, pattern, locale=locale, currency_digits=False))


def usage_text(metered: Entitlement, locale: str) -> str:
    """How much of a feature was used: "8 of 10", or that there is no limit."""
    return _of_limit(metered.used, metered.limit, locale)


@lru_cache(maxsize=10_000)
def _of_limit(used: Decimal | int | None, limit: int | None, locale: str) -> str:
    """Kept, for the widget asks again and again; so are the words of a trial."""
    with force_locale(locale):
        if limit is None:
            return gettext("Unlimited")
        numbers = {
            "used": format_decimal(used or 0, locale=locale),
            "limit": format_decimal(limit, locale=locale),
        }
        return gettext("%(used)s of %(limit)s", **numbers)


@lru_cache(maxsize=1_000)
def trial_text(status: str, days_left: int, locale: str) -> str | None:
    """How long the trial lasts, or that it has ended; None where it was never seen or is no more of interest."""
    with force_locale(locale):
        if status == "ended":
            return gettext("Trial has ended")
        if status != "active":
            return None
        if days_left <= 0:
            return gettext("Trial ends today")
        return ngettext("%(num)s day left in trial", "%(num)s days left in trial", days_left)
