"""Messages become people, accounts and events: those of a request in one transaction, in few statements.

What this process has done and committed is remembered, so that the hundredth event of a person costs no question
about who they are. What a browser's key says is heard, not believed: see `trust`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from flask import current_app
from sqlalchemy import select

from plg.accounts import accounts
from plg.capture.effects import Fact, Work
from plg.capture.messages import Message
from plg.capture.trust import Sender
from plg.events import log
from plg.events.log import NewEvent
from plg.events.models import Event
from plg.kit.db import db, is_postgres
from plg.people import identities

_MAX_FACTS = 500_000


class Ingested:
    """What was learned; `remember` it once the transaction is committed."""

    def __init__(self, records: dict[str, int], groups: dict[str, int], facts: set[Fact]) -> None:
        self._records, self._groups, self._facts = records, groups, facts

    def remember(self) -> None:
        identities.remember(self._records)
        accounts.remember(self._groups)
        facts = _facts()
        if len(facts) > _MAX_FACTS:
            facts.clear()
        facts |= self._facts


def _facts() -> set[Fact]:
    """Effects that this process knows to be committed: doing them again would change nothing."""
    found: set[Fact] = current_app.extensions.setdefault("plg.capture.facts", set())
    return found


def ingest(messages: Sequence[Message], *, received_at: dt.datetime, sender: Sender) -> Ingested:
    """Store every message that is not stored yet, with all that it says of people and accounts.

    Does not commit. Repeated or in parallel, each message takes effect once."""
    records = _records(messages)
    groups = accounts.resolve({m.group_id for m in messages if m.group_id is not None})
    work = Work(_without_repeated(messages), records, groups, sender, _facts())
    work.apply()
    homes = work.default_accounts(messages)
    if is_postgres() and not db.session().in_transaction():
        # Everybody was known: the one statement that is left needs no BEGIN and COMMIT of its own, two of the
        # four journeys to the server.
        db.session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    log.store([_row(message, work, homes, received_at) for message in messages])
    return Ingested(records, groups, work.done)


def _records(messages: Iterable[Message]) -> dict[str, int]:
    """The record of every id; those of which no message wants a person made may be missing."""
    wanted: set[str] = set()
    only_known: set[str] = set()
    for message in messages:
        (only_known if message.existing_only else wanted).update(message.distinct_ids)
    records = identities.resolve(wanted)
    if only_known:
        records |= identities.known(only_known - wanted)
    return records


def _without_repeated(messages: Sequence[Message]) -> list[Message]:
    """Leave out what changes somebody and was stored before: a late retry must not bring old traits back."""
    changing = {m.id for m in messages if m.kind != "track" or m.set_traits}
    stored = set()
    if changing:
        stored = set(db.session.scalars(select(Event.id).where(Event.id.in_(changing))))
    return [m for m in messages if m.id not in stored]


def _row(message: Message, work: Work, homes: dict[int, int], received_at: dt.datetime) -> NewEvent:
    record, group = work.record_of(message), message.group_id
    account = work.groups[group] if group is not None else homes.get(record) if record is not None else None
    return {
        "id": message.id,
        "name": message.name,
        "person_id": record,
        "account_id": account,
        "distinct_id": message.user_id or message.anonymous_id,
        "occurred_at": message.occurred_at,
        "received_at": received_at,
        "properties": message.properties,
        "context": work.sender.mark(message.context),
        "source": message.source,
    }
