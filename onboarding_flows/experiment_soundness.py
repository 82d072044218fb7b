"""What is wrong with an experiment: arms that cannot be told apart, variants that make no sound flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from onboarding_flows.experiment_definition import HOLDOUT, replaced
from plg.kit.errors import Fault

AT = "experiment.variants"


def faults(definition: Any, of_whole: Callable[[Any], list[Fault]]) -> list[Fault]:
    """Each fault with its path, of a definition that may be of any form. of_whole: what is wrong with a flow."""
    experiment = definition.get("experiment") if isinstance(definition, dict) else None
    if not isinstance(experiment, dict):
        return []
    listed = experiment.get("variants") or []
    variants = list(enumerate(listed)) if isinstance(listed, list) else []
    found = [*_comparison(experiment, len(variants)), *_keys(variants), *_changes(variants)]
    known = {(fault.field, fault.message) for fault in of_whole(definition)}
    for index, variant in variants:
        found += _of_variant(definition, index, variant, of_whole, known)
    return found


def _comparison(experiment: dict[str, Any], variants: int) -> Iterator[Fault]:
    if not experiment.get("holdout") and variants < 2:
        yield Fault("experiment", "has nothing to compare: it needs a holdout, or two variants")


def _keys(variants: list[tuple[int, Any]]) -> Iterator[Fault]:
    before: list[Any] = []
    for index, variant in variants:
        key = variant.get("key") if isinstance(variant, dict) else None
        if key == HOLDOUT:
            yield Fault(f"{AT}.{index}.key", f"{HOLDOUT!r} is the name of those who get nothing")
        elif key is not None and key in before:
            yield Fault(f"{AT}.{index}.key", f"{key!r} is the key of an earlier variant")
        before.append(key)


def _changes(variants: list[tuple[int, Any]]) -> Iterator[Fault]:
    for index, variant in variants:
        changes = variant.get("changes") if isinstance(variant, dict) else None
        if index == 0 and changes:
            yield Fault(f"{AT}.0.changes", "the first variant is the control: the flow as it is")
        elif index > 0 and not changes:
            yield Fault(f"{AT}.{index}.changes", "is needed: only the first variant changes nothing")


def _of_variant(
    definition: dict[str, Any],
    index: int,
    variant: Any,
    of_whole: Callable[[Any], list[Fault]],
    known: set[tuple[str, str]],
) -> Iterator[Fault]:
    """What is wrong with the flow as this variant makes it, but is right (or wrong elsewhere) in the flow itself."""
    given = variant.get("changes") if isinstance(variant, dict) else None
    if index == 0 or not isinstance(given, dict):
        return
    changes = {name: value for name, value in given.items() if value is not None}
    for fault in of_whole({**definition, **replaced(changes)}):
        if fault.field.partition(".")[0] in changes or (fault.field, fault.message) not in known:
            yield Fault(f"{AT}.{index}.changes.{fault.field}", fault.message)
