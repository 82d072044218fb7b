"""Hears every event and sends it on."""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import select

from plg.accounts.models import Account, AccountKey
from plg.events.stream import Batch
from plg.forwarding.messages import Known, came_from_here, ids_of, messages
from plg.forwarding.posthog import PosthogGateway
from plg.kit.db import db, end_transaction, reading
from plg.people.models import Identity, Person
from plg.settings import Settings


def forward(batch: Batch) -> None:
    """Send what the batch holds to PostHog. It raises when PostHog has not got all of it, so that the same
    batch comes again; PostHog knows repeated events by their uuid."""
    gateway: PosthogGateway | None = current_app.extensions["plg.posthog"]
    settings: Settings = current_app.extensions["plg.settings"]
    if gateway is None:
        return
    skipped = settings.posthog_skip_sources
    events = [e for e in batch.events if e.source not in skipped and not came_from_here(e)]
    if not events:
        return
    person_ids, account_ids = ids_of(events)
    with reading():
        people, accounts = _people(person_ids), _accounts(account_ids)
        end_transaction()
    gateway.send(messages(events, people, accounts))


def _people(ids: Iterable[int]) -> dict[int, Known]:
    """Each record under the first id that it was ever known by: that never changes, whatever joins later."""
    columns = (Person.id, Person.public_id, Person.name, Person.email, Person.locale, Person.traits)
    query = select(Identity.distinct_id, *columns).join(Person, Person.id == Identity.person_id)
    query = query.where(Person.id.in_(list(ids)))
    own_id_last = Identity.distinct_id == Person.public_id
    found: dict[int, Known] = {}
    for distinct_id, id, public_id, name, email, locale, traits in db.session.execute(
        query.order_by(Identity.created_at, own_id_last, Identity.distinct_id)
    ):
        about = traits | {"name": name, "email": email, "locale": locale, "plg_person_id": public_id}
        found.setdefault(id, Known(distinct_id, _given(about)))
    return found


def _accounts(ids: Iterable[int]) -> dict[int, Known]:
    """Each account under the host product's own id where it has one, else under plg's."""
    columns = (Account.id, Account.public_id, Account.name, Account.traits)
    query = select(AccountKey.key, *columns).join(Account, Account.id == AccountKey.account_id)
    query = query.where(Account.id.in_(list(ids)))
    own_id_last = AccountKey.key == Account.public_id
    found: dict[int, Known] = {}
    for key, id, public_id, name, traits in db.session.execute(
        query.order_by(own_id_last, AccountKey.created_at, AccountKey.key)
    ):
        about = traits | {"name": name, "plg_account_id": public_id}
        found.setdefault(id, Known(key, _given(about)))
    return found


def _given(about: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in about.items() if value not in (None, "")}
