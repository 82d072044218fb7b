"""`imsmanifest.xml`: what a package calls itself, its tree of items, and the files behind them.

After IMS Content Packaging 1.1, as Common Cartridge 1.1 to 1.3 and SCORM 1.2 use it. Elements are known by their
local names, since each version has a namespace of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from academy.interchange.html_tree import Element
from academy.packages.archive import Archive, PackageFaulty, target
from academy.packages.xml import attribute, child, read_xml, said
from plg.kit.errors import Fault

NAME: Final = "imsmanifest.xml"
CARTRIDGES: Final = ("1.0", "1.1", "1.2", "1.3")
READ: Final = frozenset(
    ("metadata", "schema", "schemaversion", "lom", "general", "title", "description", "string", "langstring")
    + ("organizations", "organization", "item", "resources", "resource", "file", "dependency")
    + ("prerequisites", "maxtimeallowed", "timelimitaction", "datafromlms", "masteryscore")
)
"""Elements that mean something to a course."""
_SPACE: Final = re.compile(rb"""xmlns(?::[\w.-]+)?\s*=\s*["']([\x20-\x7e]{1,300}?)["']""")
Format = Literal["common_cartridge", "scorm_1_2", "questions"]


@dataclass(frozen=True)
class Resource:
    """key: its identifier; href: the file that is opened, if it says one; files: all that belong to it; told:
    its address as the manifest wrote it, for reports."""

    key: str
    type: str
    href: str | None
    files: tuple[str, ...]
    is_sco: bool
    told: str


@dataclass(frozen=True)
class Item:
    """A place in the tree. resource: the key of what it shows. rules: what SCORM says of it, by element name."""

    title: str
    resource: str
    items: tuple[Item, ...]
    rules: dict[str, str]
    parameters: str = ""


@dataclass(frozen=True)
class Manifest:
    """format, version: what it is. All names of files count from the package's root. unread: elements of it that no
    course has a place for, each with how often."""

    format: Format
    version: str
    title: str
    summary: str
    items: tuple[Item, ...]
    resources: dict[str, Resource]
    unread: dict[str, int]

    def leaves(self) -> Iterator[tuple[tuple[str, ...], Item]]:
        """Every item that shows something, in its order, with the titles of those around it."""
        yield from _leaves(self.items, ())


def read(archive: Archive) -> Manifest:
    """The manifest of the package. PackageFaulty where there is none, or it says what no course can be."""
    name = next((each for each in archive.names if each.lower() == NAME), None)
    if name is None:
        raise PackageFaulty(errors=[Fault(NAME, "is missing at the top of the package")])
    content = archive.read(name)
    root = read_xml(name, content)
    if root.name != "manifest":
        raise PackageFaulty(errors=[Fault(name, "has no <manifest>")])
    form, version = _format(root, " ".join(map(bytes.decode, _SPACE.findall(content))))
    organization = _organization(root)
    items = [_item(each) for each in organization.elements("item")] if organization is not None else []
    title = _about(root, "title") or (said(child(organization, "title")) if organization is not None else "")
    if form == "common_cartridge" and len(items) == 1 and not items[0].resource:
        title, items = title or items[0].title, list(items[0].items)
    return Manifest(
        form, version, title, _about(root, "description"), tuple(items), dict(_resources(root)), _unread(root)
    )


def _format(root: Element, spaces: str) -> tuple[Format, str]:
    """spaces: the namespaces that it names."""
    schema = said(child(root, "metadata", "schema"))
    version = said(child(root, "metadata", "schemaversion"))
    if "common cartridge" in schema.lower() or "imsccv1" in spaces:
        number = re.match(r"\d+\.\d+", version)
        if number is None or number[0] not in CARTRIDGES:
            raise PackageFaulty(errors=[Fault(NAME, f"is Common Cartridge {version or 'of no version'}")])
        return "common_cartridge", number[0]
    if "2004" in version or "CAM" in version or "adlcp_v1p3" in spaces or "adlseq_v1p3" in spaces:
        told = f"is SCORM {version or '2004'}: SCORM 2004 is not run here; export the package as SCORM 1.2"
        raise PackageFaulty(errors=[Fault(NAME, told)])
    if "scorm" in schema.lower() or "adlcp_rootv1p2" in spaces:
        if version and not version.startswith("1.2"):
            raise PackageFaulty(errors=[Fault(NAME, f"is SCORM {version}, and only 1.2 is run here")])
        return "scorm_1_2", "1.2"
    if any("imsqti" in attribute(each, "type") for each in _resource_nodes(root)):
        return "questions", version
    raise PackageFaulty(errors=[Fault(NAME, "is neither a Common Cartridge nor a SCORM package")])


def _organization(root: Element) -> Element | None:
    """The default one, else the first."""
    around = child(root, "organizations")
    if around is None:
        return None
    wanted, listed = attribute(around, "default"), around.elements("organization")
    return next(
        (each for each in listed if attribute(each, "identifier") == wanted), next(iter(listed), None)
    )


def _item(node: Element) -> Item:
    rules = {
        name: said(child(node, name))
        for name in ("prerequisites", "maxtimeallowed", "timelimitaction", "datafromlms", "masteryscore")
        if said(child(node, name))
    }
    return Item(
        title=said(child(node, "title")),
        resource=attribute(node, "identifierref"),
        items=tuple(_item(each) for each in node.elements("item")),
        rules=rules,
        parameters=attribute(node, "parameters"),
    )


def _resource_nodes(root: Element) -> list[Element]:
    around = child(root, "resources")
    return [] if around is None else around.elements("resource")


def _resources(root: Element) -> Iterator[tuple[str, Resource]]:
    around = child(root, "resources")
    base = attribute(root, "base") + (attribute(around, "base") if around is not None else "")
    for node in _resource_nodes(root):
        here = base + attribute(node, "base")
        told = attribute(node, "href")
        hrefs = [attribute(each, "href") for each in node.elements("file")]
        files = [found for href in hrefs if (found := target(here, href))]
        key = attribute(node, "identifier")
        yield (
            key,
            Resource(
                key=key,
                type=attribute(node, "type").lower(),
                href=target(here, told) if told else None,
                files=tuple(files),
                is_sco=attribute(node, "scormtype").lower() == "sco",
                told=told or (hrefs[0] if hrefs else ""),
            ),
        )


def _about(root: Element, what: str) -> str:
    """The title or description in the metadata (LOM)."""
    general = child(root, "metadata", "lom", "general")
    told = child(general, what)
    return "" if told is None else said(next(iter(told.elements()), told))


def _unread(root: Element) -> dict[str, int]:
    """Elements that are not read, by name; what is inside of them is counted with them."""
    found: dict[str, int] = {}
    waiting = root.elements()
    while waiting:
        node = waiting.pop()
        name = node.name
        if name in READ:
            waiting += node.elements()
        else:
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _leaves(items: tuple[Item, ...], around: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Item]]:
    for item in items:
        if item.resource:
            yield around, item
        yield from _leaves(item.items, (*around, item.title) if item.title else around)
