"""One lesson of each kind, and a course of them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.academy.samples import course, option, quiz, single, text
from tests.academy.scorm_samples import scorm_package

FILM = "clip.webm"
FILES = {
    "clip.webm": b"film" * 200_000,
    "table.csv": b"a,b\n",
    "shop.png": b"\x89PNG",
    "safety.zip": scorm_package(),
    "clip.es.vtt": b"WEBVTT\n",
}

WORKS: dict[str, dict[str, Any]] = {
    "text": {"kind": "text", "done_by": "time", "seconds": 20},
    "video": {
        "kind": "video",
        "file": FILM,
        "seconds": 100,
        "complete_at": 80,
        "captions": {"es": "clip.es.vtt"},
    },
    "downloads": {"kind": "downloads", "files": [{"file": "table.csv", "title": text("Table")}]},
    "practice": {
        "kind": "practice",
        "tasks": [
            {"key": "send", "text": text("Send two"), "when": {"event": "Invoice Sent", "count": {"gte": 2}}},
            {
                "key": "pay",
                "text": text("Record a payment"),
                "when": {"event": "Payment Recorded", "by": "account", "where": {"amount": {"gte": 10}}},
            },
        ],
    },
    "scorm": {"kind": "scorm", "package": "safety.zip", "launch": "sco/index.html", "mastery_score": 80},
    "survey": {
        "kind": "survey",
        "questions": [
            {
                "key": "useful",
                "kind": "scale",
                "text": text("Useful?"),
                "low": text("no"),
                "high": text("yes"),
            },
            {
                "key": "liked",
                "kind": "choice",
                "text": text("Liked?"),
                "options": [option("tables"), option("videos")],
                "many": True,
                "required": False,
            },
            {"key": "words", "kind": "text", "text": text("Anything else?"), "required": False},
        ],
    },
}
SAID = {"useful": 4, "liked": ["videos"], "words": "Gracias"}


def work(kind: str, **changes: Any) -> dict[str, Any]:
    return WORKS[kind] | changes


def lesson(number: int, kind: str, **changes: Any) -> dict[str, Any]:
    body = {"es": f"# Lección {kind}\n\nHola.\n", "en": f"# Lesson {kind}\n\nHi.\n"}
    return {"number": number, "key": kind, "body": body, "work": work(kind, **changes)}


def whole(*kinds: str, **changes: Any) -> dict[str, Any]:
    """A course with a lesson of each of these kinds, or of all; without `files`, which a folder brings."""
    lessons = [lesson(number, kind) for number, kind in enumerate(kinds or WORKS, 1)]
    asked = quiz(questions=[single("one")], pass_mark=100)
    return course(**{"lessons": lessons, "quiz": asked} | changes)


def fill(folder: Path) -> Path:
    """The files of such courses in a course folder."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / "files" / name).write_bytes(content)
    return folder
