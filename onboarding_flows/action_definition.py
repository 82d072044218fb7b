"""Where a step leads, as people write it: a page, a tour, a video, a lesson, or a form to fill in."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, model_validator

from onboarding_flows import films
from onboarding_flows.shapes import Key, Line, LineIn, Shape, Url
from plg.people.people import NAMES

PLAYERS: Final = frozenset(
    {
        "youtube.com",
        "www.youtube.com",
        "youtu.be",
        "www.youtube-nocookie.com",
        "vimeo.com",
        "player.vimeo.com",
    }
    | {"loom.com", "www.loom.com"}
)
"""Hosts whose pages play a video; of others only the video itself is taken."""
KINDS: Final = ("url", "tour", "video", "lesson", "form")
_OF_PLG: Final = NAMES | {"email", "$email", "locale"}
"""Traits that plg reads as somebody's address, name and language."""


def _video(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname is not None:
        if films.is_file(url) or parts.hostname in PLAYERS:
            return url
    elif not parts.scheme and not parts.netloc and parts.path.startswith("/") and films.is_file(url):
        return url
    raise ValueError("must be an https:// address at YouTube, Vimeo or Loom, or of an .mp4 or .webm file")


def _captions(url: str) -> str:
    if not urlsplit(url).path.lower().endswith(".vtt"):
        raise ValueError("must be the address of a .vtt file")
    return url


def _trait(name: str) -> str:
    if name in _OF_PLG:
        raise ValueError("is not for forms to change")
    return name


Lesson = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$")]
"""`course/lesson`, the keys of both."""


class Option(Shape):
    """One of the answers to choose from; key is what is kept."""

    key: Key
    label: LineIn


class FormField(Shape):
    """A question. trait: the person's trait that the answer is kept as, too."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    label: LineIn
    kind: Literal["text", "choice", "number", "yes_no"] = "text"
    options: list[Option] = Field([], max_length=50)
    required: StrictBool = False
    trait: Annotated[Line, AfterValidator(_trait)] | None = None

    @model_validator(mode="after")
    def _choices(self) -> FormField:
        if (self.kind == "choice") != bool(self.options):
            raise ValueError("options are needed where the kind is choice, and only there")
        if len({option.key for option in self.options}) < len(self.options):
            raise ValueError("two options have the same key")
        return self


class Form(Shape):
    """Questions that do the step when they are answered."""

    fields: list[FormField] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _distinct(self) -> Form:
        if len({field.key for field in self.fields}) < len(self.fields):
            raise ValueError("two fields have the same key")
        return self


class Captions(Shape):
    """Files of captions (WebVTT) for a video's file, by language. Browsers take them from the page's own host."""

    es: Annotated[Url, AfterValidator(_captions)] | None = None
    en: Annotated[Url, AfterValidator(_captions)] | None = None

    def address(self, language: str) -> str | None:
        """Those in the language, else in the other one."""
        return (self.es or self.en) if language == "es" else (self.en or self.es)


class Action(Shape):
    """Where it leads, one of: a page of the product or another address (url), a short tour (the key of its flow), a
    video, a lesson of the academy, a form."""

    label: LineIn
    url: Url | None = None
    tour: Key | None = None
    video: Annotated[Url, AfterValidator(_video)] | None = None
    captions: Captions = Captions()
    lesson: Lesson | None = None
    form: Form | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Action:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"needs one of {', '.join(KINDS)}")
        if self.captions != Captions() and not (self.video and films.is_file(self.video)):
            raise ValueError("captions are for videos that are a file")
        return self
