"""Until when a team should be certified: until its subscription renews."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from plg.billing import subscriptions
from plg.kit.clock import now

WITHOUT_RENEWAL: Final = dt.timedelta(days=60)


@dataclass(frozen=True)
class Horizon:
    """moment: what ends before it needs attention. renews: it is the renewal of the subscription; else nothing
    renews by itself, and it is 60 days from now."""

    moment: dt.datetime
    renews: bool


def of_account(account_id: int) -> Horizon:
    """As things stand now."""
    row, moment = subscriptions.live_of(account_id), now()
    if row is None or row.cancel_at is not None or row.current_period_end <= moment:
        return Horizon(moment + WITHOUT_RENEWAL, renews=False)
    return Horizon(row.current_period_end, renews=True)
