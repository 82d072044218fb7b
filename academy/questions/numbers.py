"""Numbers that are accepted: read as people write them, compared exactly.

The three tolerances are Moodle's (question/type/numerical/questiontype.php, get_tolerance_interval), both ends
included: nominal a ± t, relative a ± |a|·t, geometric a/(1+t) to a·(1+t). Moodle widens a nominal interval by the
error of its floating point; fractions have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import Field

from academy.questions.kind import Percent
from academy.texts import Shape, Text

Number = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=40, ge=-(10**30), le=10**30)]
Tolerance = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=40, ge=0, le=10**30)]
Measure = Literal["nominal", "relative", "geometric"]

WRITTEN: Final = re.compile(r"[+-]?(\d{1,40}([.,]\d{0,40})?|[.,]\d{1,40})(e[+-]?\d{1,3})?", re.ASCII)


class AcceptedNumber(Shape):
    """A number that earns `weight` percent of the mark. The first whose interval holds the answer counts."""

    value: Number
    tolerance: Tolerance = Decimal(0)
    measure: Measure = "nominal"
    weight: Percent = Decimal(100)
    feedback: Text | None = None

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """From where to where a number is accepted."""
        return interval(Fraction(self.value), Fraction(self.tolerance), self.measure)


def interval(value: Fraction, tolerance: Fraction, measure: Measure) -> tuple[Fraction, Fraction]:
    """See the module."""
    if measure == "geometric":
        ends = (value / (1 + tolerance), value * (1 + tolerance))
        return min(ends), max(ends)
    width = abs(value) * tolerance if measure == "relative" else tolerance
    return value - width, value + width


def read_number(text: str) -> Fraction | None:
    """The number as written with a point or a comma for decimals and no separator of thousands; None for none."""
    written = re.sub(r"\s", "", text.replace("−", "-")).lower()
    if not WRITTEN.fullmatch(written):
        return None
    mantissa, _, exponent = written.replace(",", ".").partition("e")
    return Fraction(Decimal(mantissa)) * Fraction(10) ** int(exponent or 0)


def first_near(accepted: Sequence[AcceptedNumber], number: Fraction | None) -> int | None:
    """The place of the first accepted number whose interval holds this one, from 0."""
    if number is None:
        return None
    ends = (each.interval for each in accepted)
    return next((n for n, (low, high) in enumerate(ends) if low <= number <= high), None)


def written(number: Decimal) -> str:
    """A decimal as people write it, without an exponent or idle zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
