"""The commonest kinds of question as a form: single and multiple choice, true or false, numeric, short text.

A form changes what it shows and leaves the rest of the question, and every other question, as it is written.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from academy.course_folder import QUIZ
from academy.draft_settings import readable
from academy.texts import LANGUAGES
from plg.kit.errors import Fault, NotFound, Unprocessable
from plg.kit.yaml_edits import rewritten
from plg.web.i18n import N_

Files = dict[str, str]
Form = Mapping[str, str]
KIND_NAMES: Final = {
    "single": N_("One right option"),
    "multiple": N_("Several right options"),
    "true_false": N_("True or false"),
    "numeric": N_("A number"),
    "short_text": N_("A short text"),
}
WRITTEN_KIND_NAMES: Final = {
    "matching": N_("Matching"),
    "ordering": N_("Ordering"),
    "cloze": N_("A text with gaps"),
    "categorise": N_("Sorting into groups"),
    "hot_spot": N_("A place in an image"),
    "calculated": N_("A calculated number"),
    "file_upload": N_("A file"),
    "essay": N_("An essay"),
    "product_task": N_("A task in the product"),
}
"""Those that are written as text."""
ROWS: Final = 6
"""How many rows of options or answers a form begins with."""
_KEY: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


BEGINNING: Final = """\
title:
  es: Cuestionario
  en: Quiz
pass_mark: 70
"""
"""A quiz where there was none."""


class QuestionNotFound(NotFound):
    pass


class QuestionNotOfForm(Unprocessable):
    """It is changed as text: of a kind that has no form here, or in a file that cannot be read."""


@dataclass(frozen=True)
class Place:
    """Where a question stands. file: `quiz.yaml` or a bank's; index: from 0."""

    file: str
    index: int
    question: dict[str, Any]

    @property
    def has_form(self) -> bool:
        """Whether the form knows it."""
        return self.question.get("kind") in KIND_NAMES


def every(files: Files) -> list[Place]:
    """Every question of the quiz's YAML files, in their order; whatever has not the form of one is left out."""
    found = []
    for name in sorted(files, key=lambda name: (name != QUIZ, name)):
        if name == QUIZ or (name.startswith("banks/") and name.endswith(".yaml")):
            listed = (readable(files, name) or {}).get("questions")
            for index, question in enumerate(listed if isinstance(listed, list) else []):
                if isinstance(question, dict) and isinstance(question.get("key"), str):
                    found.append(Place(name, index, question))
    return found


def place(files: Files, key: str) -> Place:
    """Where the question with this key stands."""
    found = next((each for each in every(files) if each.question["key"] == key), None)
    if found is None:
        raise QuestionNotFound(f"There is no question {key!r} in the quiz's YAML files.")
    return found


def blank(kind: str, key: str) -> dict[str, Any]:
    """A question to begin with."""
    return {"key": key, "kind": kind, "text": {}}


def with_question(files: Files, question: dict[str, Any], old_key: str | None) -> Files:
    """The files with the question in place of the one of that key; as the last of the quiz's own where it is None."""
    where = place(files, old_key) if old_key is not None else None
    name = where.file if where else QUIZ
    held = readable(files, name)
    listed = (held or {}).get("questions", [])
    if held is None or not isinstance(listed, list):
        raise QuestionNotOfForm(f"{name} cannot be read.")
    new = copy.deepcopy(held)
    new["questions"] = copy.deepcopy(listed)
    if where:
        new["questions"][where.index] = question
    else:
        new["questions"].append(question)
    return files | {name: rewritten(files.get(name, ""), new)}


def without(files: Files, key: str) -> Files:
    """The files without the question."""
    where = place(files, key)
    new = copy.deepcopy(readable(files, where.file)) or {}
    del new["questions"][where.index]
    if not new["questions"]:
        del new["questions"]
    return files | {where.file: rewritten(files[where.file], new)}


def applied(question: dict[str, Any], form: Form) -> dict[str, Any]:
    """The question with what the form says; what the form does not show stays."""
    new = copy.deepcopy(question)
    new["key"] = form.get("key", "").strip() or question["key"]
    _put_text(new, "text", form)
    _put_text(new, "feedback", form)
    tags = [tag for tag in re.split(r"[\s,]+", form.get("tags", "")) if tag]
    _put(new, "tags", tags or None)
    hard = form.get("difficulty", "").strip()
    _put(new, "difficulty", int(hard) if re.fullmatch(r"\d{1,3}", hard) else hard or None)
    _PARTS[question["kind"]](new, form)
    return new


