"""Hot spot: one place of a picture. Every place has a name, so that nobody needs to see or point."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict, StringConstraints

from academy.questions.choice import Option
from academy.questions.kind import Say
from academy.questions.single import SingleChoice
from academy.texts import Shape, Text

Pixels = Annotated[int, Strict(), Field(ge=0, le=10_000)]
Picture = Annotated[
    str,
    Strict(),
    StringConstraints(
        pattern=r"^data:image/(png|jpeg|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$", max_length=400_000
    ),
]
"""The picture itself, as a data URI: it belongs to the version like every other part of a question."""


class Region(Option):
    """A named rectangle of the picture, in its own units."""

    x: Pixels
    y: Pixels
    width: Annotated[Pixels, Field(ge=1)]
    height: Annotated[Pixels, Field(ge=1)]


class Image(Shape):
    """A picture; `alt` says what is on it without giving the answer away."""

    src: Picture
    width: Annotated[Pixels, Field(ge=1)]
    height: Annotated[Pixels, Field(ge=1)]
    alt: Text


class HotSpot(SingleChoice):
    """A single choice among the regions of a picture: by their names, or where a script runs, by pointing."""

    kind: Literal["hot_spot"]  # type: ignore[assignment]
    image: Image
    options: Annotated[tuple[Region, ...], Field(min_length=2, max_length=20, alias="regions")]

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `image`."""
        return {**super().texts(), "image": self.image.alt}

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion; with the picture and where the regions are on it."""
        page = super().shown(order, say)
        regions = {region.key: region for region in self.options}
        for key, option in zip(order, page["options"], strict=True):
            region = regions[key]
            option["area"] = [region.x, region.y, region.width, region.height]
        picture = {"src": self.image.src, "width": self.image.width, "height": self.image.height}
        return page | {"image": picture | {"alt_html": say("image")}}
