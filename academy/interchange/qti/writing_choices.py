"""Kinds that are chosen from options as items."""

from __future__ import annotations

import base64
from decimal import Decimal

from academy.interchange.html_tree import Element, element
from academy.interchange.qti.parts import RESPONSE, Parts, declared, html, line
from academy.interchange.report import Notes
from academy.interchange.saying import said
from academy.questions.hot_spot import HotSpot
from academy.questions.multiple import MultipleChoice
from academy.questions.single import SingleChoice
from academy.questions.true_false import WORDS, TrueFalse
from plg.web.i18n import N_


def _choices(question: SingleChoice | MultipleChoice, language: str, notes: Notes) -> Element:
    rows = []
    for each in question.options:
        parts = line(each.text, language)
        if each.feedback:
            shown = {"outcomeIdentifier": "FEEDBACK", "identifier": each.key, "showHide": "show"}
            words = line(each.feedback, language)
            parts.append(Element("feedbackInline", shown, words))
        fixed = {"fixed": "true"} if each.pinned else {}
        rows.append(Element("simpleChoice", {"identifier": each.key} | fixed, parts))
    several = isinstance(question, MultipleChoice)
    told_so = {"shuffle": "true" if question.shuffle else "false", "maxChoices": "0" if several else "1"}
    return Element("choiceInteraction", {"responseIdentifier": RESPONSE} | told_so, list(rows))


def single(question: SingleChoice, language: str, notes: Notes) -> Parts:
    """One of several options."""
    right = [each.key for each in question.options if each.correct]
    earned = {
        each.key: Decimal(100) if each.correct else each.weight or Decimal(0) for each in question.options
    }
    plain_one = len(right) == 1 and not any(points for key, points in earned.items() if key not in right)
    mapped = None if plain_one else {key: points / 100 for key, points in earned.items() if points}
    return Parts(
        [declared("single", "identifier", right[:1], mapped)],
        [*html(question.text, language), _choices(question, language, notes)],
        "match_correct" if plain_one else "map_response",
        feedback_of_choice=any(each.feedback for each in question.options),
    )


def multiple(question: MultipleChoice, language: str, notes: Notes) -> Parts:
    """Any number of options."""
    mapped = {key: Decimal(share.numerator) / share.denominator for key, share in question.shares.items()}
    right = [each.key for each in question.options if each.correct]
    return Parts(
        [declared("multiple", "identifier", right, mapped)],
        [*html(question.text, language), _choices(question, language, notes)],
        "map_response",
        feedback_of_choice=any(each.feedback for each in question.options),
    )


def true_false(question: TrueFalse, language: str, notes: Notes) -> Parts:
    """A statement as a choice of true and false."""
    right = "true" if question.correct else "false"
    rows = []
    for key, text in WORDS.items():
        feedback = question.right_feedback if key == right else question.wrong_feedback
        parts: list[Element | str] = [text.in_language(language)]
        if feedback:
            shown = {"outcomeIdentifier": "FEEDBACK", "identifier": key, "showHide": "show"}
            parts.append(Element("feedbackInline", shown, line(feedback, language)))
        rows.append(Element("simpleChoice", {"identifier": key}, parts))
    shown = {"responseIdentifier": RESPONSE, "shuffle": "false", "maxChoices": "1"}
    cost = min(Decimal(0), question.wrong_weight or Decimal(0)) / 100
    mapped = {right: Decimal(1), ("false" if right == "true" else "true"): cost} if cost else None
    return Parts(
        [declared("single", "identifier", [right], mapped)],
        [*html(question.text, language), Element("choiceInteraction", shown, list(rows))],
        "map_response" if mapped else "match_correct",
        feedback_of_choice=bool(question.right_feedback or question.wrong_feedback),
    )


def hot_spot(question: HotSpot, language: str, notes: Notes) -> Parts:
    """A place of a picture."""
    head, _, data = question.image.src.partition(";base64,")
    ending = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/svg+xml": "svg"}[
        head.removeprefix("data:")
    ]
    name = f"images/{question.key}.{ending}"
    size = {"width": str(question.image.width), "height": str(question.image.height)}
    picture = element(
        "object", said(question.image.alt, language), data=name, type=head.removeprefix("data:"), **size
    )
    regions = []
    for each in question.options:
        coords = ",".join(map(str, (each.x, each.y, each.x + each.width, each.y + each.height)))
        label = " ".join(Element("p", {}, line(each.text, language)).text().split())
        regions.append(
            element("hotspotChoice", identifier=each.key, shape="rect", coords=coords, hotspotLabel=label)
        )
        if each.feedback:
            notes.lost("feedback", N_("this format has none"))
    chosen = single(question, language, notes)
    shown = {"responseIdentifier": RESPONSE, "maxChoices": "1"}
    body = [*html(question.text, language), Element("hotspotInteraction", shown, [picture, *regions])]
    return Parts(chosen.responses, body, chosen.template, files={name: base64.b64decode(data)})
