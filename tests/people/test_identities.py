"""One human being, however many ids, in whatever order they become known."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from plg.accounts import memberships
from plg.events.models import Event
from plg.kit.db import db
from plg.kit.ids import new_event_id
from plg.people import identities, people
from plg.people.models import Identity, Merge, Person
from tests.support.story import happened, in_parallel, make_account, make_person


def make(app, *distinct_ids):
    with app.app_context():
        found = identities.resolve(distinct_ids)
        db.session.commit()
        return [found[i] for i in distinct_ids]


def merge(app, a, b, **options):
    with app.app_context():
        into = identities.merge(a, b, reason="test", by="tests", **options)
        db.session.commit()
        return into


def test_an_id_seen_in_parallel_becomes_one_person(app):
    results = in_parallel(app, 8, lambda i: identities.resolve(["same", f"own{i}"])["same"])
    assert len(set(results)) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 9
        orphans = select(Person.id).where(Person.id.not_in(select(Identity.person_id)))
        assert list(db.session.scalars(orphans)) == []


def test_the_identified_person_survives_an_anonymous_one_in_either_order(app):
    known = make_person(app)
    first, second = make(app, "anon-1", "anon-2")
    assert merge(app, known, first) == known
    assert merge(app, second, known) == known


def test_merging_again_changes_nothing(app):
    a, b = make(app, "a", "b")
    into = merge(app, a, b)
    assert merge(app, b, a) == into
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Merge)) == 1
        merged = select(func.count()).where(Event.name == "People Merged")
        assert db.session.scalar(merged) == 1


def test_two_known_people_are_merged_only_by_force(app):
    ana, eva = make_person(app, "ana@x.example"), make_person(app, "eva@x.example")
    assert merge(app, ana, eva) == ana
    with app.app_context():
        assert identities.canonical([ana, eva]) == {}
        db.session.rollback()
    assert merge(app, ana, eva, force=True) == ana
    with app.app_context():
        assert identities.canonical([ana, eva]) == {eva: ana}


def test_the_survivor_keeps_its_own_traits_and_gets_the_missing_ones(app):
    known = make_person(app, name="Ana")
    (anonymous,) = make(app, "anon")
    with app.app_context():
        people.describe(people.get(anonymous), {"name": "Somebody", "city": "Lima"})
        people.describe(people.get(known), {"name": "Ana"})
        db.session.commit()
    merge(app, known, anonymous)
    with app.app_context():
        person = people.find("anon")
        assert (person.id, person.traits) == (known, {"name": "Ana", "city": "Lima"})


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_merges_in_any_order_join_exactly_what_belongs_together(app, pairs):
    """The outcome is the same as that of a plain union of sets, and every record points at its survivor."""
    ids = make(app, *(new_event_id() for _ in range(6)))
    groups = [{i} for i in range(6)]
    for a, b in pairs:
        merge(app, ids[a], ids[b])
        joined = next(g for g in groups if a in g) | next(g for g in groups if b in g)
        groups = [g for g in groups if not g & joined] + [joined]
    with app.app_context():
        survivors = {i: identities.survivor(ids[i]) for i in range(6)}
        for a, b in itertools.combinations(range(6), 2):
            assert (survivors[a] == survivors[b]) == any({a, b} <= g for g in groups)
        chained = select(Person.id).where(
            Person.merged_into_id.in_(select(Person.id).where(Person.merged_into_id.is_not(None)))
        )
        assert list(db.session.scalars(chained)) == []


def test_parallel_merges_of_a_ring_end_in_one_person(app):
    ids = make(app, *(f"ring-{i}" for i in range(6)))
    in_parallel(
        app, 6, lambda i: identities.merge(ids[i], ids[(i + 1) % 6], reason="test", by="tests", force=True)
    )
    with app.app_context():
        assert len({identities.survivor(i) for i in ids}) == 1


def test_memberships_follow_the_survivor(app, worker):
    known = make_person(app)
    (anonymous,) = make(app, "anon")
    shared = make_account(app, (known, "owner"), (anonymous, "member"), name="Shared")
    other = make_account(app, (anonymous, "admin"), name="Other")
    merge(app, known, anonymous)
    worker()
    with app.app_context():
        theirs = {account.id: role for account, role in memberships.of_person(known)}
        assert theirs == {shared: "owner", other: "admin"}
        assert memberships.of_person(anonymous) == []


def test_of_two_roles_in_one_account_the_stronger_follows_the_survivor(app, worker):
    survivor, only_owner = make_person(app, "a@acme.example"), make_person(app, "b@acme.example")
    account = make_account(app, (survivor, "member"), (only_owner, "owner"))
    merge(app, survivor, only_owner, force=True)
    worker()
    with app.app_context():
        assert [role for _, role in memberships.of_person(survivor)] == ["owner"]
        assert [m.person_id for m in memberships.of_account(account)] == [survivor]


def test_a_person_is_found_by_any_id_with_all_that_they_did(app, client, secret_key):
    known = make_person(app, "ana@acme.example")
    (anonymous,) = make(app, "anon")
    happened(app, "Page Viewed", person_id=anonymous, distinct_id="anon")
    happened(app, "Invoice Sent", person_id=known)
    merge(app, known, anonymous)
    headers = {"Authorization": f"Bearer {secret_key}"}
    for any_id in ("anon", "ana@acme.example", "ANA@ACME.EXAMPLE"):
        person = client.get(f"/v1/people/{any_id}", headers=headers).json
        assert person["email"] == "ana@acme.example"
        assert "anon" in person["distinct_ids"]
    events = client.get("/v1/people/anon/events", headers=headers).json["data"]
    assert [e["name"] for e in events] == ["People Merged", "Invoice Sent", "Page Viewed"]


def test_events_are_paged_without_gap(app, client, secret_key):
    known = make_person(app)
    happened(app, "Invoice Sent", times=7, person_id=known)
    headers = {"Authorization": f"Bearer {secret_key}"}
    seen, before = [], None
    while True:
        query = {"limit": 3} | ({"before": before} if before else {})
        page = client.get("/v1/people/ana@acme.example/events", query_string=query, headers=headers).json
        seen += [event["id"] for event in page["data"]]
        before = page["next"]
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("path", ["/v1/people/nobody", "/v1/people/nobody/events", "/v1/accounts/none"])
def test_an_unknown_id_is_told_as_such(client, secret_key, path):
    answer = client.get(path, headers={"Authorization": f"Bearer {secret_key}"})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["code"] in {"person_not_found", "account_not_found"}
