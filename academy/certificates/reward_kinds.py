"""What certificates can give: each kind says how it is given and taken back. The core knows each gift by the name
that the academy's ledger gives it, so that doing it twice does it once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from academy.certificate_models import CertificateReward
from academy.certificate_policy import Reward
from plg.billing import discounts
from plg.billing.discounts import Terms
from plg.kit.db import db
from plg.plans import catalogue
from plg.trials import deeds
from plg.trials.deeds import Deed
from plg.usage import grants
from plg.usage.grants import GRANTED, NewGrant
from plg.usage.models import UsageGrant

BY: Final = "certificate"
NO_FEATURE: Final = "no_feature"


@dataclass(frozen=True)
class Gift:
    """One row of the ledger. why: what people of the workspace read; earned_at: when the exam was passed."""

    row: CertificateReward
    reward: Reward
    why: str
    earned_at: dt.datetime

    @property
    def name(self) -> str:
        """By which the core knows it."""
        return f"certificate:{self.row.id}"


@dataclass(frozen=True)
class Kind:
    """give: returns why it was nothing or less, if so."""

    give: Callable[[Gift], str | None]
    take_back: Callable[[Gift], None]


def _give_feature(gift: Gift) -> str | None:
    key = gift.reward.feature or ""
    feature = catalogue.live().features.get(key)
    if feature is None or feature.type not in GRANTED:
        return NO_FEATURE
    account, amount = gift.row.account_id, gift.reward.amount or 1
    grants.give(NewGrant(account, key, amount, "certificate", gift.why[:500], key=gift.name), by=BY)
    return None


def _take_feature(gift: Gift) -> None:
    mine = UsageGrant.account_id == gift.row.account_id, UsageGrant.key == gift.name
    given = db.session.scalar(select(UsageGrant.id).where(*mine))
    if given is not None:
        grants.void(gift.row.account_id, given, reason=gift.why[:500], by=BY)


def _give_days(gift: Gift) -> str | None:
    days = gift.reward.trial_days or 0
    deed = Deed(gift.row.account_id, gift.name, days, gift.why, gift.earned_at)
    return deeds.earn([deed])[gift.name].less


def _take_days(gift: Gift) -> None:
    deeds.take_back({gift.name: gift.row.account_id})


def _give_discount(gift: Gift) -> None:
    reward = gift.reward
    terms = Terms(reward.percent_off, reward.amount_off, reward.currency, reward.months)
    discounts.give(gift.row.account_id, terms, key=gift.name, reason=gift.why[:500], by=BY)


def _take_discount(gift: Gift) -> None:
    discounts.take_back(gift.row.account_id, gift.name)


KINDS: Final = {
    "feature": Kind(_give_feature, _take_feature),
    "trial_days": Kind(_give_days, _take_days),
    "discount": Kind(_give_discount, _take_discount),
}
