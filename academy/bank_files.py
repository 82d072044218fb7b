"""Banks of questions as files: `banks/vat.yaml`, or as GIFT, `banks/vat.es.gift` beside `banks/vat.en.gift`.

A `banks/vat.gift` alone has the same words for readers of both languages. `quiz.gift` and its like hold the quiz's
own questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml
from pydantic import TypeAdapter, ValidationError

from academy.interchange.carrying import Carried, Unlike, faults_of, in_both
from academy.interchange.gift import carry, read_gift
from academy.interchange.report import Notes
from academy.questions import Question
from academy.texts import LANGUAGES
from plg.kit.errors import Fault
from plg.kit.strict_yaml import read_yaml

FOLDER: Final = "banks"
BANK: Final = re.compile(
    r"(?:banks/(?P<bank>[a-z0-9]+(?:-[a-z0-9]+)*)|quiz)"
    r"(?:\.(?P<yaml>yaml)|(?:\.(?P<language>[a-z]{2}))?\.gift)"
)
_QUESTION: Final[TypeAdapter[Any]] = TypeAdapter(Question)

Gift = dict[str | None, str]
"""The GIFT files of one bank by their language; None: of both."""


def is_bank_file(name: str) -> bool:
    """Whether a file of a course folder holds questions, other than `quiz.yaml`."""
    match = BANK.fullmatch(name)
    return match is not None and name != "quiz.yaml" and match["language"] in (None, *LANGUAGES)


def read_banks(files: Mapping[str, str], faults: list[Fault]) -> dict[str, dict[str, Any]]:
    """Every bank as authors of YAML would write it, by name; "" has the quiz's own questions. Faults name file and
    line, or are left to whoever reads the YAML's shapes."""
    found: dict[str, dict[str, Any]] = {}
    gift: dict[str, Gift] = {}
    for name in sorted(filter(is_bank_file, files)):
        match = BANK.fullmatch(name)
        assert match is not None
        if match["yaml"]:
            plain = _yaml_bank(name, files[name], faults)
            found |= {match["bank"]: plain} if plain else {}
        else:
            gift.setdefault(match["bank"] or "", {})[match["language"]] = name
    for bank, names in gift.items():
        if bank in found:
            faults.append(Fault(next(iter(names.values())), f"the bank {bank!r} has a YAML file as well"))
            continue
        questions = _gift_bank(
            bank or "quiz", {key: (name, files[name]) for key, name in names.items()}, faults
        )
        if questions:
            found[bank] = {"questions": questions}
    return found


def _yaml_bank(name: str, text: str, faults: list[Fault]) -> dict[str, Any] | None:
    try:
        bank = read_yaml(text)
    except yaml.YAMLError as error:
        faults.append(Fault(name, " ".join(str(error).split())))
        return None
    if isinstance(bank, dict):
        return bank
    faults.append(Fault(name, "is not a mapping with `questions`"))
    return None


def _gift_bank(
    prefix: str, files: dict[str | None, tuple[str, str]], faults: list[Fault]
) -> list[dict[str, Any]] | None:
    """The questions of a bank; None where its files have faults."""
    if set(files) not in ({None}, set(LANGUAGES)):
        name = next(iter(files.values()))[0]
        faults.append(
            Fault(name, f"needs a file of each language, {' and '.join(LANGUAGES)}, or one for both")
        )
        return None
    before = len(faults)
    sides = {language: _carried(name, text, prefix, faults) for language, (name, text) in files.items()}
    names = [files[language][0] for language in ((None,) if None in files else LANGUAGES)]
    es, en = (sides[None], sides[None]) if None in sides else (sides["es"], sides["en"])
    if len(es) != len(en):
        faults.append(Fault(names[-1], f"holds another number of questions than {names[0]}"))
    if len(faults) > before:
        return None
    pairs = zip(es, en, strict=True)
    questions = [_joined(one, other, names, faults) for one, other in pairs]
    return None if len(faults) > before else [each for each in questions if each]


def _carried(name: str, text: str, prefix: str, faults: list[Fault]) -> list[Carried]:
    """An author mends a file of the course: whatever would not be carried as it is, is a fault."""
    entries, broken = read_gift(text)
    notes = Notes()
    questions = carry(entries, notes, prefix)
    lost = [Fault(note.where, f"{note.what} {note.why}") for note in notes.listed if note.outcome != "noted"]
    faults += [Fault(f"{name}: {fault.field}", fault.message) for fault in [*broken, *lost]]
    return questions


def _joined(es: Carried, en: Carried, names: list[str], faults: list[Fault]) -> dict[str, Any] | None:
    """One question of both languages, if it is sound."""
    place = f"{names[0]}: {es.where}"
    try:
        raw: dict[str, Any] = in_both(es.raw, en.raw)
        _QUESTION.validate_python(raw)
    except Unlike as error:
        faults.append(Fault(f"{names[-1]}: {en.where}", str(error)))
    except ValidationError as error:
        faults += [Fault(place, f"{inside}: {said}" if inside else said) for inside, said in faults_of(error)]
    else:
        return raw
    return None
