"""Passes: signed addresses of content, each for one launch of one person, that end by themselves.

Whoever has the address has what it leads to, as content can show no cookie: it runs where there are none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from academy.schemas import CourseFile
from plg.kit.errors import NotFound

LASTS_SECONDS: Final = 12 * 3_600
PREVIEW: Final = 0
"""Stands for the enrolment of a preview, of which nothing is kept."""


class PassOver(NotFound):
    """An address of content that is none, or is over: the lesson gives a new one."""


@dataclass(frozen=True)
class Pass:
    """What an address leads to: the package, and whose run of which lesson is written."""

    digest: str
    size: int
    enrolment_id: int
    lesson_key: str
    launch: int

    @property
    def about(self) -> CourseFile:
        """The package as a file of a course."""
        return CourseFile(digest=self.digest, size=self.size)


def sign(found: Pass) -> str:
    """As a part of an address."""
    return str(_signer().dumps(list(asdict(found).values())))


def read(signed: str) -> Pass:
    """The pass of an address; PassOver where it is none, or too old."""
    try:
        digest, size, enrolment_id, lesson_key, launch = _signer().loads(signed, max_age=LASTS_SECONDS)
    except (BadSignature, ValueError, TypeError):
        raise PassOver("This address is over. Open the lesson again.") from None
    return Pass(digest, size, enrolment_id, lesson_key, launch)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="plg course content")
