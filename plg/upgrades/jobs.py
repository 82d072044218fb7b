"""What upgrades do as time passes."""

from __future__ import annotations

import datetime as dt

from plg.billing import gateway
from plg.upgrades import trial_payments

BATCH = 20


def charge_cards(moment: dt.datetime) -> int:
    """Charge the cards of trials that are over. Talks to Stripe and commits by itself."""
    return trial_payments.collect(BATCH) if gateway.is_set_up() else 0
