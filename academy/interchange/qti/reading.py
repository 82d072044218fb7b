"""One item as one question: the interaction in it, or the gaps of its text."""

from __future__ import annotations

from typing import Any, Final

from academy.interchange import markup
from academy.interchange.carrying import NotCarried, Said
from academy.interchange.html_tree import Element
from academy.interchange.markup import LOOK
from academy.interchange.qti import gaps
from academy.interchange.qti.item import NOT_ASKED, Item
from academy.interchange.qti.kinds import KINDS
from plg.web.i18n import N_

READ: Final = frozenset(
    {"responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback"}
)
LOOKS: Final = frozenset({"stylesheet", "apipAccessibility", "catalogInfo"})
GENERAL: Final = "general"
"""The identifier of feedback that everybody is shown."""


def question_of(item: Item) -> dict[str, Any]:
    """The question as authors of YAML would write it, without its key."""
    if refusal := _refusal(item.root):
        raise NotCarried(refusal)
    raw = _asked(item)
    for each in item.root.elements():
        if each.name in LOOKS:
            item.notes.noted(f"<{each.name}>", LOOK)
        elif each.name not in READ:
            item.notes.lost(f"<{each.name}>", N_("questions here have no such part"))
    return raw | _feedback(item)


def _refusal(root: Element) -> str | None:
    """Why nothing of an item is carried."""
    if root.first("templateDeclaration", "templateProcessing"):
        return N_("its parts are made anew by rules, which questions here have not")
    if root.get("adaptive") == "true":
        return N_("is adaptive: it changes with each answer, which questions here do not")
    return None


def asked_in(root: Element) -> list[tuple[Element, ...]]:
    """The interactions of an item, in groups that are questions here: each alone, fields of a text together."""
    if _refusal(root):
        return [()]
    body = root.first("itemBody") or root
    found = [
        each for each in body.within() if each.name.endswith("Interaction") and each.name not in NOT_ASKED
    ]
    fields = tuple(each for each in found if each.name in gaps.INLINE)
    return [(each,) for each in found if each.name not in gaps.INLINE] + ([fields] if fields else []) or [()]


def _asked(item: Item) -> dict[str, Any]:
    if not item.asked:
        raise NotCarried(N_("is a description without a question; put it into a lesson or a section's title"))
    first = item.asked[0]
    if len(item.asked) == 1 and first.name in KINDS:
        return KINDS[first.name](item, first)
    if first.name in gaps.INLINE:
        return gaps.fields(item, list(item.asked))
    if first.name == "gapMatchInteraction":
        return gaps.gap_match(item, first)
    raise NotCarried(N_("questions here have no {name}"), name=first.name)


def _feedback(item: Item) -> dict[str, Any]:
    """What is shown to everybody; what is shown by other rules is noted."""
    always = {
        value.words()
        for told in item.processing.elements("setOutcomeValue")
        for value in told.elements("baseValue")
    }
    said = []
    for each in item.root.elements("modalFeedback"):
        if each.get("identifier") == GENERAL and GENERAL in always:
            said.append(_words(item, each))
        else:
            item.notes.lost("<modalFeedback>", N_("questions here show nothing by rules of their own"))
    text = "\n\n".join(filter(None, said))
    return {"feedback": Said(text)} if text else {}


def _words(item: Item, holder: Element) -> str:
    return markup.block(item.cleaned(holder, lambda each: None), item.notes, item.files)
