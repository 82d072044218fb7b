"""What sign-ups do when something happened."""

from __future__ import annotations

from sqlalchemy import update

from plg.events import names
from plg.events.stream import Batch
from plg.kit.db import db
from plg.signups import cases, letters
from plg.signups.models import Case

DECISIONS = frozenset({names.SIGNUP_HELD, names.SIGNUP_RELEASED})


def on_email_confirmed(batch: Batch) -> None:
    """An address was confirmed by another way than the sign-up's own link (a new password, a sign-in link)."""
    for person_id in dict.fromkeys(event.person_id for event in batch.events):
        if person_id is not None:
            cases.address_confirmed(person_id)


def on_held_or_released(batch: Batch) -> None:
    """Who waits for staff is told what happens next; who had to wait is told that it is over."""
    for event in batch.events:
        if event.person_id is None or event.account_id is None or event.source != "plg":
            continue
        if event.name == names.SIGNUP_HELD and event.properties.get("waits_for") == "staff":
            letters.tell_held(event.person_id, event.account_id, id=event.id)
        if event.name == names.SIGNUP_RELEASED and event.properties.get("reviewed"):
            letters.tell_released(event.person_id, event.account_id, id=event.id)


def on_card_added(batch: Batch) -> None:
    """The card of an earlier trial makes staff look; another one is proof enough."""
    for event in batch.events:
        fingerprint = event.properties.get("fingerprint")
        if (
            event.account_id is not None
            and event.source == "plg"
            and isinstance(fingerprint, str)
            and fingerprint
        ):
            cases.card_added(event.account_id, fingerprint)


def on_trial_started(batch: Batch) -> None:
    """A trial that starts by another way than its sign-up's case."""
    for account_id in dict.fromkeys(event.account_id for event in batch.events if event.source == "plg"):
        if account_id is not None:
            cases.trial_started(account_id)


def on_people_merged(batch: Batch) -> None:
    """A merged record's sign-ups are the survivor's."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        db.session.execute(update(Case).where(Case.person_id == gone).values(person_id=into))
