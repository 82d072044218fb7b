"""XML of strangers as a tree: no document types, no entities, nothing from outside, bounded in depth and number."""

from __future__ import annotations

from typing import Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

import defusedxml.sax
from defusedxml.common import DefusedXmlException

from academy.interchange.format import FileUnreadable
from academy.interchange.html_tree import MAX_DEPTH, Element

MAX_ELEMENTS: Final = 200_000


class _TooMuchError(ValueError):
    """Deeper or longer than any file that people make."""


def read_xml(name: str, data: bytes) -> Element:
    """The root of a document; FileUnreadable names the line. name: of the file."""
    handler = _Handler()
    try:
        defusedxml.sax.parseString(data.strip(), handler, forbid_dtd=True)
    except SAXParseException as error:
        place = f"{name}: line {error.getLineNumber()}"
        raise FileUnreadable.at(place, f"is no XML: {error.getMessage()}") from error
    except DefusedXmlException as error:
        raise FileUnreadable.at(
            f"{name}: line {handler.line}", "declares a document type or entities"
        ) from error
    except (_TooMuchError, ValueError, LookupError, UnicodeError) as error:
        raise FileUnreadable.at(f"{name}: line {handler.line}", str(error)) from error
    if handler.root is None:
        raise FileUnreadable.at(f"{name}: line 1", "holds no element")
    return handler.root


def is_xml(data: bytes, *roots: bytes) -> bool:
    """Whether it begins as XML and one of these elements stands near the beginning."""
    start = data[:4_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") and any(b"<" + root in start or b":" + root in start for root in roots)


class _Handler(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0

    @property
    def line(self) -> int:
        locator = getattr(self, "_locator", None)
        return (locator.getLineNumber() if locator else None) or 1

    def startElement(self, name: str, attributes: AttributesImpl) -> None:  # noqa: N802
        self.count += 1
        if self.count > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise _TooMuchError(f"has more than {MAX_ELEMENTS:,} elements, or nests deeper than {MAX_DEPTH}")
        told = {
            key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith("xmlns")
        }
        new = Element(name.rpartition(":")[2], told, line=self.line)
        if self.open:
            self.open[-1].parts.append(new)
        else:
            self.root = new
        self.open.append(new)

    def endElement(self, name: str) -> None:  # noqa: N802
        self.open.pop()

    def characters(self, content: str) -> None:
        parts = self.open[-1].parts
        if parts and isinstance(parts[-1], str):
            parts[-1] += content
        else:
            parts.append(content)
