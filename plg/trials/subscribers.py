"""What trials do when something happened."""

from __future__ import annotations

from plg.capture.trust import is_believed
from plg.events import log, names
from plg.events.stream import Batch, LoggedEvent
from plg.plans import catalogue
from plg.trials import cases, credit_trials, earning, ending, states, trials


def on_deeds(batch: Batch) -> None:
    """What was done in an account may start its trial, earn it days, or use up its credits."""
    _start(batch)
    earning.hear(batch.events)
    credit_trials.hear(batch.events)


def _start(batch: Batch) -> None:
    """The host product's own event of a sign-up starts the account's trial, once."""
    rule = catalogue.live().trial
    if rule is None or rule.starts_on is None:
        return
    heard = [e for e in batch.named(rule.starts_on) if e.source != "plg" and is_believed(e)]
    for event in heard:
        if event.account_id is not None and trials.of_account(event.account_id) is None:
            _start_quietly(event.account_id, event)


def _start_quietly(account_id: int, event: LoggedEvent) -> None:
    try:
        trials.start(account_id, person_id=event.person_id, by=f"event:{event.id}")
    except (trials.TrialUsed, trials.AlreadyPaying):
        return  # somebody was quicker


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
        id=cases.activation_id(account_id),
    )


def on_account_events(batch: Batch) -> None:
    """What became of the account: it was activated, stored a card, failed to pay, keeps another calendar, is to be
    deleted."""
    told = [event for event in batch.events if event.account_id is not None and event.source == "plg"]
    before = cases.states_of({event.account_id for event in told if event.account_id})
    for event in told:
        state = before.get(event.account_id or 0)
        if state is not None and _WAITS.get(event.name, state) == state:
            _follow(event, event.account_id or 0)


_WAITS = {names.ACTIVATED: states.AWAITING_ACTIVATION, names.PAYMENT_FAILED: states.CONVERTING}
"""What happens often, and matters to trials in one state only."""


def _follow(event: LoggedEvent, account_id: int) -> None:
    trial = trials.of_account(account_id)
    if trial is None or not trial.is_open:
        return  # an event before this one ended it
    if event.name == names.ACTIVATED:
        trials.activate(account_id, event.occurred_at, by="activation")
    elif event.name == names.CARD_ADDED:
        card = f"{event.properties.get('brand', '')} {event.properties.get('last4', '')}".strip()
        trials.add_card(account_id, card or "card", by="card")
    elif event.name == names.PAYMENT_FAILED:
        ending.give_up_charge([account_id])
    elif event.name == names.ACCOUNT_UPDATED and "timezone" in event.properties:
        trials.follow_calendar(account_id, by="account")
    elif event.name == names.ACCOUNT_DELETION_REQUESTED:
        trials.cancel(account_id, reason="the workspace is to be deleted", by="account")
    elif event.name == names.ACCOUNT_DELETED:
        trials.stop(account_id, reason="the workspace was deleted", by="account")


HEARD = frozenset(
    {names.ACTIVATED, names.CARD_ADDED, names.PAYMENT_FAILED}
    | {names.ACCOUNT_UPDATED, names.ACCOUNT_DELETION_REQUESTED, names.ACCOUNT_DELETED}
)
"""What `on_account_events` hears."""


def on_subscription_started(batch: Batch) -> None:
    """Whoever pays is no longer on trial."""
    ending.convert(batch.events)
