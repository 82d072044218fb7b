"""What a course is aligned to: skills and standards of others, as `alignment:` in `course.yaml` names them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict, StringConstraints

from academy.texts import Shape, Text

Url = Annotated[str, Strict(), StringConstraints(pattern=r"^https?://[!-~]{1,1000}$")]
Line = Annotated[
    str, Strict(), StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,200}$")
]


class Alignment(Shape):
    """A skill or standard that who passed has shown: its name, the page that defines it, and, where it is one of a
    framework such as ESCO, that one's name and its code there. Badges tell it."""

    name: Text
    url: Url
    framework: Line | None = None
    code: Line | None = None
