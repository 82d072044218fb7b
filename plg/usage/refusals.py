"""Refusals, counted: a feature that the plan does not give, told by the product or refused by plg.

The product tells each. What plg refuses by itself is asked for again and again, so it counts once an hour for an
account and feature."""

from __future__ import annotations

from typing import Any, Final

from flask import current_app
from sqlalchemy.exc import OperationalError

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, writing

PRODUCT: Final = "product"
PLG: Final = "plg"
MANY: Final = 10_000


def tell(account_id: int, feature: str, reason: str, *, person_id: int | None) -> None:
    """The product has refused it to somebody, in the caller's transaction."""
    properties = {"feature": feature, "reason": reason, "by": PRODUCT}
    log.record(names.FEATURE_REFUSED, account_id=account_id, person_id=person_id, properties=properties)


def count(account_id: int, feature: str, reason: str) -> None:
    """plg has refused it; commits. Nobody is kept from the answer by a database that cannot take it now."""
    hour = now().strftime("%Y%m%dT%H")
    id = f"feature-refused:{account_id}:{feature}:{hour}"
    counted: dict[str, Any] = current_app.extensions.setdefault("plg.refusals", {})
    if id in counted:
        return
    properties = {"feature": feature, "reason": reason, "by": PLG}
    try:
        with writing():
            log.record(names.FEATURE_REFUSED, account_id=account_id, properties=properties, id=id)
            db.session.commit()
    except OperationalError:
        db.session.rollback()
        return
    if len(counted) >= MANY:
        counted.clear()
    counted[id] = True
