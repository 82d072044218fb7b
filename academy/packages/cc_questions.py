"""Assessments of Common Cartridges: QTI 1.2 in the six profiles that cartridges have, as our questions.

After "Common Cartridge Profile 1.1 to 1.3", question types: multiple choice, multiple response, true/false, fill in
blank, pattern match and essay. What an item holds beyond its profile is told to the report.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from academy.interchange.escaping import escaped, printed
from academy.interchange.html_tree import Element
from academy.packages.naming import Names
from academy.packages.page import Point, as_markdown
from academy.packages.xml import attribute, child, said
from academy.questions import Question
from plg.web.i18n import N_

_QUESTION: Final[TypeAdapter[Any]] = TypeAdapter(Question)
LEAST: Final = "cc."
RUBRIC: Final = {"es": "La respuesta en conjunto", "en": "The answer as a whole"}

Lose = Callable[[str, str], None]


class NotCarried(ValueError):  # noqa: N818 - it is named as the reason that it gives
    """Why an item is no question of ours."""


@dataclass
class Assessment:
    """Its questions as authors of YAML would write them; limits: what it says about attempts."""

    title: str
    questions: list[dict[str, Any]] = field(default_factory=list)
    attempts: int | None = None
    minutes: int | None = None


def read_assessment(root: Element, names: Names, *, point: Point, lose: Lose) -> Assessment:
    """The assessment or bank of an XML document. lose: is told of each item that is not carried, and why."""
    whole = next(root.within("assessment", "objectbank"), root)
    facts = {key: told for key, told in _fields(child(whole, "qtimetadata")).items() if key}
    found = Assessment(attribute(whole, "title"))
    found.attempts = _number(facts.get("cc_maxattempts", ""))
    found.minutes = _number(facts.get("qmd_timelimit", ""))
    for number, item in enumerate(whole.within("item"), 1):
        name = attribute(item, "title") or attribute(item, "ident") or str(number)

        def lose_here(what: str, why: str, name: str = name) -> None:
            lose(f"{name}: {what}", why)

        try:
            question = _Item(item, point, lose_here).question()
            question["key"] = names.key(attribute(item, "title"), f"question-{number}")
            _QUESTION.validate_python(question)
        except NotCarried as error:
            lose(name, str(error))
        except ValidationError as error:
            lose(name, error.errors()[0]["msg"].removeprefix("Value error, "))
        else:
            found.questions.append(question)
    return found


def _number(told: str) -> int | None:
    return int(told) if told.isascii() and told.isdigit() and 0 < int(told) <= 1_000 else None


def _fields(node: Element | None) -> dict[str, str]:
    listed = () if node is None else node.within("qtimetadatafield")
    return {said(child(each, "fieldlabel")).lower(): said(child(each, "fieldentry")) for each in listed}


def _both(text: str) -> dict[str, str]:
    return {"es": text, "en": text}


@dataclass(frozen=True)
class _Item:
    node: Element
    point: Point
    lose: Lose

    def question(self) -> dict[str, Any]:
        """The question but for its key; NotCarried where it is none of ours."""
        profile = _fields(child(self.node, "itemmetadata")).get("cc_profile", "").lower()
        kind = profile.removeprefix(LEAST).partition(".")[0]
        make = {
            "multiple_choice": self._choice,
            "multiple_response": self._choice,
            "true_false": self._true_false,
            "fib": self._text,
            "pattern_match": self._text,
            "essay": self._essay,
        }.get(kind)
        if make is None:
            raise NotCarried(N_("has none of the profiles of a Common Cartridge"))
        shown = child(self.node, "presentation")
        text = (
            self._words(shown, skip=("response_lid", "response_str", "response_label"))
            if shown is not None
            else ""
        )
        if not text:
            raise NotCarried(N_("has no text"))
        general = self._feedback("general_fb")
        return {"text": _both(text)} | make() | ({"feedback": _both(general)} if general else {})

    def _choice(self) -> dict[str, Any]:
        box = next(self.node.within("response_lid"), None)
        if box is None:
            raise NotCarried(N_("has nothing to choose from"))
        right = self._right()
        options = []
        for place, label in enumerate(box.within("response_label"), 1):
            ident, words = attribute(label, "ident"), " ".join(self._words(label).split())
            if "![" in words:
                raise NotCarried(N_("has pictures to choose from, and options here are words"))
            option: dict[str, Any] = {"key": f"o{place}", "text": _both(words or ident)}
            said_of = self._feedback_of(ident)
            options.append(
                option
                | ({"correct": True} if ident in right else {})
                | ({"feedback": _both(said_of)} if said_of else {})
            )
        many = attribute(box, "rcardinality").lower() == "multiple"
        unshuffled = (
            {"shuffle": False} if next(box.within("render_choice"), box).get("shuffle") == "No" else {}
        )
        return {"kind": "multiple" if many else "single", "options": options} | unshuffled

    def _true_false(self) -> dict[str, Any]:
        right = self._right()
        labels = {attribute(each, "ident"): each for each in self.node.within("response_label")}
        words = {ident: self._words(each).strip().lower() for ident, each in labels.items()}
        truth = [ident for ident in words if "true" in (ident.lower(), words[ident])]
        if len(labels) != 2 or len(truth) != 1 or len(right & labels.keys()) != 1:
            return self._choice()
        correct = truth[0] in right
        told = {truth[0] == ident: self._feedback_of(ident) for ident in labels}
        found: dict[str, Any] = {"kind": "true_false", "correct": correct}
        if told[correct]:
            found["right_feedback"] = _both(told[correct])
        if told[not correct]:
            found["wrong_feedback"] = _both(told[not correct])
        return found

    def _text(self) -> dict[str, Any]:
        """Texts that are equal, or hold what is looked for; `*` stands for any letters."""
        answers, case = [], False
        for condition in self._scored():
            for each in condition.within("varequal", "varsubstring"):
                words = said(each).replace("*", "\\*")
                if not words:
                    continue
                case = case or each.get("case", "").lower() == "yes"
                answers.append({"text": words if each.name == "varequal" else f"*{words}*"})
        if not answers:
            raise NotCarried(N_("says no answer that is right"))
        return {"kind": "short_text", "answers": answers} | ({"case": True} if case else {})

    def _essay(self) -> dict[str, Any]:
        if next(self.node.within("solution"), None) is not None:
            self.lose("<solution>", N_("learners are shown no model answer"))
        rubric = [{"key": "whole", "text": RUBRIC, "points": 10}]
        return {"kind": "essay", "rubric": rubric}

    def _right(self) -> set[str]:
        """What is chosen where the whole score is given."""
        scored = self._scored()
        return {
            said(each)
            for condition in scored
            for each in condition.within("varequal")
            if not any(each is no for other in condition.within("not") for no in other.within("varequal"))
        }

    def _scored(self) -> list[Element]:
        """Conditions under which the best score is given; NotCarried where parts of it are."""
        found: dict[float, list[Element]] = {}
        for rule in self.node.within("respcondition"):
            for each in rule.elements("setvar"):
                score = _decimal(said(each))
                condition = child(rule, "conditionvar")
                if score > 0 and condition is not None:
                    found.setdefault(score, []).append(condition)
        if len(found) > 1:
            raise NotCarried(N_("gives parts of its score, which its profile does not have"))
        return next(iter(found.values()), [])

    def _feedback_of(self, ident: str) -> str:
        """What is told to who chose this."""
        for rule in self.node.within("respcondition"):
            condition, told = child(rule, "conditionvar"), child(rule, "displayfeedback")
            if (
                condition is None
                or told is None
                or [said(each) for each in condition.within("varequal")] != [ident]
            ):
                continue
            if words := self._feedback(attribute(told, "linkrefid")):
                return words
        return ""

    def _feedback(self, ident: str) -> str:
        found = (each for each in self.node.within("itemfeedback") if attribute(each, "ident") == ident)
        node = next(found, None)
        return "" if node is None else self._words(node)

    def _words(self, node: Element, skip: tuple[str, ...] = ()) -> str:
        """The text of a part of the item, as Markdown."""
        parts = []
        for each in _texts(node, skip):
            if each.get("texttype", "").lower() == "text/html":
                parts.append(as_markdown(each.text(), point=self.point, lose=self.lose).strip())
            else:
                parts.append(escaped(printed(each.text()).strip()))
        return "\n\n".join(part for part in parts if part)


def _texts(node: Element, skip: tuple[str, ...]) -> list[Element]:
    found = []
    for each in node.elements():
        if each.name == "mattext":
            found.append(each)
        elif each.name not in skip:
            found += _texts(each, skip)
    return found


def _decimal(told: str) -> float:
    try:
        return float(told)
    except ValueError:
        return 0
