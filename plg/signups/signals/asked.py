"""What a signal is told, and what it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plg.signups.policy import Policy
from plg.signups.traces import Evidence


@dataclass(frozen=True)
class Asked:
    """A sign-up as signals see it. account_id: None before there is one; traces: hashes by kind; confirmed: whether
    the address has been shown to be the person's."""

    address: str
    name: str
    company: str
    policy: Policy
    moment: dt.datetime
    evidence: Evidence
    traces: Mapping[str, str] = field(default_factory=dict)
    account_id: int | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class Finding:
    """One reason: its points, and the numbers of its sentence (see `texts`)."""

    signal: str
    points: int
    detail: Mapping[str, Any] = field(default_factory=dict)
