"""What upgrades do when something happened."""

from __future__ import annotations

from sqlalchemy import select, update

from plg.billing import charges
from plg.events.stream import Batch
from plg.kit.clock import now
from plg.kit.db import db
from plg.plans import catalogue
from plg.upgrades import move_letters, receipts, requests, staff_letters, trial_payments
from plg.upgrades.models import UpgradeRequest


def on_plan_changed(batch: Batch) -> None:
    """Another plan: a paid one grants what members asked for."""
    paid = {plan.key for plan in catalogue.paid_plans()}
    for event in batch.events:
        if event.account_id is not None and event.properties.get("to_plan") in paid:
            requests.approve_all(event.account_id, by=event.person_id)


def on_trial_ended(batch: Batch) -> None:
    """A trial is over: what it was worth is told once."""
    for event in batch.events:
        if event.source == "plg" and event.account_id is not None:
            receipts.make(event.account_id, now())


def on_trial_payment_due(batch: Batch) -> None:
    """A trial with a card is over: the card is charged, outside of this transaction."""
    for event in batch.events:
        if event.source == "plg" and event.account_id is not None:
            plan, interval = str(event.properties["plan"]), event.properties.get("interval")
            charges.ask_for(event.id, event.account_id, plan, interval)


def on_card_added(batch: Batch) -> None:
    """Another card, while a trial waits for the payment that the first one did not make."""
    for event in batch.events:
        if event.source == "plg":
            trial_payments.try_another_card(event)


def on_payment_failed(batch: Batch) -> None:
    """A card that was stored did not pay: whoever may buy is told."""
    for event in batch.events:
        if event.source == "plg":
            trial_payments.tell_of_failure(event)


def on_dispute(batch: Batch) -> None:
    """A payment is disputed, or that was decided: the firm's own staff is told."""
    for event in batch.events:
        if event.source == "plg":
            staff_letters.tell_of_dispute(event)


def on_moved(batch: Batch) -> None:
    """Staff moved a subscription to its plan's new version: whoever may buy is told."""
    for event in batch.events:
        if event.source == "plg":
            move_letters.tell(event)


def on_people_merged(batch: Batch) -> None:
    """Requests of a merged record become the survivor's; of two open ones the survivor's own stays open."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        mine = UpgradeRequest.person_id == gone
        theirs = select(UpgradeRequest.account_id).where(
            UpgradeRequest.person_id == into, UpgradeRequest.status == "open"
        )
        double = update(UpgradeRequest).where(
            mine, UpgradeRequest.status == "open", UpgradeRequest.account_id.in_(theirs)
        )
        db.session.execute(double.values(status="declined"))
        db.session.execute(update(UpgradeRequest).where(mine).values(person_id=into))
        decided = update(UpgradeRequest).where(UpgradeRequest.decided_by_id == gone)
        db.session.execute(decided.values(decided_by_id=into))
