"""A sign-up costs the same however many there were before, and whether its address is known or not."""

import datetime as dt
import re
from collections import Counter

import pytest
from sqlalchemy import insert, text

from plg.accounts.models import Account
from plg.kit.clock import now
from plg.kit.db import db, is_postgres
from plg.people.models import Person
from plg.signups import signups, traces
from plg.signups.models import Case, Trace
from plg.signups.traces import Evidence
from tests.support.queries import count_queries, with_plan

EVIDENCE = Evidence("8.8.4.4", "their laptop", "curl/8", 0.1)


def sign_up(app, address, password="correct horse battery"):
    """The statements of one sign-up."""
    with app.app_context():
        with count_queries(db.engine) as queries:
            signups.sign_up(address, password, "Ana", "Acme", evidence=EVIDENCE)
            db.session.commit()
        return queries


def past_sign_ups(app, count, start):
    """So many sign-ups before, all of the same company, browser, network and mailbox."""
    moment, mine = now(), range(start, start + count)
    with app.app_context():
        found = traces.of_address("ana@acme.example") | traces.of_browser(EVIDENCE)
        rows = {
            Person: [{"id": i, "public_id": f"per_{i}", "name": "", "traits": {}} for i in mine],
            Account: [{"id": i, "public_id": f"acct_{i}", "name": "", "timezone": "UTC"} for i in mine],
            Case: [
                {"public_id": f"sgn_{i}", "person_id": i, "account_id": i, "way": "password"} for i in mine
            ],
        }
        more = {
            Person: {"created_at": moment, "identified": True},
            Account: {"created_at": moment, "traits": {}},
            Case: {"decision": "hold", "created_at": moment, "granted_at": None},
        }
        for model, each in rows.items():
            db.session.execute(insert(model), [row | more[model] for row in each])
        left = [(i, kind, value) for i in mine for kind, value in found.items()]
        seen = [{"account_id": i, "kind": k, "value": v, "seen_at": moment} for i, k, v in left]
        db.session.execute(insert(Trace), seen)
        db.session.commit()


def test_a_sign_up_takes_as_many_statements_after_ten_and_after_a_thousand_others(app):
    sign_up(app, "first@acme.example")  # what a process reads once
    costs = []
    for size, start in ((10, 1_000_000), (90, 2_000_000), (900, 10_000_000)):
        past_sign_ups(app, size, start)
        costs.append(int(sign_up(app, f"person{size}@acme.example").count))

    assert costs[0] == costs[1] == costs[2], costs


@pytest.mark.parametrize("asked", ["alike", "seen_since"])
def test_signals_look_at_few_traces_by_an_index_whatever_there_is(app, asked):
    past_sign_ups(app, 1_000, 1_000_000)
    with app.app_context():
        if is_postgres():
            db.session.execute(text("ANALYZE signup_traces"))
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
        value = traces.digest("device", EVIDENCE.device)
        ask = {
            "alike": lambda: traces.alike("device", value, without=None),
            "seen_since": lambda: traces.seen_since("device", value, now() - dt.timedelta(hours=1)),
        }
        counted, plan = with_plan(ask[asked])

    assert "ix_signup_traces_kind_value_seen_at" in plan
    assert not re.search(r"SCAN signup_traces(?! USING)|Seq Scan on signup_traces", plan)
    assert counted in ([traces.MOST], traces.Alike(0, 0))


@pytest.mark.parametrize("password", ["correct horse battery", None])
def test_a_known_address_costs_the_same_statements_as_a_new_one(app, password):
    sign_up(app, "known@acme.example", password)

    new = sign_up(app, "new@acme.example", password)
    known = sign_up(app, "known@acme.example", password)

    assert _kinds(known) == _kinds(new)
    assert int(new.count) > 15


def test_a_known_address_costs_one_hash_as_a_new_one_does(app, monkeypatch):
    sign_up(app, "known@acme.example")
    hashed = []
    monkeypatch.setattr(signups, "hash_password", lambda plain: hashed.append(plain) or "hash")

    sign_up(app, "new@acme.example")
    assert len(hashed) == 1
    sign_up(app, "known@acme.example")
    assert len(hashed) == 2


def test_nothing_is_left_of_what_was_rehearsed_for_a_known_address(app):
    sign_up(app, "known@acme.example")
    before = _everything(app)

    sign_up(app, "known@acme.example")

    assert _everything(app) == before


def _kinds(queries):
    """How often each table is read and written."""
    found = Counter()
    for statement in queries.statements:
        table = re.search(r"(?:FROM|INTO|UPDATE) (\w+)", statement)
        found[statement.split()[0], table[1] if table else ""] += 1
    return found


def _everything(app):
    with app.app_context():
        return {
            table.name: db.session.execute(text(f"SELECT count(*) FROM {table.name}")).scalar()
            for table in db.metadata.sorted_tables
        }
