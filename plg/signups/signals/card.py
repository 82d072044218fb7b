"""The same card stands behind another workspace's trial."""

from __future__ import annotations

from plg.signups import traces
from plg.signups.signals.asked import Asked, Finding


def look(asked: Asked) -> Finding | None:
    if "card" not in asked.traces:
        return None
    before = traces.alike("card", asked.traces["card"], without=asked.account_id)
    return (
        Finding("card", asked.policy.points.card, {"num": before.workspaces}) if before.workspaces else None
    )
