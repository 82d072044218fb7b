"""What people type into Facturo's forms, checked: values, or the fault of each field by its text key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Faults = dict[str, str]
Check = Callable[[str], Any]
LONGEST = 200


class FieldError(ValueError):
    """One field is wrong; its argument is the key of the text that says so."""


def words(written: str) -> str:
    """Any text that is not empty."""
    if not written:
        raise FieldError("fault_missing")
    return written


def email(written: str) -> str:
    """An address with one @ and a dot behind it; the rest is for the mail server to judge."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", written):
        raise FieldError("fault_email")
    return written


def amount(written: str) -> int:
    """Cents: "1200", "1200,50" and "1200.5" are understood; nothing, zero and less are not."""
    found = re.fullmatch(r"(\d{1,9})(?:[.,](\d{1,2}))?", written)
    cents = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if cents <= 0:
        raise FieldError("fault_amount")
    return cents


def number(written: str) -> int:
    """The id of a choice."""
    if not re.fullmatch(r"\d{1,15}", written):
        raise FieldError("fault_customer")
    return int(written)


def read(form: Mapping[str, str], **checks: Check) -> tuple[dict[str, Any], Faults]:
    """Check every field; all faults at once."""
    values: dict[str, Any] = {}
    faults: Faults = {}
    for field, check in checks.items():
        try:
            values[field] = check(form.get(field, "").strip()[:LONGEST])
        except FieldError as fault:
            faults[field] = str(fault)
    return values, faults
