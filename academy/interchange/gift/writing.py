"""Questions of ours as GIFT, their texts as `[markdown]`, their keys as `[id:…]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from academy.interchange.carrying import NotCarried
from academy.interchange.gift.reading import FORMAT, WEIGHT
from academy.interchange.report import Notes
from academy.interchange.saying import Writer, as_matching, plain, said, written_of
from academy.interchange.weights import FIVE
from academy.questions import BaseQuestion
from academy.questions.categorise import Categorise
from academy.questions.choice import ChoiceQuestion
from academy.questions.essay import Essay
from academy.questions.matching import Matching
from academy.questions.multiple import MultipleChoice
from academy.questions.numbers import AcceptedNumber
from academy.questions.numbers import written as number
from academy.questions.numeric import Numeric
from academy.questions.short_text import ShortText
from academy.questions.single import SingleChoice
from academy.questions.true_false import TrueFalse
from academy.texts import Text
from plg.web.i18n import N_

SAME_NUMBERS: Final = N_("is written as its lowest and highest number, which accept the same")
ARROW: Final = N_("an arrow -> is a mark of this format; it is written →")


def written(questions: Sequence[BaseQuestion], language: str, notes: Notes) -> str:
    """The questions that GIFT has, one after the other."""
    entries = written_of(questions, WRITERS, language, notes)
    return "\n".join(_entry(question, answers, language) for question, answers in entries)


def _entry(question: BaseQuestion, answers: str, language: str) -> str:
    tags = [*question.tags, *([f"difficulty-{question.difficulty}"] if question.difficulty else [])]
    labels = "".join(f" [tag:{tag}]" for tag in tags)
    general = f"####{_escaped(said(question.feedback, language))}" if question.feedback else ""
    stem = f"::{question.key}::[markdown]{_escaped(said(question.text, language))}"
    return f"// [id:{question.key}]{labels}\n{stem}{{{answers}{general}}}\n"


def _escaped(text: str) -> str:
    return re.sub(r"([~=#{}:\\])", r"\\\1", text).replace("\n", "\\n")


def _words(text: str) -> str:
    """Of an answer or feedback, whose beginning may look like a format."""
    return f"[markdown]{_escaped(text)}" if FORMAT.match(text) else _escaped(text)


def _feedback(text: Text | None, language: str) -> str:
    return f"#{_words(said(text, language))}" if text else ""


def _line(text: str) -> str:
    return _words(" ".join(text.split()))


def _arrows(text: str, notes: Notes) -> str:
    """What stands where `->` is a mark."""
    if "->" in text:
        notes.changed("->", ARROW)
    return text.replace("->", "→")


def _laid_out(question: ChoiceQuestion, notes: Notes) -> None:
    if not question.shuffle or any(option.pinned for option in question.options):
        notes.lost("shuffle", N_("this format says nothing of the order of options"))


def _single(question: SingleChoice, language: str, notes: Notes) -> str:
    _laid_out(question, notes)
    lines = []
    for each in question.options:
        text = said(each.text, language)
        weight = "" if each.correct or not each.weight else _percent(each.weight)
        if WEIGHT.match(text) and not weight:
            weight = "%100%" if each.correct else "%0%"
        told = _feedback(each.feedback, language)
        lines.append(f"{'=' if each.correct else '~'}{weight}{_line(text)}{told}")
    return _listed(lines)


def _multiple(question: MultipleChoice, language: str, notes: Notes) -> str:
    _laid_out(question, notes)
    lines = []
    for each in question.options:
        share = question.shares[each.key] * 100
        weight = each.weight if each.weight is not None else Decimal(share.numerator) / share.denominator
        told = _feedback(each.feedback, language)
        lines.append(f"~{_percent(weight)}{_line(said(each.text, language))}{told}")
    return _listed(lines)


def _percent(weight: Decimal) -> str:
    return f"%{number(weight.quantize(FIVE))}%"


def _listed(lines: list[str]) -> str:
    return "".join(f"\n  {line}" for line in lines) + "\n"


def _true_false(question: TrueFalse, language: str, notes: Notes) -> str:
    if question.wrong_weight:
        notes.lost("wrong_weight", N_("this format has none; the option earns nothing"))
    wrong, right = _feedback(question.wrong_feedback, language), _feedback(question.right_feedback, language)
    return ("TRUE" if question.correct else "FALSE") + (wrong or ("#" if right else "")) + right


def _short(question: ShortText, language: str, notes: Notes) -> str:
    if question.case:
        notes.changed("case", N_("this format does not tell capitals apart"))
    lines = []
    for each in question.answers:
        if "->" in each.text:
            raise NotCarried(N_("an accepted text holds ->, which is a mark of this format"))
        weight = "%100%" if WEIGHT.match(each.text) and each.weight == 100 else ""
        weight = weight if each.weight == 100 else _percent(each.weight)
        told = _arrows(_feedback(each.feedback, language), notes)
        lines.append(f"={weight}{_words(each.text)}{told}")
    return _listed(lines)


def _numeric(question: Numeric, language: str, notes: Notes) -> str:
    if question.units:
        notes.lost("units", N_("this format has numbers without units"))
    lines = []
    for each in question.answers:
        weight = "" if each.weight == 100 else _percent(each.weight)
        lines.append(f"={weight}{_number(each, notes)}{_feedback(each.feedback, language)}")
    other = f"\n  ~{_feedback(question.other_feedback, language)}" if question.other_feedback else ""
    return "#" + _listed(lines).rstrip("\n") + other + "\n"


def _number(each: AcceptedNumber, notes: Notes) -> str:
    if each.measure == "nominal" or not each.tolerance:
        return f"{number(each.value)}:{number(each.tolerance)}"
    notes.changed(f"measure: {each.measure}", SAME_NUMBERS)
    low, high = (Decimal(end.numerator) / end.denominator for end in each.interval)
    return f"{low:.12f}..{high:.12f}"


def _matching(question: Matching, language: str, notes: Notes) -> str:
    lines = []
    for pair in question.pairs:
        left = _line(_arrows(said(pair.left, language), notes))
        right = _escaped(_arrows(plain(pair.right, language, notes, "right"), notes))
        lines.append(f"={left} -> {right}")
    return _listed(lines)


def _categorise(question: Categorise, language: str, notes: Notes) -> str:
    return _matching(as_matching(question, notes), language, notes)


def _essay(question: Essay, language: str, notes: Notes) -> str:
    notes.lost("rubric", N_("this format has none"))
    return ""


WRITERS: Final[dict[str, Writer]] = {
    "single": _single,
    "multiple": _multiple,
    "true_false": _true_false,
    "short_text": _short,
    "numeric": _numeric,
    "matching": _matching,
    "categorise": _categorise,
    "essay": _essay,
}
