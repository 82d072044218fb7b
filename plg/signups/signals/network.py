"""Many sign-ups come from one network in a short time."""

from __future__ import annotations

import datetime as dt

from plg.signups import traces
from plg.signups.signals.asked import Asked, Finding

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def look(asked: Asked) -> Finding | None:
    """A class room or an office is nothing special; twice as many as that, or many in the hour and in the day, weighs
    twice."""
    if "network" not in asked.traces:
        return None
    policy, moment = asked.policy, asked.moment
    hour, day = traces.seen_since("network", asked.traces["network"], moment - HOUR, moment - DAY)
    times = sum(
        (
            hour >= policy.network_per_hour,
            day >= policy.network_per_day,
            hour >= 2 * policy.network_per_hour,
        )
    )
    if not times:
        return None
    return Finding("network", min(times, 2) * policy.points.network, {"num": hour, "day": day})
