"""Moodle XML as a member of the family: `<quiz>` with its `<question type="…">`s, categories among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from academy.interchange import carrying
from academy.interchange.carrying import NotCarried, Source, labels, slug
from academy.interchange.format import FileUnreadable, Format, Found
from academy.interchange.html_tree import Element
from academy.interchange.markup import LOOK
from academy.interchange.moodle.kinds import KINDS
from academy.interchange.moodle.words import Here, bare, block, stem, value
from academy.interchange.moodle.writing import written
from academy.interchange.pictures import Pictures
from academy.interchange.report import Notes
from academy.interchange.xml_tree import is_xml, read_xml
from academy.questions import BaseQuestion
from plg.web.i18n import N_

ALWAYS: Final = frozenset({"name", "questiontext", "generalfeedback", "tags", "idnumber", "category", "info"})
LOOKS: Final = frozenset(
    {
        *("answernumbering", "showstandardinstruction", "shownumcorrect", "responsefieldlines", "layouttype"),
        *(
            "numberingstyle",
            "showgrading",
            "instructions",
            "unitsleft",
            "showmisplaced",
            "selecttype",
            "selectcount",
        ),
    }
)
NONE_OF_IT: Final = {
    "defaultgrade": ("1", "1.0", "1.0000000"),
    "penalty": ("0", "0.0000000"),
    "hidden": ("0",),
    "responserequired": ("1", "0"),
    "responsetemplate": (),
    "synchronize": ("0",),
    **dict.fromkeys(("minwordlimit", "maxwordlimit", "attachmentsrequired", "maxbytes"), ("0",)),
}
"""Settings, and the values of them that say nothing."""
REASONS: Final = {
    "defaultgrade": N_("every question counts the same in a draw here"),
    "penalty": N_("an attempt has one answer to a question here, so no try costs anything"),
}
USUAL: Final = frozenset(
    {
        *("Your answer is correct.", "Your answer is partially correct.", "Your answer is incorrect."),
        *("Respuesta correcta", "Respuesta parcialmente correcta.", "Respuesta incorrecta."),
        *(
            "Su respuesta es correcta.",
            "Su respuesta es parcialmente correcta.",
            "Su respuesta es incorrecta.",
        ),
    }
)
"""What Moodle puts into every question by itself."""
SETTING: Final = N_("questions here have no such setting: {value}")


def looks_so(data: bytes) -> bool:
    """Whether its root is `<quiz>`."""
    return is_xml(data, b"quiz") and b"<question" in data


def read(name: str, data: bytes, notes: Notes) -> Found:
    """See Read."""
    root = read_xml(name, data)
    if root.name != "quiz":
        raise FileUnreadable.at(f"{name}: line {root.line}", f"begins with <{root.name}>, not with <quiz>")
    pictures = Pictures()
    sources = list(_sources(root, pictures, notes))
    return Found(carrying.carry(sources, notes), len(sources), pictures.kept)


def _sources(root: Element, pictures: Pictures, notes: Notes) -> Iterator[Source]:
    category: str | None = None
    for each in root.elements():
        where = f"line {each.line}"
        if each.name != "question":
            notes.at(where).lost(f"<{each.name}>", N_("is no question"))
        elif each.get("type") == "category":
            category = slug(value(each, "category").rpartition("/")[2]) or None
        else:
            title = value(each, "idnumber") or value(each, "name")
            yield Source(where, title, partial(_made, each, category, pictures))


def _made(question: Element, category: str | None, pictures: Pictures, notes: Notes) -> dict[str, Any]:
    kind = question.get("type")
    if kind not in KINDS:
        raise NotCarried(N_("is of the type {kind}, which is not known here"), kind=kind)
    make, known = KINDS[kind]
    here = Here(notes, pictures)
    raw = make(question, here)
    raw = {"text": raw.pop("text", None) or stem(question.first("questiontext"), here)} | raw
    tags = [bare(each) for holder in question.elements("tags") for each in holder.elements("tag")]
    said = block(question.first("generalfeedback"), here)
    _rest(question, known, notes)
    return raw | labels(tags, category) | ({"feedback": said} if said else {})


def _rest(question: Element, known: frozenset[str], notes: Notes) -> None:
    """Take a note of every element that was not looked at and says something."""
    for each in question.elements():
        told = " ".join(re.sub(r"<[^<>]*>", " ", bare(each)).split())
        if each.name in ALWAYS | known or told in ("", *NONE_OF_IT.get(each.name, ())):
            continue
        what = f"<{each.name}>"
        if told in USUAL:
            notes.noted(what, N_("the page says so by itself"))
        elif each.name in LOOKS:
            notes.noted(what, LOOK)
        elif each.name in REASONS:
            notes.noted(what, REASONS[each.name])
        else:
            notes.lost(what, SETTING, value=told[:80])


def write(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> bytes:
    """See Write."""
    return written(questions, language, notes)


FORMAT: Final = Format("moodle", "Moodle XML", (".moodle.xml",), "application/xml", looks_so, read, write)
