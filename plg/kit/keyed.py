"""Rows that are made because somebody named a key of theirs: people by their ids, accounts by theirs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, delete

from plg.kit.db import db, insert


def make_for_keys(
    made_in: Table, blank: dict[str, Any], keys_in: Table, key: str, owner: str, publics: dict[str, str]
) -> list[tuple[int, str]]:
    """For each `public id -> key` one new row of `made_in` that owns its row of `keys_in`, and one that owns its
    public id as a key. Where somebody else was first, theirs stays and ours is taken back. In parallel each key
    gets one owner. Returns (id, public id) of what was made; the number of statements does not grow."""
    add = insert(made_in).returning(made_in.c.id, made_in.c.public_id)
    made = db.session.execute(add, [{"public_id": public, **blank} for public in publics]).all()
    born = {"created_at": blank["created_at"]}
    # In one order everywhere: two that claim the same keys wait for each other once, not in a circle.
    claims = sorted((publics[public], i) for i, public in made)
    claim = insert(keys_in).on_conflict_do_nothing().returning(keys_in.c[owner])
    kept = set(db.session.scalars(claim, [{key: each, owner: i, **born} for each, i in claims]))
    lost = [i for i, _ in made if i not in kept]
    if lost:
        db.session.execute(delete(made_in).where(made_in.c.id.in_(lost)))
    won = [(i, public) for i, public in made if i in kept]
    if won:
        db.session.execute(insert(keys_in), [{key: public, owner: i, **born} for i, public in won])
    return won
