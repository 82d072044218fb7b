"""The same questions in two files, one a language, as questions that speak both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from academy.interchange.carrying import QUESTION, SHAPE, Said, Unlike, faults_of, in_both
from academy.interchange.format import FileUnreadable, Reading
from academy.interchange.report import Note, Notes
from academy.questions import BaseQuestion


def joined(es: Reading, en: Reading, name: str) -> Reading:
    """The questions of both files, each with its words in both languages; they stand in the same order.

    name: of the English file. FileUnreadable where it has another number of questions; a question that differs in
    more than words is noted, and left out.
    """
    if len(es.questions) != len(en.questions):
        raise FileUnreadable.at(
            name, f"has {len(en.questions)} questions, and the Spanish file has {len(es.questions)}"
        )
    notes = Notes()
    found = []
    for one, other in zip(es.questions, en.questions, strict=True):
        here = notes.at(f"{name}: {other.key}")
        try:
            found.append(SHAPE.validate_python(in_both(_said(one), _said(other) | {"key": one.key})))
        except Unlike as error:
            here.lost(QUESTION, str(error))
        except ValidationError as error:
            for _place, message in faults_of(error):
                here.lost(QUESTION, message)
    told = [Note(n.outcome, f"{name}: {n.where}", n.what, n.reason, n.values) for n in en.report.notes]
    report = replace(es.report, carried=len(found), notes=(*es.report.notes, *told, *notes.listed))
    return Reading(tuple(found), report, {**es.files, **en.files})


def _said(question: BaseQuestion) -> dict[str, Any]:
    """As authors of YAML would write it, what is the same in both languages as words of one."""
    plain: dict[str, Any] = _alone(question.model_dump(exclude_none=True, exclude_defaults=True))
    return plain


def _alone(part: Any) -> Any:
    if isinstance(part, dict):
        if part.keys() == {"es", "en"} and part["es"] == part["en"]:
            return Said(part["es"])
        return {name: _alone(value) for name, value in part.items()}
    return [_alone(each) for each in part] if isinstance(part, list | tuple) else part
