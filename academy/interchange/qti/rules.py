"""Rules of scoring as they are written: the few forms that every reader of QTI knows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from academy.interchange.html_tree import Element, element

SCORE = "SCORE"


def told(points: Decimal) -> str:
    """Points as a number of the file; seven decimals tell a third from a third."""
    text = f"{points:.7f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def scored(points: Decimal) -> Element:
    """Adds points to the score."""
    value = element("baseValue", told(points), baseType="float")
    total = element("sum", element("variable", identifier=SCORE), value)
    return element("setOutcomeValue", total, identifier=SCORE)


def matched(name: str) -> Element:
    """The whole mark for the right answer."""
    test = element("match", element("variable", identifier=name), element("correct", identifier=name))
    return element("responseCondition", element("responseIf", test, scored(Decimal(1))))


def summed(name: str) -> Element:
    """Adds what a response earns by its mapping."""
    total = element("sum", element("variable", identifier=SCORE), element("mapResponse", identifier=name))
    return element("setOutcomeValue", total, identifier=SCORE)


def near(name: str, value: Decimal, below: Decimal, above: Decimal) -> Element:
    """Whether a number is near another: by so much less, or so much more."""
    center = element("baseValue", f"{value:f}", baseType="float")
    tolerance = {"toleranceMode": "absolute", "tolerance": f"{below:f} {above:f}"} if below or above else {}
    mode = tolerance or {"toleranceMode": "exact"}
    return Element("equal", mode, [element("variable", identifier=name), center])


def on_value(tests: Sequence[tuple[Element, Decimal]]) -> Element:
    """The first test that holds gives its points."""
    branches = [
        element("responseIf" if place == 0 else "responseElseIf", test, scored(points))
        for place, (test, points) in enumerate(tests)
    ]
    return element("responseCondition", *branches)


def shown(outcome: str, value: Element) -> Element:
    """Sets what feedback is shown."""
    return element("setOutcomeValue", value, identifier=outcome)
