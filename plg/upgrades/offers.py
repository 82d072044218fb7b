"""Offers: raised by what happened, shown by the widget, closed by a choice."""

from __future__ import annotations

from sqlalchemy import select, update

from plg.attention import ledger
from plg.events import log, names
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import NotFound
from plg.kit.ids import new_id
from plg.plans import assignments, catalogue
from plg.upgrades.models import OPEN, Offer
from plg.usage import paywall

REASONS = {names.LIMIT_NEAR: "limit_near", names.LIMIT_REACHED: "limit_reached"}


class OfferNotFound(NotFound):
    pass


def raise_for(event: LoggedEvent) -> None:
    """Offer the next plan that gives more of what runs out. A reached limit takes a near one's place."""
    if event.account_id is None:
        return
    feature, reason = str(event.properties["feature"]), REASONS[event.name]
    plan = assignments.current(event.account_id).plan
    better = paywall.better_plans(catalogue.published(), plan, feature)
    if not better:
        return
    row = insert(Offer).values(
        public_id=new_id("off"),
        account_id=event.account_id,
        feature=feature,
        reason=reason,
        plan_key=better[0].key,
        status="open",
        event_id=event.id,
        created_at=now(),
    )
    taken = {"reason": row.excluded.reason, "event_id": row.excluded.event_id}
    db.session.execute(
        row.on_conflict_do_update(index_elements=["account_id", "feature"], index_where=OPEN, set_=taken)
    )


def close_for_plan_change(account_id: int) -> None:
    """The account has another plan: what was offered before is settled."""
    rows = update(Offer).where(Offer.account_id == account_id, Offer.status == "open")
    db.session.execute(rows.values(status="accepted", closed_at=now()))


def show(public_id: str, *, account_id: int, person_id: int) -> None:
    """It comes on the person's screen, and counts for their attention; once, however often it is said."""
    query = select(Offer.id).where(Offer.public_id == public_id, Offer.account_id == account_id)
    if db.session.scalar(query.with_for_update()) is None:
        raise OfferNotFound("There is no such offer.")
    source = source_of(public_id)
    if not ledger.was_shown(source, person_id=person_id):
        ledger.note(source, person_id=person_id, account_id=account_id, at=now())


def source_of(public_id: str) -> str:
    """The name of an offer in the ledger of attention."""
    return f"offer:{public_id}"


def dismiss(public_id: str, *, account_id: int, person_id: int) -> None:
    """Not now. Repeated, nothing more happens."""
    query = select(Offer).where(Offer.public_id == public_id, Offer.account_id == account_id)
    offer = db.session.scalar(query.with_for_update())
    if offer is None:
        raise OfferNotFound("There is no such offer.")
    if offer.status != "open":
        return
    offer.status, offer.closed_at = "dismissed", now()
    properties = {"offer": offer.public_id, "feature": offer.feature, "reason": offer.reason}
    log.record(names.OFFER_DISMISSED, person_id=person_id, account_id=account_id, properties=properties)
