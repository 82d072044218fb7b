"""The form of a plan: its names, prices and limits, into a definition and out of it; the rest stays as the text has
it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from plg.kit.errors import Fault, FolderFaults
from plg.plans.catalogue import CATALOGUE
from plg.plans.editing import Definitions
from plg.web.amounts import minor_units, typed_of

LANGUAGES: Final = ("es", "en")
MORE_PRICES: Final = 2
"""Empty rows for new prices."""


@dataclass(frozen=True)
class PriceRow:
    amount: str = ""
    currency: str = ""
    interval: str = "month"
    seat: bool = False
    included: str = ""


@dataclass(frozen=True)
class LimitRow:
    """given: as typed: a number, or `unlimited`; of what is given or not, `yes` or nothing."""

    feature: str
    name: str
    kind: str
    given: str


def texts(definition: Mapping[str, Any]) -> dict[str, str]:
    """By the names of the fields: `name_es`, `description_en`."""
    return {
        f"{name}_{language}": (definition.get(name) or {}).get(language, "")
        for name in ("name", "description")
        for language in LANGUAGES
    }


def prices(definition: Mapping[str, Any]) -> list[PriceRow]:
    """The plan's, and empty ones for more."""
    rows = [
        PriceRow(
            typed_of(p["amount"], p["currency"]),
            p["currency"],
            p["interval"],
            p.get("seat", False),
            str(p.get("included", "")),
        )
        for p in definition["prices"]
    ]
    return rows + [PriceRow()] * MORE_PRICES


def typed_prices(form: Mapping[str, str]) -> list[PriceRow]:
    """The rows of a form that was sent."""
    return [
        PriceRow(
            form[f"amount_{number}"],
            form.get(f"currency_{number}", ""),
            form.get(f"interval_{number}", "month"),
            bool(form.get(f"seat_{number}")),
            form.get(f"included_{number}", ""),
        )
        for number in _rows(form)
    ]


def limits(
    definition: Mapping[str, Any], definitions: Definitions, language: str, form: Mapping[str, str]
) -> list[LimitRow]:
    """As they are; as they were typed, where a form was sent."""
    found = []
    for key, feature in definitions[CATALOGUE]["features"].items():
        given = form.get(f"limit_{key}", "") if form else _given(definition["features"].get(key))
        found.append(LimitRow(key, feature["name"].get(language, key), feature["type"], given))
    return found


def changed(key: str, definitions: Definitions, form: Mapping[str, str]) -> Definitions:
    """All plans with what was typed for one of them. Raises FolderFaults with every amount that is none."""
    told = copy.deepcopy(definitions)
    plan, faults = told[key], list[Fault]()
    for name in ("name", "description"):
        words = {each: form.get(f"{name}_{each}", "").strip() for each in LANGUAGES}
        plan[name] = {language: text for language, text in words.items() if text}
    plan["prices"] = [price for number in _rows(form) if (price := _price(number, form, faults)) is not None]
    for feature, about in told[CATALOGUE]["features"].items():
        _limit(
            plan["features"], feature, about["type"] == "boolean", form.get(f"limit_{feature}", ""), faults
        )
    if faults:
        raise FolderFaults(errors=faults)
    return told


def _rows(form: Mapping[str, str]) -> Iterator[int]:
    number = 0
    while f"amount_{number}" in form and number < 100:
        yield number
        number += 1


def _price(number: int, form: Mapping[str, str], faults: list[Fault]) -> dict[str, Any] | None:
    """None where the row was left empty."""
    typed = form.get(f"amount_{number}", "").strip()
    if not typed:
        return None
    currency = form.get(f"currency_{number}", "").strip().lower()
    amount = minor_units(typed, currency) if len(currency) == 3 and currency.isalpha() else None
    if not amount:
        faults.append(Fault(f"prices.{number}", f"{typed} {currency.upper()}"))
    price = {"amount": amount, "currency": currency, "interval": form.get(f"interval_{number}", "month")}
    price |= {"seat": True} if form.get(f"seat_{number}") else {}
    included = form.get(f"included_{number}", "").strip()
    if included and not (included.isascii() and included.isdigit()):
        faults.append(Fault(f"prices.{number}.included", included))
    return price | ({"included": int(included)} if included.isascii() and included.isdigit() else {})


def _limit(features: dict[str, Any], feature: str, is_boolean: bool, typed: str, faults: list[Fault]) -> None:
    """What the limit holds beside its number stays."""
    typed = typed.strip().lower()
    given: Any = bool(typed) if is_boolean else int(typed) if typed.isascii() and typed.isdigit() else typed
    if not is_boolean and given == "":
        features.pop(feature, None)
    elif not is_boolean and not isinstance(given, int) and given != "unlimited":
        faults.append(Fault(f"features.{feature}", typed))
    elif isinstance(features.get(feature), dict):
        features[feature]["included"] = given
    else:
        features[feature] = given


def _given(limit: Any) -> str:
    found = limit["included"] if isinstance(limit, dict) else limit
    if found is None or found is False:
        return ""
    return "yes" if found is True else str(found)
