"""Each of our kinds as an item, in the names of QTI 2.2; texts as HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from academy.interchange.carrying import NotCarried
from academy.interchange.html_tree import Element, element
from academy.interchange.qti.parts import RESPONSE, Parts, declared, html, line
from academy.interchange.qti.rules import near, on_value, summed
from academy.interchange.qti.writing_choices import hot_spot, multiple, single, true_false
from academy.interchange.report import Notes
from academy.interchange.saying import as_matching
from academy.questions import FileUpload
from academy.questions.categorise import Categorise
from academy.questions.cloze import MARK, ChoiceGap, Cloze, NumberGap, TextGap
from academy.questions.essay import Essay
from academy.questions.matching import Matching
from academy.questions.numbers import AcceptedNumber
from academy.questions.numbers import written as number
from academy.questions.numeric import Numeric
from academy.questions.ordering import Ordering
from academy.questions.short_text import ShortText
from academy.questions.wording import AcceptedText, plain
from plg.web.i18n import N_

MEDIA: Final = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "txt": "text/plain", "csv": "text/csv",
    "zip": "application/zip",
}  # fmt: skip
NO_RUBRIC: Final = N_("this format has none")


def _entry(name: str = RESPONSE) -> Element:
    return element("p", element("textEntryInteraction", responseIdentifier=name))


def _accepted(answers: Sequence[AcceptedText], notes: Notes) -> dict[str, Decimal]:
    """The texts that this format can compare: those that stand for themselves."""
    found: dict[str, Decimal] = {}
    for each in answers:
        if each.feedback:
            notes.lost("feedback", N_("this format has none"))
        if "…" in plain(each.text) and "*" in each.text.replace("\\*", ""):
            notes.lost(each.text, N_("this format has no wildcards"))
        else:
            found.setdefault(plain(each.text), each.weight / 100)
    if not any(points == 1 for points in found.values()):
        raise NotCarried(N_("this format has no wildcards"))
    return found


def _short(question: ShortText, language: str, notes: Notes) -> Parts:
    mapped = _accepted(question.answers, notes)
    best = [text for text, points in mapped.items() if points == 1][:1]
    return Parts(
        [declared("single", "string", best, mapped, cased=question.case)],
        [*html(question.text, language), _entry()],
        "map_response",
    )


def _numeric(question: Numeric, language: str, notes: Notes) -> Parts:
    if question.units:
        notes.lost("units", N_("this format has numbers without units"))
    if question.other_feedback:
        notes.lost("other_feedback", N_("this format has none"))
    best = [number(each.value) for each in question.answers if each.weight == 100][:1]
    return Parts(
        [declared("single", "float", best)],
        [*html(question.text, language), _entry()],
        rules=[_ranges(question.answers, RESPONSE, Decimal(1), notes)],
    )


def _ranges(answers: Sequence[AcceptedNumber], name: str, worth: Decimal, notes: Notes) -> Element:
    """A branch for each number, the first that is near enough counts."""
    tests = []
    for each in answers:
        if each.feedback:
            notes.lost("feedback", N_("this format has none"))
        if each.measure == "relative" and each.tolerance:
            notes.changed("measure: relative", N_("is written as the same distance in numbers"))
        low, high = (Decimal(end.numerator) / end.denominator for end in each.interval)
        tests.append((near(name, each.value, each.value - low, high - each.value), each.weight / 100 * worth))
    return on_value(tests)


def _matching(question: Matching, language: str, notes: Notes) -> Parts:
    right = question.right()
    pairs = [f"{row} {target}-right" for row, target in right.items()]
    worth = Decimal(1) / len(pairs)
    rows = [
        Element("simpleAssociableChoice", {"identifier": key, "matchMax": "1"}, line(text, language))
        for key, text in question.rows().items()
    ]
    most = str(len(rows))
    targets = [
        Element(
            "simpleAssociableChoice", {"identifier": f"{key}-right", "matchMax": most}, line(text, language)
        )
        for key, text in question.targets().items()
    ]
    sets = [element("simpleMatchSet", *rows), element("simpleMatchSet", *targets)]
    shown = {"responseIdentifier": RESPONSE, "shuffle": "true", "maxAssociations": most}
    return Parts(
        [declared("multiple", "directedPair", pairs, dict.fromkeys(pairs, worth))],
        [*html(question.text, language), Element("matchInteraction", shown, list(sets))],
        "map_response",
    )


def _categorise(question: Categorise, language: str, notes: Notes) -> Parts:
    return _matching(as_matching(question, notes), language, notes)


def _ordering(question: Ordering, language: str, notes: Notes) -> Parts:
    if question.grading != "all_or_nothing":
        notes.changed("grading", N_("here only the whole order earns the mark"))
    rows = [
        Element("simpleChoice", {"identifier": each.key}, line(each.text, language))
        for each in question.items
    ]
    shown = {"responseIdentifier": RESPONSE, "shuffle": "true"}
    return Parts(
        [declared("ordered", "identifier", [each.key for each in question.items])],
        [*html(question.text, language), Element("orderInteraction", shown, list(rows))],
        "match_correct",
    )


def _cloze(question: Cloze, language: str, notes: Notes) -> Parts:
    gaps = {gap.key: gap for gap in question.gaps}
    total = Decimal(sum(gap.weight for gap in question.gaps))
    responses, rules = [], []
    for place, gap in enumerate(question.gaps, 1):
        response, rule = _gap(gap, f"{RESPONSE}{place}", gap.weight / total, notes)
        responses.append(response)
        rules.append(rule)
    names = {gap.key: f"{RESPONSE}{place}" for place, gap in enumerate(question.gaps, 1)}

    def filled(part: Element | str) -> list[Element | str]:
        if isinstance(part, Element):
            inner = [piece for each in part.parts for piece in filled(each)]
            return [Element(part.name, part.attributes, inner)]
        pieces = MARK.split(part)
        found: list[Element | str] = []
        for at, piece in enumerate(pieces):
            found.append(_field(gaps[piece], names[piece], language) if at % 2 else piece)
        return found

    body = [piece for part in html(question.text, language) for piece in filled(part)]
    return Parts(responses, body, rules=rules)


def _gap(
    gap: ChoiceGap | TextGap | NumberGap, name: str, worth: Decimal, notes: Notes
) -> tuple[Element, Element]:
    """Its response, and the rule that adds what it earns."""
    if isinstance(gap, NumberGap):
        best = [number(each.value) for each in gap.answers if each.weight == 100][:1]
        return declared("single", "float", best, name=name), _ranges(gap.answers, name, worth, notes)
    if isinstance(gap, ChoiceGap):
        earned = {
            each.key: Decimal(1) if each.correct else (each.weight or Decimal(0)) / 100
            for each in gap.options
        }
        right = [each.key for each in gap.options if each.correct]
        mapped = {key: points * worth for key, points in earned.items() if points}
        return declared("single", "identifier", right, mapped, name=name), summed(name)
    accepted = _accepted(gap.answers, notes)
    best = [text for text, points in accepted.items() if points == 1][:1]
    mapped = {text: points * worth for text, points in accepted.items()}
    return declared("single", "string", best, mapped, name=name, cased=gap.case), summed(name)


def _field(gap: ChoiceGap | TextGap | NumberGap, name: str, language: str) -> Element:
    if not isinstance(gap, ChoiceGap):
        return element("textEntryInteraction", responseIdentifier=name)
    rows = [
        Element("inlineChoice", {"identifier": each.key}, line(each.text, language)) for each in gap.options
    ]
    return Element("inlineChoiceInteraction", {"responseIdentifier": name, "shuffle": "true"}, list(rows))


def _essay(question: Essay, language: str, notes: Notes) -> Parts:
    notes.lost("rubric", NO_RUBRIC)
    asked = element("extendedTextInteraction", responseIdentifier=RESPONSE)
    return Parts([declared("single", "string", [])], [*html(question.text, language), asked])


def _file_upload(question: FileUpload, language: str, notes: Notes) -> Parts:
    notes.lost("rubric", NO_RUBRIC)
    types = [MEDIA.get(each, "") for each in question.types]
    shown = {"responseIdentifier": RESPONSE} | ({"type": types[0]} if len(types) == 1 and types[0] else {})
    if "type" not in shown:
        notes.lost("types", N_("this format names one type of MIME, or none"))
    asked = Element("uploadInteraction", shown)
    return Parts([declared("single", "file", [])], [*html(question.text, language), asked])


WRITERS: Final[dict[str, Callable[[Any, str, Notes], Parts]]] = {
    "single": single,
    "multiple": multiple,
    "true_false": true_false,
    "short_text": _short,
    "numeric": _numeric,
    "matching": _matching,
    "categorise": _categorise,
    "ordering": _ordering,
    "cloze": _cloze,
    "hot_spot": hot_spot,
    "essay": _essay,
    "file_upload": _file_upload,
}
