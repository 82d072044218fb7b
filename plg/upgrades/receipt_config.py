"""What a receipt of value counts: the `[receipt]` table of `plg.toml`, or, where that is absent, what is metered."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from plg.kit import toml_tables, versions
from plg.plans.strict import Currency, EventName, Strict, Texts
from plg.upgrades.models import ReceiptVersion

KEY: Final = "receipt"


class Deed(Strict):
    """Something that an account does, and what each time saves it: minutes, or an amount in the minor unit of a
    currency."""

    event: EventName
    name: Texts = Field(min_length=1)
    minutes: int = Field(0, ge=0, le=100_000)
    amount: int = Field(0, ge=0, le=10**9)
    currency: Currency = "usd"


class ReceiptConfig(Strict):
    """mail: whether who may buy is sent the receipt when a trial ends; it is on a page in any case."""

    mail: bool = True
    deeds: list[Deed] = Field(default_factory=list, max_length=20)


def live() -> ReceiptConfig:
    """What is published, or the defaults."""
    row = versions.live(ReceiptVersion, KEY)
    return ReceiptConfig.model_validate(row.definition) if row is not None else ReceiptConfig()


section = toml_tables.section(KEY, ReceiptConfig, ReceiptVersion)
