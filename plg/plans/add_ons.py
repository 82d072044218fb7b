"""Add-ons: what an account bought beside its plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import delete, select

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.db_expressions import among
from plg.plans import assignments, catalogue
from plg.plans.models import AccountAddOn


def set_quantity(
    account_id: int, key: str, quantity: int, *, by: str, catalogue_version_id: int | None = None
) -> None:
    """The account has so many of an add-on from now on, as a version of the catalogue has it (None: the live one);
    0: none."""
    assignments.hold([account_id])
    version_id = catalogue_version_id or catalogue.published().version_id
    db.session.execute(
        delete(AccountAddOn).where(AccountAddOn.account_id == account_id, AccountAddOn.add_on == key)
    )
    if quantity:
        catalogue.add_on(version_id, key)
        row = {"account_id": account_id, "add_on": key, "quantity": quantity, "since": now()}
        db.session.execute(insert(AccountAddOn).values(row | {"catalogue_version_id": version_id}))
    told = {"add_on": key, "quantity": quantity, "by": by}
    log.record(names.ADD_ON_CHANGED, account_id=account_id, properties=told)


def of_account(account_id: int) -> dict[str, int]:
    """How many of each add-on an account has."""
    mine = select(AccountAddOn.add_on, AccountAddOn.quantity).where(AccountAddOn.account_id == account_id)
    return {row.add_on: row.quantity for row in db.session.execute(mine)}


def given(account_ids: Iterable[int]) -> dict[int, Counter[str]]:
    """How much more of each feature the add-ons of these accounts give."""
    columns = (AccountAddOn.account_id, AccountAddOn.catalogue_version_id, AccountAddOn.add_on)
    query = select(*columns, AccountAddOn.quantity).where(among(AccountAddOn.account_id, account_ids))
    found: dict[int, Counter[str]] = {}
    for account_id, version_id, key, quantity in db.session.execute(query):
        more = found.setdefault(account_id, Counter())
        for feature, amount in catalogue.add_on(version_id, key).features.items():
            more[feature] += amount * quantity
    return found
