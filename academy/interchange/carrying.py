"""From what stands in a file to questions of ours: keys, languages, and one loop that loses nothing in silence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from academy.interchange.report import Notes
from academy.questions import BaseQuestion, Question
from plg.web.i18n import N_

DIFFICULTY: Final = re.compile(r"difficulty[ :_-]?([1-5])")
QUESTION: Final = N_("the question")
WHOLE_ANSWER: Final = {"es": "La respuesta en conjunto", "en": "The answer as a whole"}
SHAPE: Final[TypeAdapter[BaseQuestion]] = TypeAdapter(Question)


class Said(str):
    """A text of the one language that the file is in."""


class NotCarried(ValueError):  # noqa: N818 - it is named as the reason that it gives
    """Why something is no question here. values: of the `{name}`s in the reason."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


class Unlike(ValueError):  # noqa: N818 - it is named as the reason that it gives
    """What two languages of one question do not share."""


@dataclass(frozen=True)
class Source:
    """One thing of a file that may be a question. name: its id or title there, which its key is made of; make: gives
    it as authors of YAML would write it, without its key, its texts in one language (`Said`)."""

    where: str
    name: str
    make: Callable[[Notes], dict[str, Any]]


@dataclass(frozen=True)
class Carried:
    """A question as authors of YAML would write it, its texts in one language, and where it stands."""

    where: str
    raw: dict[str, Any]


def carry(sources: Iterable[Source], notes: Notes, prefix: str = "") -> list[Carried]:
    """The questions; what cannot be one is noted. prefix: what their keys begin with."""
    found: list[Carried] = []
    taken: set[str] = set()
    for source in sources:
        here = notes.at(source.where)
        try:
            raw = source.make(here)
        except NotCarried as error:
            here.lost(QUESTION, error.reason, **error.values)
            continue
        raw["key"] = _key(source.name, prefix, len(found) + 1, taken)
        taken.add(raw["key"])
        found.append(Carried(source.where, raw))
    return found


def questions_of(carried: Iterable[Carried], notes: Notes) -> list[BaseQuestion]:
    """The questions, the same words in every language; what is not sound is noted."""
    found = []
    for each in carried:
        try:
            found.append(SHAPE.validate_python(in_both(each.raw, each.raw)))
        except ValidationError as error:
            for place, message in faults_of(error):
                notes.at(each.where).lost(f"{QUESTION} ({place})" if place else QUESTION, message)
    return found


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """What is wrong with a question: the place within it, and why."""
    listed = error.errors(include_url=False, include_input=False)
    return [
        (".".join(map(str, each["loc"][1:])), each["msg"].removeprefix("Value error, ")) for each in listed
    ]


def in_both(es: Any, en: Any) -> Any:
    """One question of its two languages; Unlike says where they differ in more than words."""
    if isinstance(es, Said) and isinstance(en, Said):
        return {"es": str(es), "en": str(en)}
    if isinstance(es, dict) and isinstance(en, dict):
        if es.keys() != en.keys():
            raise Unlike(f"only one of the languages has {min(es.keys() ^ en.keys())}")
        words = es.get("kind") == "short_text" == en.get("kind")
        alike = {"key"} | ({"answers"} if words else set())
        both = {name: es[name] if name in alike else in_both(es[name], en[name]) for name in es}
        return both | ({"answers": _either(es["answers"], en["answers"])} if words else {})
    if isinstance(es, list) and isinstance(en, list) and len(es) == len(en):
        return [in_both(one, other) for one, other in zip(es, en, strict=True)]
    if es != en:
        raise Unlike(
            N_(
                "the languages differ in more than words: kinds, numbers, weights and tags are the same in both"
            )
        )
    return es


def _either(es: list[dict[str, Any]], en: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A short text is accepted in either language; its feedback is in the one that it was written in."""
    known = {each["text"] for each in es}
    return [in_both(each, each) for each in [*es, *(each for each in en if each["text"] not in known)]]


def labels(tags: Iterable[str], category: str | None = None) -> dict[str, Any]:
    """Tags as ours: `difficulty-3` is a difficulty; the category is a tag, too."""
    listed = list(tags)
    levels = [match for tag in listed if (match := DIFFICULTY.fullmatch(tag))]
    ours = [slug(tag) for tag in listed if not DIFFICULTY.fullmatch(tag)] + [category or ""]
    raw: dict[str, Any] = {"tags": list(dict.fromkeys(filter(None, ours)))} if any(ours) else {}
    return raw | ({"difficulty": int(levels[0][1])} if levels else {})


def slug(text: str) -> str:
    """Lower-case words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-")


def _key(name: str, prefix: str, number: int, taken: set[str]) -> str:
    named = slug(name)
    key = f"{prefix}-{named or number}" if prefix else named or f"question-{number}"
    key = key[:60].strip("-")
    return next(each for each in _ways(key, number) if each not in taken)


def _ways(key: str, number: int) -> Iterable[str]:
    yield key
    yield f"{key[:55]}-{number}"
    yield from (f"{key[:50]}-{number}-{again}" for again in range(2, 10_000))
