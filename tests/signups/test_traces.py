"""What is kept of a sign-up's origin: keyed hashes, for a while."""

import datetime as dt

import pytest

from plg.kit.clock import now
from plg.kit.db import db
from plg.signups import folder, jobs, traces
from plg.signups.models import Trace


@pytest.mark.parametrize(
    ("ip", "neighbourhood"),
    [
        ("8.8.4.4", "8.8.4.0/24"),
        ("::ffff:8.8.4.4", "8.8.4.0/24"),
        ("2a00:1450:4003:80f:1:2:3:4", "2a00:1450:4003:800::/56"),
        ("127.0.0.1", ""),
        ("10.1.2.3", ""),
        ("fe80::1", ""),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_a_network_is_the_neighbourhood_of_an_address(ip, neighbourhood):
    assert traces.network(ip) == neighbourhood


def test_nothing_is_kept_as_it_was_told(house, people):
    people.confirmed("ana@acme.example", ip="8.8.4.4", device="their laptop", agent="A Browser/1.0")

    with house.app_context():
        kept = {row.kind: row.value for row in db.session.query(Trace)}
    assert kept.keys() == {"mailbox", "company", "device", "network"}
    assert all(len(value) == 32 and int(value, 16) for value in kept.values())


def test_a_hash_is_of_one_kind_and_of_one_house(house, make_app):
    with house.app_context():
        mailbox, device = traces.digest("mailbox", "x"), traces.digest("device", "x")
        assert traces.digest("mailbox", "x") == mailbox
    with make_app(secret_key="another secret").app_context():
        elsewhere = traces.digest("mailbox", "x")

    assert len({mailbox, device, elsewhere}) == 3


def test_traces_are_forgotten_when_their_time_is_over(house, people, worker):
    people.confirmed("ana@acme.example", ip="8.8.4.4", device="their laptop")

    def kinds_after(days):
        with house.app_context():
            jobs.forget_traces(now() + dt.timedelta(days=days))
            db.session.commit()
            return {row.kind for row in db.session.query(Trace)}

    assert kinds_after(29) == {"mailbox", "company", "device", "network"}
    assert kinds_after(31) == {"mailbox", "company", "device"}
    assert kinds_after(181) == {"mailbox", "company"}
    assert kinds_after(1096) == set()


def test_the_worker_forgets_and_how_long_is_the_policys(house, people, worker):
    people.confirmed("ana@acme.example", device="their laptop")
    with house.app_context():
        folder.section.publish("signups", {"keep_days": {"device": 5}}, "tests")
        db.session.commit()

    worker(now=now() + dt.timedelta(days=6))

    with house.app_context():
        assert {row.kind for row in db.session.query(Trace)} == {"mailbox", "company"}


def test_a_browser_that_was_forgotten_counts_no_more(house, people):
    people.sign_up("ana@acme.example", device="their laptop")
    with house.app_context():
        jobs.forget_traces(now() + dt.timedelta(days=200))
        db.session.commit()

    assert people.reasons(people.sign_up("eva@other.example", device="their laptop")) == {}
