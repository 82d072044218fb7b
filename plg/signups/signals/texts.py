"""The name or the company holds a link: our mails would carry it to strangers."""

from __future__ import annotations

import re

from plg.signups.signals.asked import Asked, Finding

_LINK = re.compile(
    r"://|www\.|https?:|\b[\w-]+\.(?:com|net|org|info|ru|xyz|top|shop|online)/|[\r\n\t]", re.IGNORECASE
)


def look(asked: Asked) -> Finding | None:
    if not _LINK.search(f"{asked.name} | {asked.company}"):
        return None
    return Finding("texts", asked.policy.points.texts)
