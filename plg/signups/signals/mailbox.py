"""The same mailbox, however its address is written, had a trial."""

from __future__ import annotations

from plg.signups import traces
from plg.signups.signals.asked import Asked, Finding


def look(asked: Asked) -> Finding | None:
    """An earlier sign-up that was never confirmed may be a stranger's: it weighs less, and nothing against whoever
    confirms the address first."""
    if "mailbox" not in asked.traces:
        return None
    before = traces.alike("mailbox", asked.traces["mailbox"], without=asked.account_id)
    points = asked.policy.points
    if before.confirmed:
        return Finding("mailbox", points.mailbox, {"num": before.confirmed})
    if before.workspaces and not asked.confirmed:
        return Finding("mailbox", points.mailbox_unconfirmed, {"num": before.workspaces})
    return None
