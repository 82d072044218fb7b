"""What offers do when something happened."""

from __future__ import annotations

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from plg.events import names
from plg.events.stream import Batch
from plg.kit.db import db
from plg.offers import answering, limits, published, raising
from plg.offers.models import OfferExposure, OfferPerson
from plg.plans import catalogue

LIMITS = frozenset({names.LIMIT_NEAR, names.LIMIT_REACHED})


def on_limit(batch: Batch) -> None:
    """A limit came near or was reached: offer the plan that gives more. History raises no offers."""
    for event in batch.events:
        if event.source == "plg":
            limits.raise_for(event)


def on_events(batch: Batch) -> None:
    """Any event may be the trigger of an offer."""
    live = published.live().values()
    heard = {name for each in live for name in each.offer.trigger.hears}
    events = batch.named(*heard)
    if events:
        raising.hear(live, events)


def on_plan_changed(batch: Batch) -> None:
    """Another plan: offers are settled."""
    paid = {plan.key for plan in catalogue.paid_plans()}
    for event in batch.events:
        if event.account_id is not None:
            answering.settle(event.account_id, is_paid=event.properties.get("to_plan") in paid)


def on_people_merged(batch: Batch) -> None:
    """What a merged record was shown and did, the survivor was and did; of two for one offer theirs is kept."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        theirs = aliased(OfferPerson)
        double = exists(select(theirs.offer_id)).where(
            theirs.person_id == into, theirs.offer_id == OfferPerson.offer_id
        )
        db.session.execute(delete(OfferPerson).where(OfferPerson.person_id == gone, double))
        db.session.execute(update(OfferPerson).where(OfferPerson.person_id == gone).values(person_id=into))
        met = update(OfferExposure).where(OfferExposure.person_id == gone)
        db.session.execute(met.values(person_id=into))
