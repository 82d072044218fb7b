"""The columns on ClickHouse (the engine itself, in this process) are what the embedded ones are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.cli import main
from plg.events import log
from plg.growth import snapshots
from plg.growth.clickhouse import ColumnsUnreachable, Reader, Store, Writer
from plg.growth.reports import REPORTS, parts
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from tests.growth.clickhouse import GROUP, embedded, new_store, written
from tests.growth.logs import Happened, batch, moment
from tests.support.story import happened, make_account, make_person

pytestmark = GROUP
HOUR = 3_600_000
LOGS = st.lists(
    st.builds(
        Happened,
        name=st.sampled_from("ABC"),
        at=st.integers(0, 12 * 24).map(lambda hours: hours * HOUR),
        person=st.integers(0, 5),
        account=st.integers(0, 2),
        properties=st.sampled_from([{}, {"plan": 5}, {"plan": 2.5}, {"plan": "pro"}, {"plan": "5"}]),
    ),
    min_size=2,
    max_size=20,
)
MERGES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), max_size=3)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """One for all examples of a property test: each begins anew."""
    yield new_store()


@settings(max_examples=15, deadline=None)
@given(events=LOGS, merges=MERGES, cut=st.integers(1, 20))
def test_a_snapshot_shows_the_same_events_in_the_same_order_as_the_embedded_columns(
    store: Store, events: list[Happened], merges: list[tuple[int, int]], cut: int
) -> None:
    there = written(store, events, merges, min(cut, len(events) - 1))
    here = embedded(events, merges)
    assert there.names() == here.names()
    assert set(there.values("plan")) == set(here.values("plan"))
    for name in "ABCD":
        for actor in ("person", "account"):
            assert np.array_equal(there.keys(name, actor), here.keys(name, actor))
            for asked in ({"plan": "pro"}, {"plan": ("5", 2.5)}):
                assert np.array_equal(there.matches(name, actor, asked), here.matches(name, actor, asked))
            told, wanted = ["", *there.values("plan")], ["", *here.values("plan")]
            assert [told[code] for code in there.codes(name, actor, "plan")] == [
                wanted[code] for code in here.codes(name, actor, "plan")
            ]


@pytest.mark.parametrize("kind", REPORTS)
def test_each_kind_of_report_gives_the_same_tables_from_both(store: Store, kind: str) -> None:
    report = REPORTS[kind]
    example = report.definition.model_config["json_schema_extra"]["example"]
    names = [
        *dict.fromkeys(re.findall(r"'([A-Z]\w+(?: [A-Z]\w+)+)'", str(example))),
        "Activated",
        "Logged In",
    ]
    plans = [{}, {"plan": "pro"}, {"plan": 5}]
    events = [
        Happened(names[n * 7 % len(names)], n * 9 * HOUR, 1 + n * 3 % 11, n % 3, plans[n * 5 % 3])
        for n in range(120)
    ]
    there, here = written(store, events, [(2, 1)], 30), embedded(events, [(2, 1)])
    dates = {"from": moment(0), "to": moment(40 * 24 * HOUR)}
    definition = report.definition.model_validate(example | dates)
    answer = report.evaluate(definition, there)
    with patch.multiple(parts, ROWS=20, SAMPLE=1):
        in_parts = report.evaluate(definition, there)
    assert answer == in_parts == report.evaluate(definition, here)
    assert re.search(r"[1-9]", re.sub(r"\d{4}-\d\d-\d\d", "", str(answer))), "there is something to compare"


def test_what_was_sent_before_a_crash_is_not_seen_and_counts_once_when_it_is_sent_again(store: Store) -> None:
    written(store, [Happened("A", 0)], [], 1)
    more = batch([Happened("A", HOUR), Happened("A", 2 * HOUR)], 2)
    with Writer(store, ["plan"]) as writer:
        writer._filling = store.state()  # the state never follows
        writer.append(more, [(4, 5)])
    assert Reader(store).snapshot().keys("A", "person").size == 1
    with Writer(store, ["plan"]) as writer:
        assert writer.append(more, [(4, 5)]) == 2
        assert writer.append(more) == 0
    seen = Reader(store).snapshot()
    assert seen.keys("A", "person").size == seen.events == 3


def test_filling_anew_shows_what_was_there_until_it_is_done_and_after_it_broke(store: Store) -> None:
    before = written(store, [Happened("A", 0), Happened("B", HOUR)], [], 1)
    with pytest.raises(OSError, match="power cut"), Writer(store, ["plan"]) as writer, writer.anew():
        writer.append(batch([Happened("A", 0)]))
        assert Reader(store).snapshot().events == before.events
        raise OSError("power cut")
    assert Reader(store).snapshot().names() == ["A", "B"]


def test_a_property_that_was_not_kept_empties_the_tables_and_one_less_does_not(store: Store) -> None:
    written(store, [Happened("A", 0, properties={"plan": "pro"})], [], 1)
    with Writer(store, []) as writer:
        assert writer.place != (0, 0)
    with Writer(store, ["country", "plan"]) as writer:
        assert writer.place == (0, 0)
    assert Reader(store).snapshot().names() == []


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(clickhouse_url=new_store()._url)


def people_who(app: Flask, name: str, actor: Any = "person") -> int:
    with app.app_context():
        return int(np.unique(snapshots.newest().keys(name, actor) >> np.uint64(40)).size)


def test_the_worker_feeds_it_and_the_api_answers_from_it(app: Flask, worker, client, secret_key: str) -> None:
    ana, bea = make_person(app), make_person(app, "bea@acme.example", "Bea")
    happened(app, "Signed Up", person_id=ana, account_id=make_account(app, (ana, "owner")))
    happened(app, "Signed Up", person_id=bea)
    happened(app, "Activated", person_id=ana)
    worker()
    asked = {"steps": [{"events": ["Signed Up"]}, {"events": ["Activated"]}], "actor": "person"}
    asked |= {"from": (now().replace(hour=0)).isoformat(), "to": now().isoformat()}
    told = client.post(
        "/v1/reports/funnel", json=asked, headers={"Authorization": f"Bearer {secret_key}"}
    ).get_json()
    assert [step["entered"] for step in told["steps"]] == [2, 1]
    assert not snapshots_folder(app).exists(), "no file of the embedded columns is written"


def snapshots_folder(app: Flask) -> Any:
    with app.app_context():
        return snapshots.folder()


def test_who_was_erased_is_deleted_and_the_others_stay(app: Flask, worker) -> None:
    ana, bea = make_person(app), make_person(app, "bea@acme.example", "Bea")
    for person in (ana, bea):
        happened(app, "Signed Up", person_id=person)
    worker()
    assert people_who(app, "Signed Up") == 2
    with app.app_context():
        log.erase([ana])
        db.session.commit()
    worker()
    assert people_who(app, "Signed Up") == 1


def test_a_server_that_does_not_answer_is_named_without_its_password(make_app, client, secret_key) -> None:
    app = make_app(clickhouse_url="http://plg:geheim@127.0.0.1:9/plg")
    with app.app_context(), pytest.raises(ColumnsUnreachable) as refused:
        catch_up()
    assert "geheim" not in str(refused.value.detail)


def test_the_command_fills_them_from_the_log_and_says_how_many(app: Flask, monkeypatch) -> None:
    happened(app, "Signed Up", 3, person_id=make_person(app))
    monkeypatch.setattr("plg.app.create_app", lambda: app)
    first = CliRunner().invoke(main, ["columns", "fill"])
    again = CliRunner().invoke(main, ["columns", "fill", "--anew"])
    assert "3 events read; the columns hold 3." in first.output, first.output
    assert "3 events read; the columns hold 3." in again.output, again.output
