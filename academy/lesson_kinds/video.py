"""A video: a file of the course, or one on YouTube or Vimeo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, Strict

from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind, Say
from academy.texts import FileName, Shape
from plg.kit.films import ADDRESSES

FILMS: Final = (".mp4", ".webm")
HOSTS: Final = {
    "youtube": (
        ADDRESSES["youtube"],
        "https://www.youtube-nocookie.com",
        "https://www.youtube-nocookie.com/embed/{id}?enablejsapi=1&rel=0&playsinline=1&start={start}",
    ),
    "vimeo": (
        ADDRESSES["vimeo"],
        "https://player.vimeo.com",
        "https://player.vimeo.com/video/{id}?dnt=1#t={start}s",
    ),
}
"""Where videos may be embedded from: how authors write their address, the origin, and the frame's address."""


def _embeddable(url: str) -> str:
    if _place(url) is None:
        raise ValueError(f"is no address of a video at {', '.join(HOSTS)}")
    return url


def _place(url: str) -> tuple[str, str] | None:
    """(host, id of the video)."""
    for host, (pattern, _, _) in HOSTS.items():
        match = pattern.fullmatch(url)
        if match:
            return host, match[1]
    return None


class Captions(Shape):
    """Files of captions (WebVTT), by their language."""

    es: FileName | None = None
    en: FileName | None = None

    def listed(self) -> list[dict[str, str]]:
        """Language and file of each."""
        return [{"language": code, "file": name} for code, name in (("es", self.es), ("en", self.en)) if name]


class Video(BaseLessonKind):
    """Done when so many percent of its seconds were watched, each second counted once.

    seconds: how long it is. speed: how much faster than real time it may be watched and still count.
    """

    kind: Literal["video"]
    file: FileName | None = None
    url: Annotated[str, Field(max_length=200), AfterValidator(_embeddable)] | None = None
    captions: Captions = Captions()
    seconds: Annotated[int, Strict(), Field(ge=1, le=36_000)]
    complete_at: Annotated[int, Strict(), Field(ge=1, le=100)] = 90
    speed: Annotated[float, Field(ge=1, le=2)] = 1

    def faults(self) -> list[str]:
        """See BaseLessonKind."""
        if (self.file is None) == (self.url is None):
            return ["a video has a `file` of the course or a `url`, one of both"]
        found = (
            [] if not self.file or self.file.endswith(FILMS) else [f"{self.file} is no {' or '.join(FILMS)}"]
        )
        return found + [
            f"{each['file']} is no .vtt"
            for each in self.captions.listed()
            if not each["file"].endswith(".vtt")
        ]

    def files(self) -> list[str]:
        """See BaseLessonKind."""
        return [*([self.file] if self.file else []), *(each["file"] for each in self.captions.listed())]

    @property
    def loads(self) -> Mapping[str, str]:
        """See BaseLessonKind."""
        place = _place(self.url) if self.url else None
        return {"frame-src": HOSTS[place[0]][1]} if place else {"media-src": "'self'"}

    def done(self, facts: Facts) -> bool:
        """See BaseLessonKind."""
        return 100 * facts.watched_ms >= self.complete_at * 1_000 * self.seconds

    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """See BaseLessonKind. position_seconds: where to go on; from the start, once it was watched to the end."""
        at_the_end = facts.position_ms >= 1_000 * self.seconds - 3_000
        position = 0 if at_the_end else facts.position_ms / 1_000
        told: dict[str, Any] = {
            "seconds": self.seconds,
            "complete_at": self.complete_at,
            "speed": self.speed,
            "position_seconds": position,
            "watched_percent": min(100, facts.watched_ms // (10 * self.seconds)),
        }
        place = _place(self.url) if self.url else None
        if place is None:
            return told | {"file": self.file, "captions": self.captions.listed()}
        host, video = place
        return told | {"host": host, "embed_url": HOSTS[host][2].format(id=video, start=int(position))}
