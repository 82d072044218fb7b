"""The budget: what was shown lately against the limits. Whoever wants to show something asks it first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final

from flask import g
from sqlalchemy import BindParameter, ColumnElement, Text, bindparam, cast, func, select

from plg.attention.limits import KEY, SPANS, Limits, of_text
from plg.attention.models import Appearance, AttentionVersion
from plg.kit.db import UtcDateTime, db

LIMITS: Final = tuple((whose, span) for whose in ("person", "account") for span in SPANS)
"""In the order in which they are asked: (`person`, `hour`) first."""

Counts = dict[tuple[str, str], int]


@dataclass
class Budget:
    """limits: those in force. shown: how often something came up in each of the spans. promised: what was admitted
    by now and will come up with the same answer; it counts as shown."""

    limits: Limits
    shown: Counts
    promised: set[str] = field(default_factory=set)

    def reached(self) -> str | None:
        """The first limit that leaves no room, such as `person_hour`."""
        for whose, span in LIMITS:
            allowed: int = getattr(getattr(self.limits, whose), span)
            if self.shown.get((whose, span), 0) + len(self.promised) >= allowed:
                return f"{whose}_{span}"
        return None

    def admit(self, source: str) -> str | None:
        """Let it be shown, so that it counts from now on; else the limit that holds it back, such as `person_day`."""
        if source in self.promised:
            return None
        reached = self.reached()
        if reached is None:
            self.promised.add(source)
        return reached


def columns(person: BindParameter[Any], account: BindParameter[Any]) -> list[ColumnElement[Any]]:
    """What a query reads along with its own rows so that `of_row` can tell the budget of these two; run it with
    `parameters`, too. It costs the query two short ranges of an index."""
    live = select(cast(AttentionVersion.definition, Text)).where(
        AttentionVersion.key == KEY, AttentionVersion.retired_at.is_(None)
    )
    limits = live.order_by(AttentionVersion.version.desc()).limit(1).scalar_subquery()
    owners = {"person": Appearance.person_id == person, "account": Appearance.account_id == account}
    return [limits.label("attention_limits")] + [
        select(func.count())
        .where(owners[whose], Appearance.shown_at > bindparam(f"{span}_ago", type_=UtcDateTime()))
        .scalar_subquery()
        .label(f"{whose}_{span}")
        for whose, span in LIMITS
    ]


def parameters(moment: dt.datetime) -> dict[str, dt.datetime]:
    return {f"{span}_ago": moment - length for span, length in SPANS.items()}


def of_row(row: Any) -> Budget:
    """The budget that a row of such a query tells."""
    counts = {(whose, span): getattr(row, f"{whose}_{span}") for whose, span in LIMITS}
    return Budget(of_text(row.attention_limits), counts)


def of_request(row: Any, person_id: int) -> Budget:
    """The same, shared by all parts of one answer to a person: what one of them admits, the next one finds spent."""
    budget = of_row(row)
    budget.promised = g.setdefault("attention_promised", {}).setdefault(person_id, set())
    return budget


def of(person_id: int | None, account_id: int | None, moment: dt.datetime) -> Budget:
    """The budget of a person in an account; one query."""
    query = select(*columns(bindparam("person"), bindparam("account")))
    asked = {"person": person_id, "account": account_id, **parameters(moment)}
    return of_row(db.session.execute(query, asked).one())
