"""What plg records reaches every endpoint that hears it, whatever the network and the processes do."""

import datetime as dt
import os
import subprocess
import sys
import threading

import jsonschema
import pytest
import time_machine
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from plg.access import credentials
from plg.events import log, names, subscribers
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people import identities
from plg.webhooks import deliveries, jobs, webhook_endpoints
from plg.webhooks.models import WebhookDelivery, WebhookEndpoint
from plg.webhooks.sender import Sender
from plg.webhooks.transport import Answer, WebhookGateway
from tests.support.queries import count_queries
from tests.support.story import happened, in_parallel, make_account, make_person
from tests.webhooks.conftest import House
from tests.webhooks.receiver import hang_up, status, when

SECOND, HOUR, DAY = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)
SOON = 7 * SECOND


def test_an_endpoint_is_told_once_what_happened_and_by_whose_word(house, receiver):
    _, secret = house.add(receiver)
    person = make_person(house.app)
    account = make_account(house.app, key="company-7")
    with house.app.app_context():
        identities.claim(person, "user-42")
        db.session.commit()
    house.read_log()
    house.record(
        names.TRIAL_STARTED, person_id=person, account_id=account, properties={"trial_plan_name": "pro"}
    )
    house.deliver()
    house.deliver(HOUR)

    (got,) = [each for each in receiver.received if each.told["type"] == "trial.started"]
    told = Webhook(secret).verify(got.body, got.headers)
    document = house.app.test_client().get("/v1/openapi.json").get_json()
    jsonschema.validate(
        told, document["components"]["schemas"]["Webhook"] | {"components": document["components"]}
    )
    data = told["data"]
    assert told["timestamp"] == data["occurred_at"] and told["timestamp"].endswith("Z")
    assert (data["name"], data["properties"]) == ("Trial Started", {"trial_plan_name": "pro"})
    assert data["person"]["id"].startswith("per_") and data["person"]["external_id"] == "user-42"
    assert data["account"]["id"].startswith("acct_") and data["account"]["external_id"] == "company-7"
    assert (got.path, got.headers["content-type"]) == ("/plg", "application/json")


def test_an_endpoint_hears_the_events_that_it_named_and_none_that_the_host_sent(
    house, worker, receiver, other_receiver
):
    house.add(receiver, [names.TRIAL_ENDED])
    house.add(other_receiver)
    happened(house.app, names.TRIAL_ENDED)
    happened(house.app, "Invoice Sent")
    house.record(names.TRIAL_STARTED, names.TRIAL_ENDED)
    worker(now=now())
    house.sender.wait()

    assert receiver.names == [names.TRIAL_ENDED]
    assert sorted(other_receiver.names) == [names.TRIAL_ENDED, names.TRIAL_STARTED]
    assert len({each.id for each in receiver.received + other_receiver.received}) == 3


def test_what_happened_before_the_endpoint_is_not_told_and_a_replay_tells_nothing_twice(house, receiver):
    house.record(names.TRIAL_STARTED)
    house.add(receiver)
    house.record(names.TRIAL_ENDED)
    house.deliver()
    with house.app.app_context():
        subscribers.replay("webhooks")
        db.session.commit()
    house.read_log()
    house.deliver()

    assert receiver.names == [names.TRIAL_ENDED]


