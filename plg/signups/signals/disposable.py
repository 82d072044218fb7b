"""The address is at a domain that gives mailboxes to be thrown away."""

from __future__ import annotations

from plg.kit import addresses
from plg.signups.signals.asked import Asked, Finding


def look(asked: Asked) -> Finding | None:
    domain = addresses.domain_of(asked.address)
    if not addresses.is_disposable(domain):
        return None
    return Finding("disposable", asked.policy.points.disposable, {"domain": domain})
