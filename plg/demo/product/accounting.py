"""Facturo's invoices as accountants read them: one CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = ("number", "customer", "concept", "amount", "status", "created_at", "sent_at", "paid_at")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is worked out by spreadsheets; an apostrophe before it keeps it a text."""


def csv_of(invoices: Iterable[Mapping[str, Any]]) -> str:
    """A line for each invoice. Amounts in dollars."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(COLUMNS)
    for invoice in invoices:
        values = {name: invoice[name] or "" for name in COLUMNS}
        lines.writerow(
            _plain(value) for value in (values | {"amount": f"{invoice['amount'] / 100:.2f}"}).values()
        )
    return file.getvalue()


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
