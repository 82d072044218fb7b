"""Amounts in words; amounts themselves are always whole numbers of the currency's smallest unit."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision


def money(amount: int, currency: str, locale: str = "en") -> str:
    """`money(2000, "usd")` is "$20.00"; currencies without cents have none."""
    code = currency.upper()
    return format_currency(Decimal(amount).scaleb(-get_currency_precision(code)), code, locale=locale)
