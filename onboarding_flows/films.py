"""Films that steps lead to, and what plays them on the host product's page."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from plg.kit.films import ADDRESSES

FILES: Final = (".mp4", ".webm")
PLAYERS: Final = {
    "youtube": "https://www.youtube-nocookie.com/embed/{id}?autoplay=1&rel=0&playsinline=1",
    "vimeo": "https://player.vimeo.com/video/{id}?autoplay=1&dnt=1",
    "loom": "https://www.loom.com/embed/{id}?autoplay=1",
}
"""The address of each host's player, for a frame; of YouTube and Vimeo the one that does not track."""


def is_file(url: str) -> bool:
    return urlsplit(url).path.lower().endswith(FILES)


def player_of(url: str) -> str | None:
    """The address of what plays it: a file plays by itself, a host has a player; None where neither is so."""
    if is_file(url):
        return url
    for host, address in ADDRESSES.items():
        if found := address.match(url):
            return PLAYERS[host].format(id=found[1])
    return None
