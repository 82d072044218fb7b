"""What offers do as time passes."""

from __future__ import annotations

import datetime as dt

from plg.offers import published, raising


def close_over(moment: dt.datetime) -> int:
    """Close what was open for as long as it lasts."""
    return raising.close_over(moment)


def raise_due(moment: dt.datetime) -> int:
    """Raise what goes by time: the day of a trial, or a rule that asks for no event."""
    return raising.by_time(published.live().values(), moment)
