"""What trials do when something happened."""

from __future__ import annotations

from plg.events import log, names
from plg.events.stream import Batch, LoggedEvent
from plg.plans import catalogue
from plg.trials import trials


def on_subscription_started(batch: Batch) -> None:
    """Whoever pays is no longer on trial."""
    trials.convert({event.account_id for event in batch.events if event.account_id is not None})


def on_events(batch: Batch) -> None:
    """The first event of the catalogue's activation name makes the account `Activated`, once."""
    activation = catalogue.live().activation
    if activation is None:
        return
    first: dict[int, LoggedEvent] = {}
    for event in batch.named(activation.event):
        if event.account_id is not None and event.source != "import":
            first.setdefault(event.account_id, event)
    log.store([_activated(account_id, event) for account_id, event in first.items()])


def _activated(account_id: int, event: LoggedEvent) -> log.NewEvent:
    return log.own(
        names.ACTIVATED,
        person_id=event.person_id,
        account_id=account_id,
        properties={"event": event.name},
        occurred_at=event.occurred_at,
        id=f"activated:{account_id}",
    )
