"""Courses and questions that the academy's tests use."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from academy.questions import BaseQuestion, Question
from academy.schemas import Course

SCRIPT = "<script>alert(1)</script>"


def text(words: str) -> dict[str, str]:
    return {"es": f"{words} (es)", "en": f"{words} (en)"}


def option(key: str, *, correct: bool = False, weight: object = None) -> dict[str, Any]:
    raw: dict[str, Any] = {"key": key, "text": text(f"Option {key}")}
    return raw | ({"correct": True} if correct else {}) | ({} if weight is None else {"weight": weight})


def single(key: str = "one", right: str = "b", options: str = "abcd") -> dict[str, Any]:
    return {
        "key": key,
        "kind": "single",
        "text": text(f"Question {key}"),
        "feedback": text(f"Feedback {key}"),
        "options": [option(name, correct=name == right) for name in options],
    }


def multiple(key: str = "many", right: str = "ab", options: str = "abcd") -> dict[str, Any]:
    return single(key) | {
        "kind": "multiple",
        "options": [option(name, correct=name in right) for name in options],
    }


def question(raw: dict[str, Any]) -> BaseQuestion:
    return TypeAdapter(Question).validate_python(raw)  # type: ignore[no-any-return]


def quiz(**changes: Any) -> dict[str, Any]:
    questions = [single("one"), single("two", right="c"), multiple("three"), multiple("four", right="bcd")]
    return {"title": text("Quiz"), "pass_mark": 75, "questions": questions} | changes


def course(**changes: Any) -> dict[str, Any]:
    lessons = [
        {"number": n, "key": key, "body": {"es": f"# Lección {n}\n\nHola.\n", "en": f"# Lesson {n}\n\nHi.\n"}}
        for n, key in enumerate(("first", "second"), 1)
    ]
    whole = {"title": text("Course"), "summary": text("Summary"), "lessons": lessons, "quiz": quiz()}
    return whole | changes


def read(raw: dict[str, Any]) -> Course:
    return Course.model_validate(raw)
