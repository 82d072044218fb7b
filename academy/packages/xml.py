"""XML of packages, as the interchange family reads it: without entities and document types, by local names."""

from __future__ import annotations

from academy.interchange.format import FileUnreadable
from academy.interchange.html_tree import Element
from academy.interchange.xml_tree import read_xml as read_tree
from academy.packages.archive import PackageFaulty


def read_xml(name: str, content: bytes) -> Element:
    """The root. PackageFaulty where it is no XML, nested without end, or declares entities."""
    try:
        return read_tree(name, content)
    except FileUnreadable as refusal:
        raise PackageFaulty(errors=refusal.errors) from refusal


def attribute(node: Element, name: str) -> str:
    """The attribute of this local name, stripped; "" where there is none."""
    return node.get(name).strip()


def child(node: Element | None, *path: str) -> Element | None:
    """The first element at this path."""
    for name in path:
        node = node.first(name) if node is not None else None
    return node


def said(node: Element | None) -> str:
    """Its text with that of what is in it, on one line."""
    return "" if node is None else node.words()
