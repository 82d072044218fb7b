"""The words of offers, prices, usage and trials, as people write them."""

from __future__ import annotations

import pytest
from flask import Flask

from plg.plans.schemas import Price
from plg.upgrades.texts import price_text, trial_text, usage_text
from plg.usage.entitlements import Entitlement

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("amount", "currency", "interval", "locale", "text"),
    [
        (2900, "usd", "month", "en", "$29 a month"),
        (2950, "usd", "month", "en", "$29.50 a month"),
        (2900, "eur", "year", "es", "29\xa0€ al año"),
        (2950, "eur", "month", "es", "29,50\xa0€ al mes"),
        (2900, "jpy", "year", "en", "¥2,900 a year"),
        (29500, "kwd", "month", "en", "KWD29.500 a month"),
    ],
)
def test_prices_have_the_decimals_of_their_currency_where_there_are_any(
    app: Flask, amount: int, currency: str, interval: str, locale: str, text: str
) -> None:
    with app.app_context():
        assert price_text(Price(amount=amount, currency=currency, interval=interval), locale) == text


@pytest.mark.parametrize(
    ("included", "locale", "text"),
    [
        (3, "en", "$49 a month, 3 seats included, $9 for each further one"),
        (1, "es", "49\xa0US$ al mes, 1 persona incluida, 9\xa0US$ por cada una más"),
        (0, "es", "49\xa0US$ al mes, más 9\xa0US$ por persona"),
    ],
)
def test_a_price_tells_how_many_seats_it_includes_and_what_others_cost(
    app: Flask, included: int, locale: str, text: str
) -> None:
    price = Price(amount=4900, currency="usd", interval="month")
    seat = Price(amount=900, currency="usd", interval="month", seat=True, included=included)
    with app.app_context():
        assert price_text(price, locale, seat) == text


@pytest.mark.parametrize(
    ("status", "days_left", "locale", "text"),
    [
        ("active", 13, "en", "13 days left in trial"),
        ("active", 1, "en", "1 day left in trial"),
        ("active", 0, "en", "Trial ends today"),
        ("ended", 0, "en", "Trial has ended"),
        ("active", 13, "es", "Quedan 13 días de prueba"),
        ("active", 1, "es", "Queda 1 día de prueba"),
        ("active", 0, "es", "La prueba termina hoy"),
        ("ended", 0, "es", "La prueba ha terminado"),
        ("converted", 0, "en", None),
        ("held", 14, "es", None),
    ],
)
def test_a_trial_says_how_long_it_lasts(
    app: Flask, status: str, days_left: int, locale: str, text: str | None
) -> None:
    with app.app_context():
        assert trial_text(status, days_left, locale) == text


@pytest.mark.parametrize(
    ("used", "limit", "locale", "text"),
    [
        (0, 5, "en", "0 of 5"),
        (1200, 15000, "en", "1,200 of 15,000"),
        (12000, 15000, "es", "12.000 de 15.000"),
        (3, None, "en", "Unlimited"),
        (3, None, "es", "Sin límite"),
    ],
)
def test_usage_says_how_much_of_how_much(
    app: Flask, used: int, limit: int | None, locale: str, text: str
) -> None:
    invoices = Entitlement("invoices", "Invoices", "metered", True, limit, used, None)
    with app.app_context():
        assert usage_text(invoices, locale) == text
