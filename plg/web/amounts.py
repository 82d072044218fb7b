"""Amounts of money as people type them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from babel.numbers import get_currency_precision

MOST: Final = Decimal(10) ** 12


def minor_units(text: str, currency: str) -> int | None:
    """What somebody typed, in the currency's minor unit: "12,50" dollars are 1250. None for nothing at all, 0 for
    what is no amount above nothing, or has more decimals than the currency."""
    if not text:
        return None
    try:
        amount = Decimal(text.replace(",", ".").replace(" ", ""))
    except InvalidOperation:
        return 0
    scaled = amount.scaleb(get_currency_precision(currency.upper())) if amount.is_finite() else Decimal(0)
    return int(scaled) if 0 < scaled < MOST and scaled == scaled.to_integral_value() else 0


def typed_of(amount: int, currency: str) -> str:
    """An amount in minor units as people type it: 1250 cents are `12.50`."""
    places = get_currency_precision(currency.upper())
    return f"{Decimal(amount).scaleb(-places):.{places}f}"
