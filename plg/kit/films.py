"""Films at hosts that let other pages play them: the addresses that people copy there."""

from __future__ import annotations

import re
from typing import Final

ADDRESSES: Final = {
    "youtube": re.compile(
        r"https://(?:youtu\.be/|(?:www\.)?youtube(?:-nocookie)?\.com/(?:watch\?v=|embed/))([\w-]{6,20})"
    ),
    "vimeo": re.compile(r"https://(?:www\.vimeo\.com/|vimeo\.com/|player\.vimeo\.com/video/)(\d{4,15})"),
    "loom": re.compile(r"https://(?:www\.)?loom\.com/(?:share|embed)/([0-9a-f]{32})"),
}
"""By host, what an address is like; its group is the film's id."""
