"""An offer's form: the fields that are edited most, into a definition and out of it; the rest stays as the text has
it. And the text of a definition."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

import yaml

from plg.kit.errors import Fault
from plg.kit.strict_yaml import read_yaml, write_yaml
from plg.offers.definition import OfferFaulty

TEXTS: Final = ("title", "body", "label")
LANGUAGES: Final = ("es", "en")
PLAIN: Final = ("channel", "starts_at", "ends_at", "lasts", "snooze", "window")
NUMBERS: Final = ("priority", "holdout")
MAX_TEXT: Final = 100_000
STARTER: Final = """\
trigger:
  kind: limit_near
channel: banner
title:
  es: Te acercas a tu límite
  en: You are near your limit
body:
  es: Con el plan siguiente tienes **más**.
  en: With the next plan you have **more**.
answer:
  upgrade:
    plan: next
holdout: 10
"""


def fields(definition: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows, by the names of its fields: `title_es`, `priority`."""
    found = {
        f"{name}_{language}": str((definition.get(name) or {}).get(language, ""))
        for name in TEXTS
        for language in LANGUAGES
    }
    return found | {name: str(definition.get(name, "")) for name in (*PLAIN, *NUMBERS)}


def changed(definition: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The definition with what was typed; what was left empty is taken out."""
    told = copy.deepcopy(dict(definition))
    for name in TEXTS:
        words = {language: form.get(f"{name}_{language}", "").strip() for language in LANGUAGES}
        _put(told, name, {language: text for language, text in words.items() if text})
    for name in PLAIN:
        _put(told, name, form.get(name, "").strip())
    for name in NUMBERS:
        typed = form.get(name, "").strip()
        _put(told, name, int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else typed)
    return told


def _put(told: dict[str, Any], name: str, value: Any) -> None:
    if value in ("", {}):
        told.pop(name, None)
    else:
        told[name] = value


def read(text: str) -> Any:
    """The definition of a text. Raises OfferFaulty with the line."""
    if len(text) > MAX_TEXT:
        raise OfferFaulty(errors=[Fault("offer", f"has more than {MAX_TEXT} characters")])
    try:
        return read_yaml(text)
    except yaml.YAMLError as error:
        raise OfferFaulty(errors=[Fault("offer", " ".join(str(error).split()))]) from None


def written(definition: Mapping[str, Any]) -> str:
    return write_yaml(dict(definition)) if definition else ""
