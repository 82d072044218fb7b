"""What each value of a response earns, from the templates of QTI and the rules that say no more than they do.

Templates are told by the last part of their address: those of both versions have several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from academy.interchange.html_tree import Element
from academy.interchange.qti.item import Item, Response, number
from academy.interchange.report import Notes
from plg.web.i18n import N_

MAPS: Final = ("map_response", "CC2_map_response", "map_response_point")
MATCHES: Final = ("match_correct", "CC2_match", "CC2_match_basic")
NO_RULE: Final = N_("nothing says how it is scored; the declared right answer earns the whole mark")
OTHER_RULE: Final = N_(
    "its own rules of scoring are not carried; the declared right answer earns the whole mark"
)


@dataclass
class Range:
    """Numbers from low to high."""

    low: Decimal
    high: Decimal


@dataclass
class Marks:
    """What a response earns. values: in points of the file; correct: what earns all where no value tells more; whole:
    the right values only count together; ranges: of numbers, with their points; cased: whether capitals matter."""

    values: dict[str, Decimal] = field(default_factory=dict)
    correct: tuple[str, ...] = ()
    whole: bool = False
    ranges: list[tuple[Range, Decimal]] = field(default_factory=list)
    cased: bool = True
    default: Decimal = Decimal(0)
    upper: Decimal | None = None

    @property
    def best(self) -> Decimal:
        """What the best single value earns."""
        return max([*self.values.values(), *(points for _, points in self.ranges)], default=Decimal(0))

    @property
    def top(self) -> Decimal:
        """What all right values earn together."""
        total = sum((each for each in self.values.values() if each > 0), Decimal(0))
        return min(total, self.upper) if self.upper else total


def marks_of(item: Item, response: Response) -> Marks:
    """What the response earns by the item's rules."""
    template = item.processing.get("template").rstrip("/").rpartition("/")[2].removesuffix(".xml")
    rules = item.processing.elements()
    if template in MAPS or (not template and _maps(item.processing, response.name)):
        if response.mapping:
            return _mapped(response)
        item.notes.changed("mapping", N_("there is none, so the declared right answer earns the whole mark"))
    elif template in MATCHES:
        return _matched(response)
    elif rules:
        found = Marks(correct=response.correct)
        if all(_read(item, each, response, found) for each in _conditions(item, response.name)) and (
            found.values or found.ranges or found.whole
        ):
            return found
        item.notes.changed("responseProcessing", OTHER_RULE)
    else:
        item.notes.changed("responseProcessing", NO_RULE)
    return _matched(response)


def _mapped(response: Response) -> Marks:
    mapping = response.mapping
    assert mapping is not None
    return Marks(
        values=dict(mapping.entries), correct=response.correct, cased=mapping.cased, default=mapping.default,
        upper=mapping.upper,
    )  # fmt: skip


def _matched(response: Response) -> Marks:
    values = dict.fromkeys(response.correct, Decimal(1))
    return Marks(values=values, correct=response.correct, whole=response.cardinality != "single")


def _maps(processing: Element, name: str) -> bool:
    return any(
        each.get("identifier") == name for each in processing.within("mapResponse", "mapResponsePoint")
    )


def _conditions(item: Item, name: str) -> Iterator[Element]:
    """The branches that look at this response and give points."""
    for branch in item.processing.within("responseIf", "responseElseIf"):
        test = next(iter(branch.elements()), None)
        looks = test and any(each.get("identifier") == name for each in (test, *test.within("variable")))
        if looks and _points(item, branch) is not None:
            yield branch


def _points(item: Item, branch: Element) -> Decimal | None:
    """What a branch gives to a score, or adds to it; None where it gives none."""
    for told in branch.elements("setOutcomeValue"):
        score = told.get("identifier")
        values = [each.words() for each in told.within("baseValue")]
        variables = {each.get("identifier") for each in told.within("variable")} - {score}
        if "SCORE" in score.upper() and len(values) + len(variables) == 1:
            return [*map(number, values), *map(item.outcome, variables)][0]
    return None


def _read(item: Item, branch: Element, response: Response, marks: Marks) -> bool:
    """Whether the branch says no more than which value earns how much, which is kept in `marks`."""
    test, points = branch.elements()[0], _points(item, branch)
    assert points is not None
    if points <= 0 or test.name in ("isNull", "not"):
        return True
    return all(
        _one(each, response, points, marks) for each in (test.elements() if test.name == "or" else [test])
    )


def _one(test: Element, response: Response, points: Decimal, marks: Marks) -> bool:
    told = [each for each in test.elements() if each.name != "variable"]
    if test.name == "and":
        inner = test.elements()
        return _one(inner[0], response, points, marks) if len(inner) == 1 else _between(test, points, marks)
    if test.name not in ("match", "equal", "stringMatch") or len(told) != 1:
        return False
    if told[0].name not in ("correct", "baseValue"):
        return False
    values = list(response.correct) if told[0].name == "correct" else [told[0].words()]
    if test.name == "equal":
        return all(_near(test, value, points, marks) for value in values)
    marks.values |= dict.fromkeys(values, points)
    marks.whole |= response.cardinality != "single"
    marks.cased &= test.get("caseSensitive", "true") == "true"
    return bool(values)


def _near(test: Element, value: str, points: Decimal, marks: Marks) -> bool:
    mode = test.get("toleranceMode", "exact")
    center = number(value)
    told = [number(each) for each in test.get("tolerance").split()] or [Decimal(0)]
    below, above = (told[0], told[-1]) if mode != "exact" else (Decimal(0), Decimal(0))
    if mode == "relative":
        below, above = (abs(center) * each / 100 for each in (below, above))
    marks.ranges.append((Range(center - below, center + above), points))
    return mode in ("exact", "absolute", "relative")


def _between(test: Element, points: Decimal, marks: Marks) -> bool:
    ends: dict[str, Decimal] = {}
    for each in test.elements():
        values = each.elements("baseValue")
        if each.name not in ("gte", "lte") or len(values) != 1:
            return False
        ends["low" if each.name == "gte" else "high"] = number(values[0].words())
    if len(ends) != 2:
        return False
    marks.ranges.append((Range(ends["low"], ends["high"]), points))
    return True


def percent(points: Decimal, whole: Decimal) -> Decimal:
    """Points as a percentage of the whole mark."""
    return points * 100 / whole if whole else Decimal(0)


def by_parts(marks: Marks, notes: Notes) -> None:
    """Take a note where the right values only count together, and each counts by itself here."""
    if marks.whole:
        notes.changed("match_correct", N_("all of it or nothing there; here each right part earns its share"))