def _put(held: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        held.pop(name, None)
    elif name not in held or held[name] != value:
        held[name] = value


def _put_text(held: dict[str, Any], name: str, form: Form, prefix: str = "") -> None:
    """A text of both languages; gone where both are empty. What only differs by space around it stays."""
    typed = {lang: _words(form, f"{prefix}{name}.{lang}") for lang in LANGUAGES}
    was = held.get(name, {})
    if not isinstance(was, dict):
        if not any(typed.values()):
            return
        was = {}
    new = was | {lang: words for lang, words in typed.items() if str(was.get(lang) or "").strip() != words}
    _put(held, name, {lang: words for lang, words in new.items() if words} or None)


def _words(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()


def _options(held: dict[str, Any], form: Form) -> None:
    """Rows `option.0.text.es`, in their order; those without a word are no option."""
    was = {
        str(each["key"]): each for each in held.get("options", []) if isinstance(each, dict) and "key" in each
    }
    right = form.get("right") if held["kind"] == "single" else None
    kept: list[dict[str, Any]] = []
    for row in range(_rows(form, "option")):
        prefix = f"option.{row}."
        option = copy.deepcopy(was.get(form.get(f"{prefix}key", ""), {}))
        _put_text(option, "text", form, prefix)
        _put_text(option, "feedback", form, prefix)
        if not option.get("text"):
            continue
        option["key"] = option.get("key") or _fresh({*was, *(each["key"] for each in kept)})
        is_right = right == str(row) if right is not None else bool(form.get(f"{prefix}correct"))
        _put(option, "correct", True if is_right else None)
        kept.append({name: option[name] for name in ("key", *(n for n in option if n != "key"))})
    held["options"] = kept


def _fresh(taken: set[str]) -> str:
    """A key that no option has: the first free letter."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return next(key for key in [*letters, *(f"o{n}" for n in range(100))] if key not in taken)


def _rows(form: Form, name: str) -> int:
    rows = [int(match[1]) for key in form if (match := re.match(rf"{name}\.(\d{{1,2}})\.", key))]
    return max(rows, default=-1) + 1


def _true_false(held: dict[str, Any], form: Form) -> None:
    if form.get("correct") in ("true", "false"):
        held["correct"] = form["correct"] == "true"


def _numeric(held: dict[str, Any], form: Form) -> None:
    """Rows `answer.0.value`, `answer.0.tolerance`."""
    was = [each for each in held.get("answers", []) if isinstance(each, dict)]
    kept = []
    for row in range(_rows(form, "answer")):
        value, tolerance = (form.get(f"answer.{row}.{name}", "").strip() for name in ("value", "tolerance"))
        if value:
            answer = copy.deepcopy(was[row]) if row < len(was) else {}
            _put(answer, "value", _number(value))
            _put(answer, "tolerance", _number(tolerance) if tolerance else None)
            kept.append(answer)
    held["answers"] = kept


def _number(text: str) -> Any:
    """The number, with a point or a comma; what is none stays a text, which is named a fault."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else float(number)


def _short_text(held: dict[str, Any], form: Form) -> None:
    """One accepted answer a line."""
    was = {each.get("text"): each for each in held.get("answers", []) if isinstance(each, dict)}
    lines = [line.strip() for line in _words(form, "answers").split("\n") if line.strip()]
    held["answers"] = [copy.deepcopy(was.get(line, {"text": line})) for line in lines]


_PARTS: Final = {
    "single": _options,
    "multiple": _options,
    "true_false": _true_false,
    "numeric": _numeric,
    "short_text": _short_text,
}


def key_faults(files: Files, key: str, old_key: str | None) -> list[Fault]:
    """What is wrong with a question's key before anything else can be said of it."""
    if len(key) > 64 or not _KEY.fullmatch(key):
        return [Fault("key", "needs small letters, digits and single hyphens")]
    if key != old_key and any(each.question["key"] == key for each in every(files)):
        return [Fault("key", "another question has this key")]
    return []