def test_the_old_secret_signs_along_for_a_day(house, receiver):
    id, old = house.add(receiver)
    with house.app.app_context():
        new = webhook_endpoints.rotate_secret(db.session.get_one(WebhookEndpoint, id))
        db.session.commit()
    house.record(names.TRIAL_STARTED)
    house.deliver()
    (got,) = receiver.received
    assert Webhook(old).verify(got.body, got.headers) == Webhook(new).verify(got.body, got.headers)

    with time_machine.travel(now() + DAY, tick=True):
        house.record(names.TRIAL_ENDED)
        house.deliver()
        late = receiver.received[-1]
        Webhook(new).verify(late.body, late.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(late.body, late.headers)


@pytest.mark.parametrize("failure", [status(500, "broken"), status(302, Location="/plg"), hang_up])
def test_what_was_not_taken_comes_again_under_the_same_id(house, receiver, failure):
    id, _ = house.add(receiver)
    receiver.replies.append(failure)
    house.record(names.TRIAL_STARTED)
    house.deliver()
    (row,) = house.deliveries()
    assert row.status == "waiting" and 5 * SECOND <= row.due_at - row.last_attempt_at <= 6 * SECOND
    assert house.endpoint(id).failing_since is not None
    house.deliver()
    assert len(receiver.received) == 1
    house.deliver(SOON)

    first, second = receiver.received
    assert first.id == second.id == row.public_id and first.body == second.body
    (row,) = house.deliveries()
    assert (row.status, row.attempts, row.due_at, row.response_status) == ("delivered", 2, None, 204)
    assert house.endpoint(id).failing_since is None and house.endpoint(id).last_success_at is not None


def test_the_tenth_try_is_the_last(house, receiver):
    house.add(receiver)
    receiver.replies.extend([status(500)] * 20)
    house.record(names.TRIAL_STARTED)
    pauses = []
    for _ in range(12):
        (row,) = house.deliveries()
        house.deliver(row.due_at - now() if row.due_at else DAY)
        pauses += [row.due_at - row.last_attempt_at] if row.due_at and row.last_attempt_at else []

    (row,) = house.deliveries()
    assert (row.status, row.attempts, row.due_at, len(receiver.received)) == ("failed", 10, None, 10)
    planned = [dt.timedelta(seconds=seconds) for seconds in deliveries.SECONDS_BEFORE_RETRY]
    assert all(plan <= pause <= 1.2 * plan for plan, pause in zip(planned, pauses, strict=True))


def test_an_endpoint_that_asks_for_time_gets_it(house, receiver):
    house.add(receiver)
    receiver.replies.append(status(429, "slow down", Retry_After="3600"))
    house.record(names.TRIAL_STARTED)
    house.deliver()

    (row,) = house.deliveries()
    assert row.due_at - row.last_attempt_at == HOUR
    assert (row.response_status, row.response_body) == (429, "slow down")


def test_an_endpoint_that_is_gone_is_told_nothing_more_until_it_is_enabled_and_recovered(house, receiver):
    id, _ = house.add(receiver, [names.TRIAL_STARTED])
    with house.app.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery", "es")
        db.session.commit()
    receiver.replies.append(status(410))
    begin = now()
    house.record(names.TRIAL_STARTED)
    house.deliver()
    house.record(names.TRIAL_STARTED)
    house.deliver(DAY)

    assert (house.endpoint(id).enabled, house.endpoint(id).disabled_reason) == (False, "gone")
    assert len(receiver.received) == 1
    with house.app.app_context():
        told = db.session.scalars(select(Event).where(Event.name == names.WEBHOOK_ENDPOINT_DISABLED)).one()
        assert (told.properties["url"], told.properties["reason"]) == (receiver.url, "gone")
        mail = db.session.scalars(select(OutgoingMail)).one()
        assert (mail.email, mail.subject) == (
            "marta@example.com",
            "Los webhooks a 127.0.0.1 están desactivados",
        )
        endpoint = db.session.get_one(WebhookEndpoint, id)
        webhook_endpoints.enable(endpoint)
        assert deliveries.recover(endpoint, begin) == 1
        db.session.commit()
    house.deliver()
    assert [row.status for row in house.deliveries()] == ["delivered"]
    assert receiver.received[0].id == receiver.received[1].id


def test_five_days_of_nothing_but_failures_disable_an_endpoint(house, receiver):
    id, _ = house.add(receiver)
    receiver.replies.extend([status(500)] * 9)
    house.record(names.TRIAL_STARTED)
    house.deliver()
    house.record(names.TRIAL_ENDED)
    house.deliver(4 * DAY)
    assert house.endpoint(id).enabled
    house.deliver(6 * DAY)

    assert (house.endpoint(id).enabled, house.endpoint(id).disabled_reason) == (False, "failing")
    assert {row.status for row in house.deliveries() if row.type != "webhook.endpoint_disabled"} == {"failed"}


def test_a_slow_endpoint_holds_up_no_other(house, receiver, other_receiver):
    released = threading.Event()
    receiver.replies.append(when(released))
    house.add(receiver)
    house.add(other_receiver)
    house.record(names.TRIAL_STARTED)
    house.start()
    receiver.wait_for(1)
    other_receiver.wait_for(1)
    house.record(names.TRIAL_ENDED)
    house.start()
    other_receiver.wait_for(1)
    released.set()
    house.sender.wait()

    assert {row.status for row in house.deliveries()} == {"delivered"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_that_is_killed_before_the_answer_sends_again_under_the_same_id(
    house, receiver, database, tmp_path
):
    house.add(receiver)
    house.record(names.TRIAL_STARTED)
    never = threading.Event()
    receiver.replies.append(when(never))
    environment = os.environ | {"PLG_DATABASE_URL": database.url, "PLG_DATA_DIR": str(tmp_path)}
    environment |= {"PLG_SECRET_KEY": "secret key of the test suite", "PLG_WEBHOOKS_PRIVATE_ADDRESSES": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "plg", "worker"], env=environment, stderr=subprocess.DEVNULL
    ) as worker:
        receiver.wait_for(1)
        worker.kill()
    never.set()
    house.deliver()
    assert len(receiver.received) == 1
    house.deliver(deliveries.LEASE + SECOND)

    first, second = receiver.received
    assert first.id == second.id
    assert [(row.status, row.attempts) for row in house.deliveries()] == [("delivered", 2)]


def test_an_answer_that_comes_after_the_lease_changes_nothing(house, receiver):
    id, _ = house.add(receiver)
    house.record(names.TRIAL_STARTED)
    with house.app.app_context():
        late = deliveries.claim(id, now())
    house.deliver(deliveries.LEASE + SECOND)
    with house.app.app_context():
        deliveries.settle(late, Answer(500, "", 1), now())
        db.session.commit()

    assert [(row.status, row.response_status) for row in house.deliveries()] == [("delivered", 204)]
    assert house.endpoint(id).failing_since is None


def test_workers_beside_each_other_deliver_each_once(house, receiver):
    house.add(receiver)
    house.record(*[names.TRIAL_STARTED] * 40)
    workers = [Sender(house.app, WebhookGateway(private=True)) for _ in range(3)]
    (endpoint,) = {row.endpoint_id for row in house.deliveries()}

    def work(i):
        for _ in range(3):
            workers[i].start(endpoint, now())
        workers[i].wait()

    in_parallel(house.app, len(workers), work)

    assert len(receiver.received) == len({each.id for each in receiver.received}) == 40
    assert {(row.status, row.attempts) for row in house.deliveries()} == {("delivered", 1)}


def test_more_events_and_endpoints_cost_no_more_statements(house, receiver):
    person = make_person(house.app)
    account = make_account(house.app)
    house.read_log()

    def cost(events):
        with house.app.app_context():
            for _ in range(events):
                log.record(names.TRIAL_STARTED, person_id=person, account_id=account)
            db.session.commit()
            with count_queries(db.engine) as queries:
                house.read_log()
        return queries.count

    house.add(receiver)
    one = cost(1)
    for _ in range(4):
        house.add(receiver)

    assert cost(15) <= one
    assert len(house.deliveries()) == 1 + 5 * 15


def test_what_was_to_be_told_of_an_erased_person_is_forgotten(house, receiver):
    house.add(receiver)
    person = make_person(house.app)
    house.record(names.SIGNED_UP, person_id=person, properties={"email": "ana@acme.example"})
    with house.app.app_context():
        log.erase(identities.records_of(person))
        db.session.commit()
    house.read_log()

    assert "ana@acme.example" not in "".join(row.body for row in house.deliveries())


def test_deliveries_are_forgotten_after_30_days(house, receiver):
    house.add(receiver)
    house.record(names.TRIAL_STARTED)
    with house.app.app_context():
        assert jobs.forget_deliveries(now() + 29 * DAY) == 0
        assert jobs.forget_deliveries(now() + 31 * DAY) == 1
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(WebhookDelivery)) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_secret_that_cannot_be_read_any_more_is_told_with_the_delivery(house, make_app, receiver):
    house.add(receiver)
    house.record(names.TRIAL_STARTED)
    House(make_app(secret_key="another one"), house.read_log).deliver()

    (row,) = house.deliveries()
    assert (row.status, receiver.received) == ("waiting", [])
    assert "rotate the endpoint's secret" in row.error
