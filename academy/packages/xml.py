"""XML of packages: without entities and document types, by the local names of its elements."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from academy.packages.archive import PackageFaulty
from plg.kit.errors import Fault

MAX_DEPTH = 60


def read_xml(name: str, content: bytes) -> Element:
    """The root. PackageFaulty where it is no XML, nested without end, or declares entities."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        told = "declares a document type or entities, which no package may"
    except (ParseError, ValueError, LookupError) as error:
        told = f"is no XML: {error}"
    else:
        if _depth(root) <= MAX_DEPTH:
            return root
        told = f"is nested deeper than {MAX_DEPTH} elements"
    raise PackageFaulty(errors=[Fault(name, told)])


def local(node: Element) -> str:
    """The element's name without its namespace."""
    return str(node.tag).rpartition("}")[2]


def attribute(node: Element, name: str) -> str:
    """The attribute of this local name, stripped; "" where there is none."""
    for each, value in node.attrib.items():
        if each.rpartition("}")[2] == name:
            return value.strip()
    return ""


def children(node: Element, *names: str) -> list[Element]:
    """The elements right inside of it with one of these names."""
    return [each for each in node if local(each) in names]


def child(node: Element | None, *path: str) -> Element | None:
    """The first element at this path."""
    for name in path:
        node = next(iter(children(node, name)), None) if node is not None else None
    return node


def within(node: Element, *names: str) -> Iterator[Element]:
    """Every element with one of these names, however deep."""
    return (each for each in node.iter() if local(each) in names)


def said(node: Element | None) -> str:
    """Its text with that of what is in it, on one line."""
    return "" if node is None else " ".join("".join(node.itertext()).split())


def _depth(root: Element) -> int:
    deepest, level = 0, [root]
    while level and deepest <= MAX_DEPTH:
        deepest, level = deepest + 1, [inner for node in level for inner in node]
    return deepest
