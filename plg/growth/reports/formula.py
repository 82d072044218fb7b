"""Formulas over series: letters from A, numbers, + - * / and brackets."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping

Value = float | None
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def faults(formula: str, letters: str) -> str:
    """What is wrong with a formula over the series with these letters; empty where nothing is."""
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
        value_of(tree, dict.fromkeys(letters, 1.0))
    except KeyError as unknown:
        return f"there is no series {unknown.args[0]}"
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return "write a formula of series letters, numbers, + - * / and brackets"
    return ""


def parsed(formula: str) -> ast.expr:
    """A formula without faults, for `value_of`."""
    return ast.parse(formula.strip(), mode="eval").body


def value_of(node: ast.expr, series: Mapping[str, Value]) -> Value:
    """The value where each letter stands for its series; None where a part is missing or a divisor is 0.
    Raises KeyError for an unknown letter and ValueError for what is no formula."""
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return series[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = value_of(node.operand, series)
        return None if value is None else -value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = value_of(node.left, series), value_of(node.right, series)
        if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
            return None
        return float(_OPERATORS[type(node.op)](left, right))
    raise ValueError("not a formula")
