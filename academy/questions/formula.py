"""Formulas of calculated questions: arithmetic that is exact, and can do nothing else.

Numbers, names of variables, `+ - * / **` (whole exponents up to 20), parentheses, and abs, min, max, round (half away
from zero, to a whole number of decimals), floor, ceil, and sqrt (to 30 digits).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

MAX_LENGTH, MAX_BITS, MAX_EXPONENT, MAX_DECIMALS = 500, 2_000, 20, 10
_DIGITS: Final = Context(prec=30)


class Formula:
    """A formula that was read; ValueError says what it cannot hold."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise ValueError(f"is longer than {MAX_LENGTH} characters")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError("is no formula") from error
        self.names: set[str] = set()
        self._check(self._tree)

    def value(self, variables: Mapping[str, Fraction]) -> Fraction:
        """What it comes to; ValueError where it comes to nothing (a division by zero, the root of a negative)."""
        try:
            return self._value(self._tree, variables)
        except ZeroDivisionError as error:
            raise ValueError("divides by zero") from error

    def _check(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool()):
                raise ValueError("holds something other than numbers, names and arithmetic")
            case ast.Constant(value=int() | float()):
                pass
            case ast.Name(id=name):
                self.names.add(name)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=inner):
                self._check(inner)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                self._check(left)
                self._check(right)
            case ast.Call(func=ast.Name(id=name), args=[_, *_] as given, keywords=[]) if name in _FUNCTIONS:
                for each in given:
                    self._check(each)
            case _:
                raise ValueError("holds something other than numbers, names and arithmetic")

    def _value(self, node: ast.expr, variables: Mapping[str, Fraction]) -> Fraction:
        match node:
            case ast.Constant(value=int() | float() as number):
                found = Fraction(str(number))
            case ast.Name(id=name):
                found = variables[name]
            case ast.UnaryOp(op=op, operand=inner):
                found = self._value(inner, variables) * (-1 if isinstance(op, ast.USub) else 1)
            case ast.BinOp(left=left, op=op, right=right):
                found = _OPERATORS[type(op)](self._value(left, variables), self._value(right, variables))
            case ast.Call(func=ast.Name(id=name), args=given):
                found = _called(name, [self._value(each, variables) for each in given])
            case _:
                raise AssertionError("the check lets nothing else through")
        if max(abs(found.numerator), found.denominator).bit_length() > MAX_BITS:
            raise ValueError("comes to a number that is too long")
        return found


def rounded(number: Fraction, decimals: int) -> Fraction:
    """To so many decimals, half away from zero, as people do."""
    scale = 10**decimals
    whole = math.floor(abs(number) * scale + Fraction(1, 2))
    return Fraction(whole if number >= 0 else -whole, scale)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT:
        raise ValueError(f"has an exponent that is no whole number up to {MAX_EXPONENT}")
    return base ** int(exponent)


def _root(number: Fraction) -> Fraction:
    if number < 0:
        raise ValueError("takes the square root of a negative number")
    return Fraction(_DIGITS.sqrt(_DIGITS.divide(Decimal(number.numerator), Decimal(number.denominator))))


def _round(number: Fraction, decimals: Fraction = Fraction(0)) -> Fraction:
    if decimals.denominator != 1 or not 0 <= decimals <= MAX_DECIMALS:
        raise ValueError(f"rounds to something other than 0 to {MAX_DECIMALS} decimals")
    return rounded(number, int(decimals))


def _called(name: str, given: list[Fraction]) -> Fraction:
    try:
        return _FUNCTIONS[name](*given)
    except TypeError as error:
        raise ValueError(f"gives {name} too many numbers, or too few") from error


_OPERATORS: Final[dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: _power,
}
_FUNCTIONS: Final[dict[str, Callable[..., Fraction]]] = {
    "abs": abs,
    "min": lambda first, *more: min(first, *more) if more else first,
    "max": lambda first, *more: max(first, *more) if more else first,
    "round": _round,
    "floor": lambda number: Fraction(math.floor(number)),
    "ceil": lambda number: Fraction(math.ceil(number)),
    "sqrt": _root,
}
