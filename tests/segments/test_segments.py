"""Segments: over HTTP, by which index they are found, how many queries one answer takes, and buckets."""

import datetime as dt
import random
import string
from collections import Counter

import pytest
from sqlalchemy import text

from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from plg.segments import buckets, segments
from plg.trials import trials
from tests.support.queries import count_queries
from tests.support.story import (
    happened,
    make_account,
    make_person,
    new_event,
    publish_plans,
    store_events,
)

SENT_OFTEN = {"event": "Invoice Sent", "count": {"gte": 2}, "within": "7d", "where": {"amount": {"gte": 100}}}


@pytest.fixture
def people(app):
    """Ana (whose other record was merged into hers) in Acme, Ben in Beta."""
    publish_plans(app)
    ana, other, ben = (make_person(app, f"{name}@acme.example", name) for name in ("ana", "other", "ben"))
    acme, beta = (
        make_account(app, (who, "owner"), name=key, key=key) for who, key in ((ana, "acme"), (ben, "beta"))
    )
    happened(app, "Invoice Sent", person_id=ana, account_id=acme, properties={"amount": 100})
    happened(app, "Invoice Sent", person_id=other, account_id=acme, properties={"amount": 250.5})
    happened(app, "Invoice Sent", 3, person_id=ben, account_id=beta, properties={"amount": "100"})
    with app.app_context():
        identities.merge(ana, other, reason="tests", by="tests", force=True)
        db.session.commit()
    return {"ana": (ana, acme), "ben": (ben, beta)}


@pytest.fixture
def ask(client, secret_key):
    def ask(path, body):
        headers = {"Authorization": f"Bearer {secret_key}"}
        return client.post(f"/v1/segments/{path}", json=body, headers=headers)

    return ask


def test_the_host_product_counts_a_rule_and_asks_why(app, people, ask):
    found = ask("count", {"rule": SENT_OFTEN})
    assert found.status_code == 200
    assert found.json["count"] == len(found.json["sample"]) == 1
    assert ask("count", {"rule": {"all": []}}).json["count"] == 2

    rule = {"any": [SENT_OFTEN, {"field": "account.plan", "eq": "pro"}]}
    ana = ask("explain", {"rule": rule, "person": "ana@acme.example"}).json
    assert (ana["holds"], ana["person"]) == (True, found.json["sample"][0]["person"])
    ben = ask("explain", {"rule": rule, "person": "ben@acme.example", "account": "beta"}).json
    assert ben["holds"] is False
    assert [(leaf["found"], leaf["holds"]) for leaf in ben["why"]["any"]] == [(0, False), ("free", False)]

    stranger = ask("explain", {"rule": rule, "person": "ben@acme.example", "account": "acme"})
    assert (stranger.status_code, stranger.json["code"]) == (404, "no_such_member")
    for path, body in (("count", {}), ("explain", {"person": "ben@acme.example"})):
        faulty = ask(
            path, {"rule": {"all": [{"field": "person.age", "eq": 1}, {"event": "x", "within": "x"}]}} | body
        )
        assert (faulty.status_code, faulty.json["code"]) == (422, "rule_faulty")
        assert faulty.json["errors"][0]["field"] == "rule.all.1.within"


def test_one_answer_takes_two_queries(app, people):
    with app.app_context():
        rule = segments.parse({"all": [SENT_OFTEN, {"field": "person.traits.job", "ne": "dev"}]}, now())
        assert segments.matches(rule, *people["ana"], now())
        with count_queries(db.engine) as queries:
            assert not segments.matches(rule, *people["ben"], now())
            assert not segments.matches(rule, people["ben"][0], people["ana"][1], now())
        assert queries.count <= 2 * 2


@pytest.mark.parametrize("by", ["person", "account"])
def test_events_are_counted_by_an_index(app, people, by):
    others = [make_person(app, f"other{number}@acme.example") for number in range(20)]
    accounts = [make_account(app, (person, "owner"), key=f"other-{person}") for person in others]
    store_events(
        app,
        [
            new_event("Looked", person_id=person, account_id=account)
            for person, account in zip(others, accounts, strict=True)
            for _ in range(100)
        ],
    )
    with app.app_context():
        rule = segments.parse({**SENT_OFTEN, "by": by}, now())
        statement = segments.members(rule, now()).compile(db.engine, compile_kwargs={"literal_binds": True})
        explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
        if explain == "EXPLAIN":
            db.session.execute(text("ANALYZE events"))
        rows = db.session.connection().exec_driver_sql(f"{explain} {statement}")
        plan = " ".join(str(row) for row in rows)

    assert f"ix_events_{by}_id_occurred_at" in plan


def test_buckets_share_everybody_out_evenly_and_anew_for_each_salt():
    drawn = random.Random(7)
    ids = [f"per_{''.join(drawn.choices(string.ascii_letters, k=20))}" for _ in range(20_000)]
    one, other = Counter(buckets.of(i, "one") for i in ids), {buckets.of(i, "two") for i in ids}
    both = sum(buckets.of(i, "one") < 50 and buckets.of(i, "two") < 50 for i in ids)

    assert set(one) == other == set(range(100))
    assert max(one.values()) < 280 and min(one.values()) > 130
    assert 4700 < both < 5300


def test_days_of_a_trial_are_spans_of_24_hours(app, people):
    person_id, account_id = people["ana"]
    with app.app_context():
        trial = trials.start(account_id, person_id=person_id, by="tests")
        db.session.commit()
        for hours, day in ((0, 1), (23, 1), (25, 2)):
            moment = trial.started_at + dt.timedelta(hours=hours)
            rule = segments.parse({"field": "trial.day", "eq": day}, moment)
            assert segments.matches(rule, person_id, account_id, moment)
            assert segments.count(rule, moment) == 1
