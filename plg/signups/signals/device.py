"""The same browser signed up before and had a trial."""

from __future__ import annotations

from plg.signups import traces
from plg.signups.signals.asked import Asked, Finding


def look(asked: Asked) -> Finding | None:
    if "device" not in asked.traces:
        return None
    before = traces.alike("device", asked.traces["device"], without=asked.account_id)
    return (
        Finding("device", asked.policy.points.device, {"num": before.workspaces})
        if before.workspaces
        else None
    )
