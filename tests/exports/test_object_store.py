"""Exports to an object store, over its real protocol on loopback."""

from __future__ import annotations

import pytest

from plg.exports import targets
from plg.exports.models import DONE, FAILED
from plg.kit.clock import now
from tests.exports.test_exports import DAY, MAY, add, expected, run
from tests.support.live_server import live_server
from tests.support.object_store import ObjectStore
from tests.support.story import happened, make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SECRET = "very-secret-key"


@pytest.fixture
def store():
    return ObjectStore("lake", "AKID")


@pytest.fixture
def app(make_app, store):
    with live_server(store) as url:
        yield make_app(
            exports_s3_url="s3://lake/plg",
            exports_s3_endpoint=url,
            exports_s3_key_id="AKID",
            exports_s3_secret=SECRET,
            exports_private_addresses=True,
        )


def test_events_leave_for_a_bucket_and_days_that_are_no_more_are_deleted(app, store, monkeypatch):
    person = make_person(app)
    for number in range(3):
        happened(app, "Sent", person_id=person, occurred_at=MAY + number * DAY)
    store.objects["plg/events/day=1999-01-01/events.parquet"] = b"of an erased person"
    store.objects["plg/other/file"] = b"not ours"
    export = add(app, target="s3")
    line = run(app, export)
    assert (line.status, line.error) == (DONE, "")
    days = {f"plg/events/day={day}/events.parquet" for day in expected(app)}
    assert set(store.objects) == days | {"plg/other/file"}
    assert all(found[:4] == b"PAR1" == found[-4:] for key, found in store.objects.items() if key in days)
    whole = dict(store.objects)
    monkeypatch.setattr(targets, "PIECE", 500)
    assert run(app, export, anew=True).files == len(days)
    assert ("POST", sorted(days)[0]) in store.requests  # in several pieces
    assert {key: len(found) for key, found in store.objects.items()} == {k: len(v) for k, v in whole.items()}


def test_what_the_store_does_not_take_is_tried_again_without_telling_keys(app, store, capfd):
    happened(app, "Sent", person_id=make_person(app), occurred_at=now() - DAY)
    export = add(app, target="s3")
    store.refuse = lambda method, key: "403 Forbidden" if method == "PUT" else None
    line = run(app, export)
    assert line.status == FAILED and "was not taken" in line.error
    store.refuse = lambda method, key: None
    assert run(app, export).status == DONE
    told = line.error + "".join(capfd.readouterr())
    assert SECRET not in told and "AKID" not in told


def test_a_store_on_a_private_network_is_refused_unless_it_may_be(make_app, store):
    with live_server(store) as url:
        app = make_app(exports_s3_url="s3://lake", exports_s3_endpoint=url, exports_s3_key_id="AKID")
        happened(app, "Sent", person_id=make_person(app), occurred_at=MAY)
        line = run(app, add(app, target="s3"))
    assert line.status == FAILED and "not one that exports may go to" in line.error
    assert store.requests == []
