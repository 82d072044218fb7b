"""Each of Moodle's question types as one of our kinds."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from academy.interchange import weights
from academy.interchange.carrying import WHOLE_ANSWER, NotCarried, Said
from academy.interchange.escaping import escaped
from academy.interchange.gift.carrying import RUBRIC
from academy.interchange.html_tree import Element
from academy.interchange.markup import plain_text
from academy.interchange.moodle.calculated import calculated
from academy.interchange.moodle.cloze import cloze, gap_select
from academy.interchange.moodle.words import Here, bare, feedback, line, number, value, words
from academy.interchange.weights import Weighed
from plg.web.i18n import N_

GRADINGS: Final = {
    **{
        "ALL_OR_NOTHING": "all_or_nothing",
        "-1": "all_or_nothing",
        "ABSOLUTE_POSITION": "absolute",
        "0": "absolute",
    },
    **{"RELATIVE_NEXT_EXCLUDE_LAST": "next", "1": "next"},
}


def _weight(answer: Element) -> Decimal:
    return number(answer.get("fraction", "0"), "fraction")


def _share(answer: Element) -> dict[str, str]:
    weight = _weight(answer)
    return {} if weight == 100 else {"weight": str(weight)}


def _multichoice(question: Element, here: Here) -> dict[str, Any]:
    options = [
        Weighed(line(each, here), _weight(each), feedback(each, here).get("feedback"))
        for each in question.elements("answer")
    ]
    single = value(question, "single", "true") in ("true", "1")
    made = weights.single(options, here.notes) if single else weights.multiple(options, here.notes)
    return made | ({} if value(question, "shuffleanswers", "true") in ("true", "1") else {"shuffle": False})


def _true_false(question: Element, here: Here) -> dict[str, Any]:
    sides = {bare(each).lower() == "true": each for each in question.elements("answer")}
    if set(sides) != {True, False}:
        raise NotCarried(N_("has not the two answers true and false"))
    right = _weight(sides[True]) >= _weight(sides[False])
    told = {
        name: said["feedback"]
        for name, each in (("right_feedback", sides[right]), ("wrong_feedback", sides[not right]))
        if (said := feedback(each, here))
    }
    cost = _weight(sides[not right])
    return {"kind": "true_false", "correct": right} | told | ({"wrong_weight": str(cost)} if cost < 0 else {})


def _short(question: Element, here: Here) -> dict[str, Any]:
    answers = [
        {"text": plain_text(words(each)), **_share(each), **feedback(each, here)}
        for each in question.elements("answer")
    ]
    case = {"case": True} if value(question, "usecase", "0") in ("1", "true") else {}
    return {"kind": "short_text", "answers": answers} | case


def _numerical(question: Element, here: Here) -> dict[str, Any]:
    answers, other = [], {}
    for each in question.elements("answer"):
        if bare(each) == "*":
            other = {f"other_{name}": said for name, said in feedback(each, here).items()}
            if _weight(each):
                here.notes.lost("fraction", N_("any other number earns nothing here"))
            continue
        tolerance = number(value(each, "tolerance"), "tolerance")
        told = {"tolerance": str(tolerance)} if tolerance else {}
        answers.append(
            {"value": str(number(bare(each), "answer")), **told, **_share(each), **feedback(each, here)}
        )
    return {"kind": "numeric", "answers": answers} | other | _units(question, here)


def _units(question: Element, here: Here) -> dict[str, Any]:
    """Moodle's multiplier is how many of a unit make one of the first; here a factor is the other way round."""
    listed = [each for holder in question.elements("units") for each in holder.elements("unit")]
    if not listed:
        return {}
    if value(question, "showunits", "3") == "3":
        here.notes.lost("units", N_("no unit is asked for there, so none is here"))
        return {}
    units = []
    for each in listed:
        many = number(value(each, "multiplier", "1"), "multiplier")
        factor = Decimal(1) / many if many > 0 else Decimal(1)
        told = {"factor": f"{factor.normalize():f}"} if factor != 1 else {}
        units.append({"unit": value(each, "unit_name"), **told})
    penalty = number(value(question, "unitpenalty", "0.1"), "unitpenalty") * 100
    return {"units": units} | ({} if penalty == 10 else {"unit_penalty": f"{penalty.normalize():f}"})


