"""What every writer of an item makes: its responses, its body, how it is scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from academy.interchange.html_tree import Element, element, read_html
from academy.interchange.qti.rules import told
from academy.interchange.saying import said
from academy.markdown import block_html, inline_html
from academy.texts import Text

RESPONSE: Final = "RESPONSE"


@dataclass
class Parts:
    """What makes an item. responses: their declarations; body: what it shows; rules: how it is scored; template: of
    QTI, where no rules are needed; files: pictures, by their address from the item."""

    responses: list[Element]
    body: list[Element | str]
    template: str = ""
    rules: list[Element] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    feedback_of_choice: bool = False


def html(text: Text | None, language: str) -> list[Element | str]:
    """A text as parts of a body."""
    return _plain(block_html(said(text, language)))


def line(text: Text | None, language: str) -> list[Element | str]:
    """A text of one line."""
    return _plain(inline_html(said(text, language)))


def _plain(page: str) -> list[Element | str]:
    """Links without `rel`, which our pages have and QTI has not."""
    root = read_html(page)
    for each in root.within("a"):
        each.attributes.pop("rel", None)
    return list(root.parts)


def declared(
    cardinality: str,
    base: str,
    correct: Sequence[str],
    mapped: dict[str, Decimal] | None = None,
    *,
    name: str = RESPONSE,
    cased: bool = True,
) -> Element:
    """A response. mapped: what values earn, 1 is the whole mark."""
    parts: list[Element] = []
    if correct:
        parts.append(element("correctResponse", *(element("value", each) for each in correct)))
    if mapped is not None:
        case = {} if cased else {"caseSensitive": "false"}
        entries = [
            element("mapEntry", mapKey=key, mappedValue=told(points), **case)
            for key, points in mapped.items()
        ]
        parts.append(element("mapping", *entries, upperBound="1", defaultValue="0"))
    return element("responseDeclaration", *parts, identifier=name, cardinality=cardinality, baseType=base)
