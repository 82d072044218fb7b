"""Offers that limits raise by themselves, where no offer of `offers.yaml` hears of that limit."""

from __future__ import annotations

from plg.events import names
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.ids import new_id
from plg.offers import published
from plg.offers.definition import Offer as Defined
from plg.offers.models import OPEN, Offer
from plg.plans import assignments, catalogue
from plg.usage import paywall

REASONS = {names.LIMIT_NEAR: "limit_near", names.LIMIT_REACHED: "limit_reached"}


def raise_for(event: LoggedEvent) -> None:
    """Offer the next plan that gives more of what runs out. A reached limit takes a near one's place."""
    if event.account_id is None or any(_hears(each.offer, event) for each in published.live().values()):
        return
    feature, reason = str(event.properties["feature"]), REASONS[event.name]
    plan = assignments.current(event.account_id).plan
    better = paywall.better_plans(catalogue.published(), plan, feature)
    if not better:
        return
    row = insert(Offer).values(
        public_id=new_id("off"),
        account_id=event.account_id,
        key="",
        variant="",
        is_for_some=False,
        feature=feature,
        reason=reason,
        plan_key=better[0].key,
        status="open",
        event_id=event.id,
        created_at=now(),
    )
    taken = {"reason": row.excluded.reason, "event_id": row.excluded.event_id}
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["account_id", "key", "feature"], index_where=OPEN, set_=taken
        )
    )


def _hears(offer: Defined, event: LoggedEvent) -> bool:
    return event.name in offer.trigger.hears and offer.trigger.fits(event)
