"""An item as it is told: its responses with what is right, its body, the texts in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from academy.interchange import markup
from academy.interchange.carrying import NotCarried, Said
from academy.interchange.html_tree import Element
from academy.interchange.markup import Files
from academy.interchange.report import Notes
from plg.web.i18n import N_

SHOWN_BY_RULE: Final = frozenset(
    {"feedbackBlock", "feedbackInline", "templateBlock", "templateInline", "printedVariable", "modalFeedback"}
)
NOT_ASKED: Final = frozenset({"mediaInteraction", "endAttemptInteraction"})
"""Interactions that ask nothing."""
OPEN, CLOSE = "\ue200", "\ue201"
"""A gap while its text becomes Markdown."""


@dataclass(frozen=True)
class Mapping:
    """What values earn. upper: at most, together."""

    entries: dict[str, Decimal]
    cased: bool
    default: Decimal
    upper: Decimal | None


@dataclass(frozen=True)
class Response:
    """What a response may be: cardinality (single, multiple, ordered, record), baseType, the correct values."""

    name: str
    cardinality: str
    base: str
    correct: tuple[str, ...]
    mapping: Mapping | None


@dataclass
class Item:
    """root: in the names of QTI 2; files: where its pictures are found; bring: a file that it points to; asked: the
    interactions that make the question."""

    name: str
    root: Element
    notes: Notes
    files: Files
    bring: Callable[[str], bytes | None]
    asked: tuple[Element, ...]
    responses: dict[str, Response] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.root.elements("responseDeclaration"):
            self.responses[each.get("identifier")] = _response(each)

    @property
    def body(self) -> Element:
        """What the learner sees."""
        return self.root.first("itemBody") or Element("itemBody")

    @property
    def processing(self) -> Element:
        """How it is scored."""
        return self.root.first("responseProcessing") or Element("responseProcessing")

    def outcome(self, name: str) -> Decimal:
        """What an outcome is at first."""
        for each in self.root.elements("outcomeDeclaration"):
            told = each.first("defaultValue")
            if each.get("identifier") == name and told:
                return number(told.words())
        return Decimal(1)

    def response(self, interaction: Element) -> Response:
        """What an interaction gives."""
        found = self.responses.get(interaction.get("responseIdentifier"))
        if found is None:
            raise NotCarried(N_("an interaction names no declared response"))
        return found

    def stem(self, replaced: Callable[[Element], Element | str | None]) -> Said:
        """The body as Markdown. replaced: what stands instead of an element; None where it stands as it is."""
        text = markup.block(self.cleaned(self.body, replaced), self.notes, self.files)
        if not text:
            raise NotCarried(N_("has a text without words"))
        return Said(re.sub(f"{OPEN}([a-z0-9]+){CLOSE}", r"[[\1]]", text))

    def cleaned(self, root: Element, replaced: Callable[[Element], Element | str | None]) -> Element:
        """The tree without what only rules or others than learners are shown."""
        return Element(root.name, root.attributes, list(self._parts(root, replaced)), root.line)

    def _parts(
        self, root: Element, replaced: Callable[[Element], Element | str | None]
    ) -> Iterator[Element | str]:
        for each in root.parts:
            if isinstance(each, str):
                yield each
            elif (other := replaced(each)) is not None:
                yield other
            elif each.name.endswith("Interaction") and not any(each is asked for asked in self.asked):
                if each.name in NOT_ASKED:
                    self.notes.lost(f"<{each.name}>", N_("questions here cannot hold it"))
            elif each.name in SHOWN_BY_RULE:
                self.notes.lost(f"<{each.name}>", N_("questions here show nothing by rules of their own"))
            elif each.name == "rubricBlock" and "candidate" not in each.get("view", "candidate"):
                self.notes.lost("<rubricBlock>", N_("it is not for learners"))
            elif each.name in ("rubricBlock", "contentBody", "prompt", "hottextInteraction"):
                yield self.cleaned(Element("div", {}, each.parts, each.line), replaced)
            else:
                yield self.cleaned(each, replaced)

    def line(self, holder: Element) -> Said:
        """The words of a choice."""
        text = markup.line(self.cleaned(Element("div", {}, holder.parts), lambda each: None), self.notes)
        if not text:
            raise NotCarried(N_("has a text without words"))
        return Said(text)


def prompt(interaction: Element, *more: Element | str) -> Element:
    """What stands in the text where an interaction was: its prompt, and more."""
    asked = interaction.first("prompt")
    return Element(
        "div", {}, [*([Element("div", {}, asked.parts)] if asked else []), *more], interaction.line
    )


def gap(key: str) -> str:
    """The mark of a gap."""
    return f"{OPEN}{key}{CLOSE}"


def number(text: str) -> Decimal:
    """A number of a file; NotCarried where it is none."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 25:
        raise NotCarried(N_("{text} is no number"), text=text.strip()[:40])
    return found


def _response(told: Element) -> Response:
    correct = told.first("correctResponse")
    values = tuple(each.words() for each in correct.elements("value")) if correct else ()
    mapping = told.first("mapping")
    return Response(
        told.get("identifier"),
        told.get("cardinality", "single"),
        told.get("baseType", "identifier"),
        values,
        _mapping(mapping) if mapping else None,
    )


def _mapping(told: Element) -> Mapping:
    entries = told.elements("mapEntry")
    upper = told.get("upperBound")
    return Mapping(
        {" ".join(each.get("mapKey").split()): number(each.get("mappedValue", "0")) for each in entries},
        any(each.get("caseSensitive", "true") != "false" for each in entries),
        number(told.get("defaultValue", "0")),
        number(upper) if upper else None,
    )
