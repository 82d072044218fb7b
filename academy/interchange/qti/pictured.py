"""A place of a picture, whose shapes become rectangles with names."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import Any, Final

from academy.interchange.carrying import NotCarried, Said
from academy.interchange.escaping import escaped
from academy.interchange.html_tree import Element
from academy.interchange.pictures import STARTS
from academy.interchange.qti.item import Item, number, prompt
from academy.interchange.qti.scoring import marks_of, percent
from academy.interchange.weights import five
from plg.web.i18n import N_

MAX_PICTURE: Final = 290_000
MEDIA: Final = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}
SVG: Final = re.compile(rb"\s*<(\?xml|svg|!--)")


def hot_spot(item: Item, interaction: Element) -> dict[str, Any]:
    """One of the places; several at once are none here."""
    response = item.response(interaction)
    if response.cardinality != "single":
        raise NotCarried(N_("several places are chosen; here it is one"))
    picture = interaction.first("object", "img")
    if picture is None:
        raise NotCarried(N_("has no picture"))
    marks = marks_of(item, response)
    regions = []
    for place, each in enumerate(interaction.elements("hotspotChoice"), 1):
        share = percent(marks.values.get(each.get("identifier"), marks.default), marks.best)
        weight = {"weight": str(five(share))} if share not in (0, 100) else {}
        correct = {"correct": True} if share == 100 else {}
        regions.append(
            {"key": f"o{place}", "text": _name(item, each, place)} | correct | weight | _rectangle(item, each)
        )
    text = item.stem(lambda each: prompt(each) if each is interaction else None)
    return {"kind": "hot_spot", "text": text, "image": _image(item, picture), "regions": regions}


def _name(item: Item, told: Element, place: int) -> Any:
    label = " ".join(told.get("hotspotLabel").split())
    if label:
        return Said(escaped(label))
    item.notes.changed("<hotspotChoice>", N_("places need names here; it got a number"))
    return {"es": f"Lugar {place}", "en": f"Place {place}"}


def _rectangle(item: Item, told: Element) -> dict[str, int]:
    shape = told.get("shape")
    at = [number(each.rstrip("%")) for each in told.get("coords").split(",")]
    if shape == "rect" and len(at) == 4:
        left, top, right, bottom = at
    elif shape in ("circle", "ellipse") and len(at) in (3, 4):
        item.notes.changed(f"shape: {shape}", N_("places are rectangles here; it got the one around it"))
        left, top, right, bottom = at[0] - at[2], at[1] - at[-1], at[0] + at[2], at[1] + at[-1]
    elif shape == "poly" and len(at) >= 6:
        item.notes.changed(f"shape: {shape}", N_("places are rectangles here; it got the one around it"))
        left, top, right, bottom = min(at[::2]), min(at[1::2]), max(at[::2]), max(at[1::2])
    else:
        raise NotCarried(N_("a place has a shape that is not known: {shape}"), shape=shape)
    x, y = max(Decimal(0), left), max(Decimal(0), top)
    return {"x": int(x), "y": int(y), "width": int(right - x), "height": int(bottom - y)}


def _image(item: Item, told: Element) -> dict[str, Any]:
    source = told.get("data") or told.get("src")
    content = item.bring(source)
    ending = next((each for each, start in {**STARTS, "svg": SVG}.items() if start.match(content or b"")), "")
    if content is None or ending not in MEDIA or len(content) > MAX_PICTURE:
        raise NotCarried(
            N_("its picture {name} is not at hand, not a PNG, JPEG, WebP or SVG, or larger than 290 KB"),
            name=source,
        )
    data = f"data:{MEDIA[ending]};base64,{base64.b64encode(content).decode()}"
    words = " ".join((told.get("alt") or told.words()).split())
    alt: Any = Said(escaped(words)) if words else {"es": "Imagen", "en": "Picture"}
    if not told.get("width") or not told.get("height"):
        raise NotCarried(N_("its picture tells no width and height"))
    size = {name: int(number(told.get(name).removesuffix("px"))) for name in ("width", "height")}
    return {"src": data, "alt": alt, **size}
