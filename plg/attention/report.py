"""All that is told of a person's attention."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from plg.accounts.models import Account
from plg.attention import budget, held_back, ledger
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person

MANY: Final = 100


def told(person: Person, account_id: int | None) -> dict[str, Any]:
    """All that is known of a person's attention, in the account or in none."""
    spent = budget.of(person.id, account_id, now())
    shown = ledger.of_person(person.id, MANY)
    held = held_back.of_person(person.id, MANY)
    names = _names({account_id, *(row.account_id for row in shown), *(row.account_id for row in held)})
    counts: dict[str, dict[str, int]] = {"person": {}, "account": {}}
    for (whose, span), number in spent.shown.items():
        counts[whose][span] = number
    return {
        "person": person.public_id,
        "account": names.get(account_id),
        "limits": spent.limits.model_dump(),
        "shown": counts,
        "reached": spent.reached(),
        "ledger": [
            {"source": row.source, "account": names.get(row.account_id), "at": row.shown_at} for row in shown
        ],
        "held_back": [
            {name: getattr(row, name) for name in ("source", "reason", "first_at", "last_at", "times")}
            | {"account": names.get(row.account_id)}
            for row in held
        ],
    }


def _names(account_ids: set[int | None]) -> dict[int | None, str]:
    """The public ids of these accounts."""
    query = select(Account.id, Account.public_id).where(Account.id.in_(account_ids - {None}))
    return dict(db.session.execute(query).all())
