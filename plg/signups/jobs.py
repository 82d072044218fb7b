"""What sign-ups do as time passes."""

from __future__ import annotations

import datetime as dt

from plg.signups import policy, traces

BATCH = 1000


def forget_traces(now: dt.datetime) -> int:
    """Delete a batch of the traces that are older than the policy keeps them."""
    days: dict[str, int] = policy.live().policy.keep_days.model_dump()
    return sum(traces.forget(kind, now - dt.timedelta(days=most), BATCH) for kind, most in days.items())
