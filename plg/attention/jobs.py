"""What attention does as time passes."""

from __future__ import annotations

import datetime as dt

from plg.attention import ledger


def forget_shown(moment: dt.datetime) -> int:
    """Delete what is too old to count or to be asked for."""
    return ledger.forget(moment)
