"""People of the same company have workspaces here already."""

from __future__ import annotations

from plg.accounts import domains
from plg.signups import traces
from plg.signups.signals.asked import Asked, Finding


def look(asked: Asked) -> Finding | None:
    """Only workspaces whose address was confirmed count: nobody else can speak for a company. A few weigh nothing.
    joinable: how many of them take in people with an address of their domain."""
    if "company" not in asked.traces:
        return None
    count = traces.alike("company", asked.traces["company"], without=asked.account_id).confirmed
    joinable = len(domains.joinable(asked.address))
    if not count and not joinable:
        return None
    weighs = count >= asked.policy.company_workspaces
    points = asked.policy.points.company if weighs else 0
    return Finding("company", points, {"num": max(count, joinable), "joinable": joinable})
