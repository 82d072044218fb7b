"""Events of the log arrive at PostHog through its official SDK, once each, whatever happens on the way."""

import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from plg.accounts import accounts
from plg.events import log, names
from plg.events.log import NewEvent
from plg.events.models import Cursor, Event
from plg.forwarding.posthog import PATIENCE, ForwardingLoop
from plg.kit.clock import now
from plg.kit.db import db, reading
from plg.people import identities, people
from plg.sandbox.outage import Outage
from plg.sandbox.posthog import create_posthog
from plg.sandbox.posthog_store import PosthogStore
from plg.worker import Worker
from tests.support.live_server import live_server

NAME = "forwarding.posthog"


@pytest.fixture
def store() -> PosthogStore:
    return PosthogStore()


@pytest.fixture
def outage() -> Outage:
    return Outage()


@pytest.fixture
def host(store: PosthogStore, outage: Outage) -> Iterator[str]:
    with live_server(create_posthog(store, outage)) as url:
        yield url


@pytest.fixture
def app(make_app: Callable[..., Flask], host: str) -> Iterator[Flask]:
    app = make_app(posthog_key="phc_test", posthog_host=host)
    with app.app_context():
        yield app
        db.session.remove()
    app.extensions["plg.posthog"].close()


@pytest.fixture
def worker(app: Flask) -> Worker:
    worker = Worker(app)
    worker.prepare()
    return worker


def ana_of_acme() -> tuple[int, int]:
    person = people.get(identities.resolve(["ana"])["ana"])
    people.describe(person, {"name": "Ana Ríos", "email": "ana@acme.example"})
    account = accounts.get(accounts.resolve(["acme"])["acme"])
    accounts.describe(account, {"name": "Acme"})
    return person.id, account.id


def happened(name: str, id: str, person: int | None, account: int | None, **changes: Any) -> None:
    event = NewEvent(
        id=id,
        name=name,
        person_id=person,
        account_id=account,
        distinct_id="ana",
        occurred_at=now(),
        received_at=now(),
        properties={},
        context={},
        source="segment",
    )
    log.store([event | changes])  # type: ignore[list-item]


def names_in(store: PosthogStore) -> list[str]:
    return [event["event"] for event in reversed(store.events()) if event["event"] != "$groupidentify"]


def waits(subscriber: str = NAME) -> Cursor:
    """The cursor as it is now; no lock is held afterwards."""
    with reading():
        cursor = db.session.scalars(select(Cursor).where(Cursor.subscriber == subscriber)).one()
        db.session.expunge_all()
        db.session.rollback()
    return cursor


def the_pause_is_over() -> None:
    cursor = db.session.scalars(select(Cursor).where(Cursor.subscriber == NAME)).one()
    cursor.retry_at = now() - dt.timedelta(seconds=1)
    db.session.commit()


def test_an_event_arrives_with_its_person_its_account_and_its_own_time(
    worker: Worker, store: PosthogStore
) -> None:
    person, account = ana_of_acme()
    moment = dt.datetime(2026, 3, 1, 12, 30, tzinfo=dt.UTC)
    uuid = "0a1b2c3d-0000-4000-8000-000000000001"
    happened("Invoice Sent", uuid, person, account, occurred_at=moment, properties={"amount": 1200})
    db.session.commit()

    worker.turn()

    (event,) = store.events("ana", "Invoice Sent")
    assert event["uuid"] == uuid
    assert dt.datetime.fromisoformat(event["timestamp"]) == moment
    assert event["properties"]["amount"] == 1200
    assert event["properties"]["$groups"] == {"account": "acme"}
    properties = store.person("ana").properties
    assert (properties["name"], properties["email"]) == ("Ana Ríos", "ana@acme.example")
    assert store.groups["account", "acme"]["name"] == "Acme"
    assert [known.distinct_ids for known in store.people()] == [["ana"]]


def test_who_meets_an_experiment_shows_as_who_was_asked_a_feature_flag(
    worker: Worker, store: PosthogStore
) -> None:
    person, account = ana_of_acme()
    facts = {"experiment": "flow:start", "variant": "short", "flow": "start", "version": 2}
    log.record(names.EXPERIMENT_EXPOSED, person_id=person, account_id=account, properties=facts)
    db.session.commit()

    worker.turn()

    told = store.events("ana", "$feature_flag_called")[0]["properties"]
    assert (told["$feature_flag"], told["$feature_flag_response"]) == ("flow:start", "short")


def test_what_plg_itself_records_arrives_too(worker: Worker, store: PosthogStore) -> None:
    person, account = ana_of_acme()
    log.record(names.TRIAL_STARTED, person_id=person, account_id=account, id="trial-of-acme")
    log.record(names.TRIAL_ENDED, account_id=account)
    db.session.commit()

    worker.turn()

    assert names_in(store)[-2:] == ["Trial Started", "Trial Ended"]
    assert store.events("ana", "Trial Started")[0]["properties"]["plg_event_id"] == "trial-of-acme"
    ended = store.events(name="Trial Ended")[0]
    assert ended["distinct_id"] == "account:acme" and not ended["properties"]["$process_person_profile"]


def test_an_outage_loses_nothing_repeats_nothing_and_the_rest_goes_on(
    worker: Worker, store: PosthogStore, outage: Outage
) -> None:
    person, account = ana_of_acme()
    happened("Customer Created", "one", person, account)
    db.session.commit()
    outage.begin(503)
    worker.turn()
    happened("Invoice Sent", "two", person, account)
    db.session.commit()
    assert store.events() == []
    assert waits().attempts == 1 and "did not take the events" in (waits().last_error or "")

    outage.end()
    worker.turn()
    assert store.events() == [], "it waits for its pause to end"
    the_pause_is_over()
    worker.turn()
    worker.turn()

    assert names_in(store)[-2:] == ["Customer Created", "Invoice Sent"]
    assert waits().attempts == 0 and waits().last_error is None


