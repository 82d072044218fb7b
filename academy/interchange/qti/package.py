"""QTI as files: an item alone, or a package with its manifest, whose tests tell order and sections."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from academy.interchange import carrying
from academy.interchange.carrying import Source, labels, slug
from academy.interchange.format import FileUnreadable, Found
from academy.interchange.html_tree import Element
from academy.interchange.pictures import Pictures
from academy.interchange.qti.item import Item
from academy.interchange.qti.names import as_v2
from academy.interchange.qti.reading import asked_in, question_of
from academy.interchange.report import Notes
from academy.interchange.xml_tree import read_xml
from academy.packages.archive import Archive, PackageFaulty, target
from plg.kit.errors import Fault
from plg.web.i18n import N_

MANIFEST: Final = "imsmanifest.xml"
NOT_ITEMS: Final = ("imsqti_test", "imsqti_section", "imsqti_stimulus", "webcontent", "imsqti_rptemplate")


@dataclass(frozen=True)
class Told:
    """An item of a package: its file, and the tags that its section and its metadata give it."""

    href: str
    tags: tuple[str, ...]


def read(name: str, data: bytes, notes: Notes) -> Found:
    """See Read."""
    pictures = Pictures()
    if not data.startswith(b"PK"):
        root = as_v2(read_xml(name, data))
        if root.name != "assessmentItem":
            raise FileUnreadable.at(
                f"{name}: line {root.line}", f"begins with <{root.name}>, not with an item"
            )
        sources = _sources(name, root, (), pictures, lambda href: None)
        return Found(carrying.carry(sources, notes), len(sources), pictures.kept)
    try:
        with Archive(io.BytesIO(data)) as archive:
            sources = [
                each for told in _listed(name, archive, notes) for each in _packed(archive, told, pictures)
            ]
            return Found(carrying.carry(sources, notes), len(sources), pictures.kept)
    except PackageFaulty as refusal:
        places = [Fault(": ".join(filter(None, (name, each.field))), each.message) for each in refusal.errors]
        raise FileUnreadable(errors=places or [Fault(name, refusal.detail)]) from refusal


def _packed(archive: Archive, told: Told, pictures: Pictures) -> list[Source]:
    """The questions of an item; what is wrong with its file is noted when it is read."""
    try:
        root = as_v2(read_xml(told.href, archive.read(told.href)))
    except (FileUnreadable, PackageFaulty) as refusal:
        why = "; ".join(f"{each.field}: {each.message}" for each in refusal.errors)
        return [Source(told.href, told.href, partial(_broken, why))]
    return _sources(told.href, root, told.tags, pictures, partial(_bring, archive, told.href))


def _broken(why: str, notes: Notes) -> dict[str, Any]:
    raise carrying.NotCarried(N_("its file cannot be read: {why}"), why=why)


def _bring(archive: Archive, base: str, href: str) -> bytes | None:
    found = target(base, href)
    return archive.read(found) if found and found in archive else None


def _sources(
    href: str, root: Element, tags: tuple[str, ...], pictures: Pictures, bring: Callable[[str], bytes | None]
) -> list[Source]:
    groups = asked_in(root)

    def made(asked: tuple[Element, ...], notes: Notes) -> dict[str, Any]:
        if root.name != "assessmentItem":
            raise carrying.NotCarried(N_("is no item: it begins with <{name}>"), name=root.name)
        if len(groups) > 1:
            notes.changed("assessmentItem", N_("asks several things; each is a question of its own here"))
        return question_of(Item(href, root, notes, pictures.among(bring), bring, asked)) | labels(tags)

    name = root.get("label") or root.get("identifier") or root.get("title")
    if len(groups) == 1:
        return [Source(href, name, partial(made, groups[0]))]
    return [
        Source(f"{href} ({place})", f"{name} {place}", partial(made, asked))
        for place, asked in enumerate(groups, 1)
    ]


def _listed(name: str, archive: Archive, notes: Notes) -> Iterator[Told]:
    """The items in the order of the tests, then those of none."""
    if MANIFEST not in archive:
        raise FileUnreadable.at(name, f"has no {MANIFEST}")
    manifest = read_xml(MANIFEST, archive.read(MANIFEST))
    resources = [each for holder in manifest.elements("resources") for each in holder.elements("resource")]
    items = {
        href: Told(href, _tags(each))
        for each in resources
        if "item" in each.get("type") and (href := target("", each.get("href"))) and href in archive
    }
    for each in resources:
        _missing(each, items, archive, notes)
    taken: set[str] = set()
    for each in resources:
        href = target("", each.get("href"))
        if "imsqti_test" in each.get("type") and href and href in archive:
            for told in _in_test(href, archive, items, notes):
                if told.href not in taken:
                    taken.add(told.href)
                    yield told
    yield from (told for href, told in items.items() if href not in taken)


def _missing(resource: Element, items: Mapping[str, Told], archive: Archive, notes: Notes) -> None:
    kind, href = resource.get("type"), resource.get("href")
    if "item" in kind and target("", href) not in items:
        notes.at(MANIFEST).lost(href or resource.get("identifier"), N_("its file is not in what was given"))
    elif "item" not in kind and not kind.startswith(NOT_ITEMS):
        notes.at(MANIFEST).lost(kind, N_("is no question"))


def _in_test(href: str, archive: Archive, items: Mapping[str, Told], notes: Notes) -> Iterator[Told]:
    """The items of a test, each tagged with its section's title."""
    here = notes.at(href)
    try:
        root = as_v2(read_xml(href, archive.read(href)))
    except FileUnreadable as refusal:
        here.lost("assessmentTest", refusal.detail)
        return
    for rule in (
        "preCondition",
        "branchRule",
        "timeLimits",
        "outcomeProcessing",
        "testFeedback",
        "selection",
    ):
        if next(root.within(rule), None):
            here.lost(f"<{rule}>", N_("only the order and the sections of a test are carried"))
    sections = list(root.within("assessmentSection"))
    for section in sections:
        tag = slug(section.get("title")) if len(sections) > 1 else ""
        for each in section.elements("assessmentItemRef"):
            found = target(href, each.get("href"))
            if found in items:
                told = items[str(found)]
                yield replace(told, tags=tuple(dict.fromkeys(filter(None, (*told.tags, tag)))))
            else:
                here.lost(each.get("href"), N_("its file is not in what was given"))
    if len(sections) > 1:
        here.noted("<assessmentSection>", N_("its title is a tag of its questions"))


def _tags(resource: Element) -> tuple[str, ...]:
    """The keywords of a resource's metadata."""
    return tuple(dict.fromkeys(each.words() for each in resource.within("keyword") if each.words()))


def manifest_of(data: bytes) -> bytes | None:
    """The manifest of a package, as bytes; None where it is none."""
    if not data.startswith(b"PK"):
        return None
    try:
        with Archive(io.BytesIO(data)) as archive:
            return archive.read(MANIFEST) if MANIFEST in archive else None
    except PackageFaulty:
        return None
