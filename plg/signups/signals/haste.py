"""The form was filled in faster than people type."""

from __future__ import annotations

from plg.signups.signals.asked import Asked, Finding


def look(asked: Asked) -> Finding | None:
    seconds = asked.evidence.seconds
    if seconds is None or seconds >= asked.policy.least_seconds:
        return None
    return Finding("haste", asked.policy.points.haste, {"seconds": round(max(seconds, 0), 1)})
