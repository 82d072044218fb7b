"""Questions of ours as Moodle XML, their texts in its own format `markdown`, their keys as `<idnumber>`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from academy.interchange.carrying import NotCarried
from academy.interchange.html_tree import Element, element, xml
from academy.interchange.moodle.calculated import TOLERANCES
from academy.interchange.report import Notes
from academy.interchange.saying import as_matching, plain, said, written_of
from academy.interchange.weights import FIVE
from academy.markdown import inline_html
from academy.questions import BaseQuestion, FileUpload
from academy.questions.calculated import Calculated
from academy.questions.categorise import Categorise
from academy.questions.choice import ChoiceQuestion
from academy.questions.cloze import MARK, ChoiceGap, Cloze, NumberGap, TextGap
from academy.questions.essay import Essay
from academy.questions.matching import Matching
from academy.questions.multiple import MultipleChoice
from academy.questions.numbers import AcceptedNumber
from academy.questions.numbers import written as number
from academy.questions.numeric import Numeric
from academy.questions.ordering import Ordering
from academy.questions.short_text import ShortText
from academy.questions.single import SingleChoice
from academy.questions.true_false import TrueFalse
from academy.texts import Text
from plg.web.i18n import N_

Parts = tuple[str, str | None, list[Element]]
"""Moodle's type, its text where it is another than ours, and the elements of the type's own."""
GRADINGS: Final = {
    "absolute": "ABSOLUTE_POSITION",
    "next": "RELATIVE_NEXT_EXCLUDE_LAST",
    "all_or_nothing": "ALL_OR_NOTHING",
}
NO_RUBRIC: Final = N_("this format has none")


def written(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> bytes:
    """The questions that Moodle has."""
    found = written_of(questions, WRITERS, language, notes)
    root = element("quiz", *(_question(question, parts, language) for question, parts in found))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml(root).encode()


def _question(question: BaseQuestion, parts: Parts, language: str) -> Element:
    kind, text, own = parts
    tags = [*question.tags, *([f"difficulty-{question.difficulty}"] if question.difficulty else [])]
    return element(
        "question",
        element("name", _text(question.key)),
        _markdown("questiontext", said(question.text, language) if text is None else text),
        _markdown("generalfeedback", said(question.feedback, language)),
        element("defaultgrade", "1"),
        element("penalty", "0"),
        element("hidden", "0"),
        element("idnumber", question.key),
        *own,
        *([element("tags", *(element("tag", _text(tag)) for tag in tags))] if tags else []),
        type=kind,
    )


def _text(words: str) -> Element:
    return element("text", words)


def _markdown(name: str, words: str, *more: Element, **attributes: str) -> Element:
    return element(name, _text(words), *more, format="markdown", **attributes)


def _answer(
    percent: Decimal, words: str, feedback: Text | None, language: str, *more: Element, form: str
) -> Element:
    told = _markdown("feedback", said(feedback, language))
    weight = number(percent.quantize(FIVE))
    return element("answer", _text(words), told, *more, fraction=weight, format=form)


def _shuffled(question: ChoiceQuestion, notes: Notes) -> Element:
    if question.shuffle and any(option.pinned for option in question.options):
        notes.lost("pinned", N_("this format shuffles all options or none"))
    return element("shuffleanswers", "true" if question.shuffle else "false")


def _single(question: SingleChoice, language: str, notes: Notes) -> Parts:
    answers = [
        _answer(Decimal(100) if each.correct else each.weight or Decimal(0), said(each.text, language),
                each.feedback, language, form="markdown")
        for each in question.options
    ]  # fmt: skip
    return "multichoice", None, [element("single", "true"), _shuffled(question, notes), *answers]


def _multiple(question: MultipleChoice, language: str, notes: Notes) -> Parts:
    answers = [
        _answer(_decimal(question.shares[each.key] * 100) if each.weight is None else each.weight,
                said(each.text, language), each.feedback, language, form="markdown")
        for each in question.options
    ]  # fmt: skip
    return "multichoice", None, [element("single", "false"), _shuffled(question, notes), *answers]


def _decimal(share: Fraction) -> Decimal:
    return Decimal(share.numerator) / share.denominator


def _true_false(question: TrueFalse, language: str, notes: Notes) -> Parts:
    answers = []
    for side in (True, False):
        right = side == question.correct
        percent = Decimal(100) if right else min(Decimal(0), question.wrong_weight or Decimal(0))
        told = question.right_feedback if right else question.wrong_feedback
        form = "moodle_auto_format"
        answers.append(_answer(percent, "true" if side else "false", told, language, form=form))
    return "truefalse", None, answers


def _short(question: ShortText, language: str, notes: Notes) -> Parts:
    answers = [
        _answer(each.weight, each.text, each.feedback, language, form="plain_text")
        for each in question.answers
    ]
    return "shortanswer", None, [element("usecase", "1" if question.case else "0"), *answers]


def _numeric(question: Numeric, language: str, notes: Notes) -> Parts:
    own = [_number(each, language, notes) for each in question.answers]
    if question.other_feedback:
        own.append(_answer(Decimal(0), "*", question.other_feedback, language, form="plain_text"))
    if question.units:
        units = [
            element(
                "unit",
                element("multiplier", number(Decimal(1) / each.factor)),
                element("unit_name", each.unit),
            )
            for each in question.units
        ]
        penalty = number(question.unit_penalty / 100)
        own += [element("unitgradingtype", "1"), element("unitpenalty", penalty), element("showunits", "2")]
        own.append(element("units", *units))
    return "numerical", None, own


def _number(each: AcceptedNumber, language: str, notes: Notes) -> Element:
    low, high = (_decimal(end) for end in each.interval)
    value, tolerance = each.value, (high - low) / 2
    if each.measure == "geometric" and each.tolerance:
        notes.changed(
            "measure: geometric", N_("is written as its lowest and highest number, which accept the same")
        )
        value = (low + high) / 2
    elif each.measure == "relative" and each.tolerance:
        notes.changed("measure: relative", N_("is written as the same distance in numbers"))
    near = element("tolerance", number(tolerance if each.tolerance else Decimal(0)))
    return _answer(each.weight, number(value), each.feedback, language, near, form="plain_text")


def _matching(question: Matching, language: str, notes: Notes) -> Parts:
    rows = [
        _markdown("subquestion", said(pair.left, language),
                  element("answer", _text(plain(pair.right, language, notes, "right"))))
        for pair in question.pairs
    ]  # fmt: skip
    return "matching", None, [element("shuffleanswers", "true"), *rows]


def _ordering(question: Ordering, language: str, notes: Notes) -> Parts:
    items = [
        element("answer", _text(said(each.text, language)), fraction=str(place), format="markdown")
        for place, each in enumerate(question.items, 1)
    ]
    return "ordering", None, [element("gradingtype", GRADINGS[question.grading]), *items]


def _categorise(question: Categorise, language: str, notes: Notes) -> Parts:
    return _matching(as_matching(question, notes), language, notes)


def _essay(question: Essay, language: str, notes: Notes) -> Parts:
    notes.lost("rubric", NO_RUBRIC)
    return "essay", None, [element("responseformat", "editor"), element("attachments", "0")]


def _file_upload(question: FileUpload, language: str, notes: Notes) -> Parts:
    notes.lost("rubric", NO_RUBRIC)
    types = ",".join(f".{each}" for each in question.types)
    own = [
        element("responseformat", "noinline"),
        element("attachments", "1"),
        element("filetypeslist", types),
    ]
    return "essay", None, own


def _cloze(question: Cloze, language: str, notes: Notes) -> Parts:
    gaps = {gap.key: gap for gap in question.gaps}
    text = MARK.sub(lambda mark: _gap(gaps[mark[1]], language, notes), said(question.text, language))
    return "cloze", text, []


def _gap(gap: ChoiceGap | TextGap | NumberGap, language: str, notes: Notes) -> str:
    if isinstance(gap, ChoiceGap):
        kind = "MULTICHOICE_S"
        answers = [
            (
                Decimal(100) if each.correct else each.weight or Decimal(0),
                inline_html(said(each.text, language)),
            )
            for each in gap.options
        ]
    elif isinstance(gap, TextGap):
        kind = "SHORTANSWER_C" if gap.case else "SHORTANSWER"
        answers = [
            (each.weight, each.text.replace("&", "&amp;").replace("<", "&lt;")) for each in gap.answers
        ]
    else:
        kind = "NUMERICAL"
        answers = [(each.weight, f"{number(each.value)}:{_near(each, notes)}") for each in gap.answers]
    parts = [
        f"{'=' if weight == 100 else f'%{number(weight)}%'}{_escaped(words)}" for weight, words in answers
    ]
    return f"{{{gap.weight}:{kind}:{'~'.join(parts)}}}"


def _near(each: AcceptedNumber, notes: Notes) -> str:
    if each.measure == "geometric" and each.tolerance:
        raise NotCarried(N_("a gap's tolerance is a distance in this format"))
    low, high = (_decimal(end) for end in each.interval)
    return number((high - low) / 2)


def _escaped(words: str) -> str:
    return re.sub(r"([}~#\\])", r"\\\1", words)


def _calculated(question: Calculated, language: str, notes: Notes) -> Parts:
    if "**" in question.formula:
        raise NotCarried(N_("its formula holds **, which is another thing in this format"))
    formula = question.formula
    for each in question.variables:
        formula = re.sub(rf"\b{each.name}\b(?!\s*\()", f"{{{each.name}}}", formula)
    measures = {measure: told for told, measure in TOLERANCES.items()}
    more = [
        element("tolerance", number(question.tolerance)),
        element("tolerancetype", measures[question.measure]),
        element("correctanswerformat", "1"),
        element("correctanswerlength", str(question.decimals)),
    ]
    answer = _answer(Decimal(100), formula, None, language, *more, form="plain_text")
    return "calculated", None, [answer, element("dataset_definitions", *_datasets(question))]


def _datasets(question: Calculated) -> list[Element]:
    """Moodle draws among rows of numbers, so some are written."""
    rows = [question.numbers(str(variant)) for variant in range(1, min(question.variants, 50) + 1)]
    found = []
    for each in question.variables:
        items = [
            element("dataset_item", element("number", str(place)), element("value", number(row[each.name])))
            for place, row in enumerate(rows, 1)
        ]
        plain_ones = {"minimum": each.min, "maximum": each.max}
        found.append(
            element(
                "dataset_definition",
                element("status", _text("private")),
                element("name", _text(each.name)),
                element("type", "calculated"),
                element("distribution", _text("uniform")),
                *(element(name, _text(number(end))) for name, end in plain_ones.items()),
                element("decimals", _text(str(each.decimals))),
                element("itemcount", str(len(items))),
                element("dataset_items", *items),
                element("number_of_items", str(len(items))),
            )
        )
    return found


WRITERS: Final[dict[str, Callable[[Any, str, Notes], Parts]]] = {
    "single": _single,
    "multiple": _multiple,
    "true_false": _true_false,
    "short_text": _short,
    "numeric": _numeric,
    "matching": _matching,
    "categorise": _categorise,
    "ordering": _ordering,
    "essay": _essay,
    "file_upload": _file_upload,
    "cloze": _cloze,
    "calculated": _calculated,
}