def test_the_pause_grows_with_every_failure(worker: Worker, outage: Outage) -> None:
    person, account = ana_of_acme()
    happened("Invoice Sent", "one", person, account)
    db.session.commit()
    outage.begin(429)
    pauses = []
    for _ in range(4):
        worker.turn()
        pauses.append((waits().retry_at - now()).total_seconds())
        the_pause_is_over()

    assert pauses == sorted(pauses) and pauses[3] > 4 * pauses[0]


def test_a_batch_that_failed_in_the_middle_comes_again_and_each_event_counts_once(
    worker: Worker, store: PosthogStore, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plg.forwarding.posthog.BATCH", 2)
    person, account = ana_of_acme()
    for number in range(7):
        happened("Invoice Sent", f"invoice {number}", person, account)
    db.session.commit()
    refusals = iter([False, True])
    refuse = outage.refuse
    monkeypatch.setattr(outage, "refuse", lambda: refuse() if not next(refusals, False) else _busy())

    worker.turn()
    assert waits().attempts == 1
    the_pause_is_over()
    worker.turn()

    assert names_in(store).count("Invoice Sent") == 7
    assert waits().attempts == 0


def _busy() -> Any:
    from flask import Response

    return Response("busy", 503)


def test_imported_history_stays_here(worker: Worker, store: PosthogStore) -> None:
    person, account = ana_of_acme()
    happened("Invoice Sent", "old", person, account, source="import")
    happened("Payment Recorded", "new", person, account)
    db.session.commit()

    worker.turn()

    assert "Payment Recorded" in names_in(store) and "Invoice Sent" not in names_in(store)


def test_what_comes_back_from_posthog_is_not_sent_again(worker: Worker, store: PosthogStore) -> None:
    person, account = ana_of_acme()
    echo = {"plg_event_id": "one"}
    happened("Invoice Sent", "echo", person, account, source="posthog", properties=echo)
    happened("Payment Recorded", "two", person, account)
    db.session.commit()

    worker.turn()

    assert "Payment Recorded" in names_in(store) and "Invoice Sent" not in names_in(store)


def test_a_plg_that_would_forward_to_itself_does_not_start(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(ForwardingLoop):
        make_app(public_url="https://plg.example", posthog_host="https://plg.example/", posthog_key="phc_x")


def test_a_visitor_who_turns_out_to_be_ana_is_one_person_at_posthog(
    worker: Worker, store: PosthogStore
) -> None:
    visitor = identities.resolve(["anonymous-1"])["anonymous-1"]
    happened(names.PAGE_VIEWED, "seen", visitor, None, properties={"url": "https://acme.example/prices"})
    db.session.commit()
    worker.turn()
    person, _ = ana_of_acme()
    people.get(person).identified = True
    identities.merge(person, visitor, reason="identify", by="test")
    happened("Invoice Sent", "sent", person, None)
    db.session.commit()
    worker.turn()

    assert {event["event"] for event in store.events("ana")} >= {"$pageview", "Invoice Sent"}
    assert set(store.person("ana").distinct_ids) == {"ana", "anonymous-1"}
    (view,) = store.events(name="$pageview")
    assert view["properties"]["$current_url"] == "https://acme.example/prices"


def test_a_person_keeps_one_id_at_posthog_when_more_ids_join(worker: Worker, store: PosthogStore) -> None:
    person = people.add(email="ana@acme.example", name="Ana", by="sign-up")
    log.record(names.SIGNED_UP, person_id=person.id)
    db.session.commit()
    worker.turn()
    identities.claim(person.id, "an-older-device")
    log.record(names.EMAIL_CONFIRMED, person_id=person.id)
    db.session.commit()
    worker.turn()

    assert {event["distinct_id"] for event in store.events()} == {person.public_id}


def test_without_a_project_key_nothing_leaves_and_the_cursor_goes_on(
    worker: Worker, app: Flask, store: PosthogStore
) -> None:
    gateway, app.extensions["plg.posthog"] = app.extensions["plg.posthog"], None
    person, account = ana_of_acme()
    happened("Invoice Sent", "one", person, account)
    db.session.commit()
    worker.turn()
    app.extensions["plg.posthog"] = gateway
    worker.turn()

    assert store.events() == [] and waits().position > 0


def test_a_posthog_that_never_answers_does_not_hold_up_the_rest(make_app: Callable[..., Flask]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = make_app(posthog_key="phc_test", posthog_host=f"http://127.0.0.1:{silent.getsockname()[1]}")
        worker = Worker(app)
        thread = threading.Thread(target=worker.run)
        thread.start()
        with app.app_context():
            person, account = ana_of_acme()
            db.session.commit()
            silent.settimeout(60)
            connection, _ = silent.accept()
            happened("Invoice Sent", "one", person, account)
            db.session.commit()
            began = time.monotonic()
            while waits("accounts").position < head_position():
                assert time.monotonic() - began < 0.8 * PATIENCE, "the other subscribers wait for PostHog"
                time.sleep(0.02)
            assert waits().position < head_position()
        worker.stop()
        connection.close()
        thread.join(timeout=20)
        assert not thread.is_alive()


def head_position() -> int:
    position = db.session.scalar(select(func.max(Event.position)))
    db.session.rollback()
    return position or 0
