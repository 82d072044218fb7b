"""QTI 3 says what QTI 2 says with a prefix and hyphens: `qti-choice-interaction` is `choiceInteraction`."""

from __future__ import annotations

import re
from typing import Final

from academy.interchange.html_tree import Element
from academy.markdown import BLOCK_TAGS

PREFIX: Final = "qti-"
PLAIN: Final = BLOCK_TAGS | {"div", "span", "object", "xml"}
"""What both versions call alike: HTML."""


def as_v2(root: Element) -> Element:
    """The tree by its names in QTI 2."""
    parts = [each if isinstance(each, str) else as_v2(each) for each in root.parts]
    if not root.name.startswith(PREFIX):
        return Element(root.name, root.attributes, parts, root.line)
    attributes = {_camel(name): value for name, value in root.attributes.items()}
    return Element(_camel(root.name.removeprefix(PREFIX)), attributes, parts, root.line)


def as_v3(root: Element) -> Element:
    """The tree by its names in QTI 3."""
    parts = [each if isinstance(each, str) else as_v3(each) for each in root.parts]
    if root.name in PLAIN:
        return Element(root.name, root.attributes, parts)
    attributes = {name if ":" in name else _kebab(name): value for name, value in root.attributes.items()}
    return Element(PREFIX + _kebab(root.name), attributes, parts)


def _camel(name: str) -> str:
    return re.sub(r"-([a-z])", lambda match: match[1].upper(), name)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"-{match[1].lower()}", name)