def _matching(question: Element, here: Here) -> dict[str, Any]:
    pairs: list[dict[str, Any]] = []
    for place, each in enumerate(question.elements("subquestion"), 1):
        left = {"left": line(each, here)} if bare(each) else {}
        right = Said(escaped(" ".join(bare(each.first("answer")).split())))
        pairs.append({"key": f"p{place}", **left, "right": right})
    return {"kind": "matching", "pairs": pairs}


def _ordering(question: Element, here: Here) -> dict[str, Any]:
    answers = sorted(question.elements("answer"), key=lambda each: number(each.get("fraction"), "fraction"))
    told = value(question, "gradingtype", "ABSOLUTE_POSITION")
    if told not in GRADINGS:
        here.notes.changed(f"gradingtype: {told}", N_("here the share of items at their place counts"))
    grading = GRADINGS.get(told, "absolute")
    items = [{"key": f"i{place}", "text": line(each, here)} for place, each in enumerate(answers, 1)]
    return {"kind": "ordering", "items": items} | ({} if grading == "absolute" else {"grading": grading})


def _essay(question: Element, here: Here) -> dict[str, Any]:
    here.notes.noted("rubric", RUBRIC)
    rubric = [{"key": "answer", "text": WHOLE_ANSWER, "points": 10}]
    if value(question, "responseformat") == "noinline":
        return {"kind": "file_upload", "rubric": rubric} | _types(question, here)
    if value(question, "attachments", "0") not in ("", "0"):
        here.notes.lost("attachments", N_("an essay has no files here"))
    return {"kind": "essay", "rubric": rubric}


def _types(question: Element, here: Here) -> dict[str, Any]:
    known = ("pdf", "png", "jpg", "txt", "csv", "docx", "xlsx", "pptx", "odt", "zip")
    told = re.findall(r"\.(\w+)", value(question, "filetypeslist"))
    strange = [each for each in told if each not in known]
    if strange:
        here.notes.lost(
            "filetypeslist", N_("these types are not taken here: {types}"), types=", ".join(strange)
        )
    kept = [each for each in known if each in told]
    return {"types": kept} if kept else {}


def _description(question: Element, here: Here) -> dict[str, Any]:
    raise NotCarried(N_("is a description without a question; put it into a lesson or a section's title"))


KINDS: Final[dict[str, tuple[Callable[[Element, Here], dict[str, Any]], frozenset[str]]]] = {
    "multichoice": (_multichoice, frozenset({"answer", "single", "shuffleanswers"})),
    "truefalse": (_true_false, frozenset({"answer"})),
    "shortanswer": (_short, frozenset({"answer", "usecase"})),
    "numerical": (
        _numerical,
        frozenset({"answer", "units", "showunits", "unitpenalty", "unitgradingtype", "unitsleft"}),
    ),
    "matching": (_matching, frozenset({"subquestion", "shuffleanswers"})),
    "ordering": (_ordering, frozenset({"answer", "gradingtype"})),
    "essay": (_essay, frozenset({"responseformat", "attachments", "filetypeslist"})),
    "cloze": (cloze, frozenset()),
    "multianswer": (cloze, frozenset()),
    "gapselect": (gap_select, frozenset({"selectoption", "shuffleanswers"})),
    "ddwtos": (gap_select, frozenset({"dragbox", "shuffleanswers"})),
    "calculated": (calculated, frozenset({"answer", "dataset_definitions", "synchronize"})),
    "calculatedsimple": (calculated, frozenset({"answer", "dataset_definitions", "synchronize"})),
    "description": (_description, frozenset()),
}
"""By Moodle's name of the type: what reads it, and the elements of its own that it looks at."""
