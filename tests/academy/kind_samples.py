"""One question of every kind, and more where a kind has several ways. KEY_WORDS are what no page may show early."""

from __future__ import annotations

import base64
from typing import Any

from tests.academy.samples import multiple, option, single, text

PICTURE = base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180" fill="#dde"/>'
    b'<rect x="20" y="20" width="90" height="40" fill="#96a"/>'
    b'<rect x="200" y="110" width="90" height="40" fill="#6a9"/>'
    b"</svg>"
).decode()


def _of(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "kind": kind,
        "text": text(f"Question {key}"),
        "feedback": text("Secretgeneral"),
    } | more


def _part(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "text": text(f"Part {key[-1]}")} | more


def _option(key: str, **more: Any) -> dict[str, Any]:
    return option(key, **more) | {"text": text(f"Option {key[-1]}")}


SINGLE = single("s-one") | {"feedback": text("Secretgeneral")}
NEAR = single("s-near") | {"options": [
    _option("secret-a", correct=True) | {"feedback": text("Secretspecific")}, _option("secret-b", weight=50),
    _option("secret-c", weight=-25) | {"pinned": True}]}  # fmt: skip
MULTIPLE = multiple("m-one") | {"feedback": text("Secretgeneral")}
WEIGHED = multiple("m-weighed") | {"options": [
    option(k, correct=k in "ab", weight=w) for k, w in zip("abcd", (70, 30, -100, -50), strict=True)]}  # fmt: skip
TRUE_FALSE = _of(
    "true_false", "tf", correct=False, wrong_feedback=text("Secretwrong"), right_feedback=text("Secretright")
)
PENALISED = _of("true_false", "tf-costs", correct=True, wrong_weight=-50)
NUMERIC = _of("numeric", "num", answers=[
    {"value": 1822, "feedback": text("Secretnear")}, {"value": 1822, "tolerance": 2, "weight": 50}],
    other_feedback=text("Secretother"))  # fmt: skip
UNITS = _of("numeric", "num-units", answers=[{"value": "1.5", "tolerance": "0.01", "measure": "relative"}],
    units=[{"unit": "m", "factor": "0.001"}, {"unit": "km"}])  # fmt: skip
SHORT = _of("short_text", "short", answers=[
    {"text": "Secretword", "feedback": text("Secrethit")}, {"text": "secret*near", "weight": 50}])  # fmt: skip
CATCH_ALL = _of("short_text", "short-any", answers=[{"text": "Secretword"}, {"text": "*", "weight": 20}])
MATCHING = _of("matching", "match", pairs=[
    {"key": "secret-1", "left": text("Row 1"), "right": text("Paris")},
    {"key": "secret-2", "left": text("Row 2"), "right": text("Rome")},
    {"key": "secret-3", "left": text("Row 3"), "right": text("Paris")},
    {"key": "secret-4", "right": text("Chat")}])  # fmt: skip
ORDERING = _of("ordering", "order", items=[_part(f"secret-{n}") for n in "abcd"])
FOLLOWING = _of("ordering", "order-next", grading="next", items=[_part(f"secret-{n}") for n in "abcd"])
EXACT_ORDER = _of(
    "ordering", "order-all", grading="all_or_nothing", items=[_part(f"secret-{n}") for n in "abc"]
)
CLOZE = _of("cloze", "cloze") | {
    "text": {
        "es": "El [[secret-a]] vale [[secret-b]] y se llama [[secret-c]].",
        "en": "The [[secret-a]] costs [[secret-b]] and is [[secret-c]]."},
    "gaps": [
        {"key": "secret-a", "kind": "choice", "weight": 2, "options": [
            _option("secret-x", correct=True), _option("secret-y"), _option("secret-z", weight=50)]},
        {"key": "secret-b", "kind": "number", "answers": [{"value": "3.14159", "tolerance": "0.01"}]},
        {"key": "secret-c", "kind": "text", "answers": [{"text": "Secretname"}]},
    ],
}  # fmt: skip
CATEGORISE = _of("categorise", "sorts", categories=[_part("secret-x"), _part("secret-y")], items=[
    _part(f"secret-{n}", category="secret-x" if n in "ab" else "secret-y") for n in "abc"])  # fmt: skip
HOT_SPOT = _of("hot_spot", "spot", image={
    "src": f"data:image/svg+xml;base64,{PICTURE}", "width": 320, "height": 180, "alt": text("Two boxes")}, regions=[
    _option("secret-a", correct=True) | {"x": 20, "y": 20, "width": 90, "height": 40},
    _option("secret-b") | {"x": 200, "y": 110, "width": 90, "height": 40}])  # fmt: skip
CALCULATED = _of("calculated", "calc", variables=[
    {"name": "a", "min": 2, "max": 9}, {"name": "b", "min": "0.5", "max": "2.5", "decimals": 1}],
    formula="a * b / 3", decimals=2) | {"text": text("{a} by {b} by three?")}  # fmt: skip
ESSAY = _of("essay", "essay", rubric=[
    {"key": "clear", "text": text("Clear"), "points": 4},
    {"key": "whole", "text": text("Whole"), "points": 6}])  # fmt: skip
FILE = _of("file_upload", "file", types=["pdf", "txt"], rubric=ESSAY["rubric"])
TASK = _of("product_task", "task", tasks=[
    {"key": "send", "text": text("Send two invoices"), "when": {"event": "Invoice Sent", "count": {"gte": 2}}},
    {"key": "big", "text": text("One of 100 or more"), "when": {
        "event": "Invoice Sent", "where": {"amount": {"gte": 100}}, "by": "account"}}])  # fmt: skip

EVERY_KIND = [
    SINGLE, NEAR, MULTIPLE, WEIGHED, TRUE_FALSE, PENALISED, NUMERIC, UNITS, SHORT, CATCH_ALL, MATCHING, ORDERING,
    FOLLOWING, EXACT_ORDER, CLOZE, CATEGORISE, HOT_SPOT, CALCULATED, ESSAY, FILE, TASK,
]  # fmt: skip
KEY_WORDS = ("secret", "1822", "3.14159", "a * b", "correct", "tolerance", "weight", "Invoice Sent")
"""Every author's key, accepted answer and feedback of the samples holds one of these."""
