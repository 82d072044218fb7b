"""What filled the form in calls itself a program, or nothing at all."""

from __future__ import annotations

import re

from plg.signups.signals.asked import Asked, Finding

_PROGRAM = re.compile(
    r"headless|phantom|selenium|puppeteer|playwright|scrapy|curl/|wget/|python|httpx|aiohttp|okhttp|go-http|java/|"
    r"libwww|node-fetch|axios|\bbot\b|crawler|spider",
    re.IGNORECASE,
)


def look(asked: Asked) -> Finding | None:
    """None is an unknown one (the host product did not say): no reason."""
    agent = asked.evidence.user_agent
    if agent is None or (agent.strip() and not _PROGRAM.search(agent)):
        return None
    return Finding("program", asked.policy.points.program)
