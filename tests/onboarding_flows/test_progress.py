"""What people do completes steps: once, at the time it happened, credited to who did it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from onboarding_flows import event_names
from onboarding_flows.models import CountedEvent, FlowEnrolment, StepCompletion
from plg.events import subscribers
from plg.events.models import Event
from plg.kit.db import db
from plg.people import identities
from tests.onboarding_flows.conftest import State, done, flow, publish, step
from tests.support.story import at, happened, make_account, make_person, new_event, store_events


def recorded(app: Flask, *names: str) -> list[Event]:
    with app.app_context():
        query = select(Event).where(Event.name.in_(names or event_names.MEANINGS)).order_by(Event.position)
        found = list(db.session.scalars(query))
        db.session.expunge_all()
        db.session.rollback()
        return found


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(table)) or 0
        db.session.rollback()
        return found


def test_an_event_ticks_its_step_for_the_whole_account(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow())
    moment = at("2026-03-01 09:30")
    happened(app, "Invoice Sent", account_id=acme, person_id=luis, occurred_at=moment)
    worker()
    (hers,) = shown(ana, acme)
    sent = hers["steps"][0]
    assert (sent["done"], sent["done_by"], sent["done_at"]) == (True, "Luis", "2026-03-01T09:30:00Z")
    assert hers["progress"] == {"done": 1, "skipped": 0, "total": 3}
    assert (hers["completed"], hers["dismissed"]) == (False, False)
    assert done(shown(luis, acme)[0]) == ["invoice"]


def test_a_persons_flow_is_theirs_alone(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow(scope="person"))
    happened(app, "Invoice Sent", account_id=acme, person_id=luis)
    worker()
    assert done(shown(luis, acme)[0]) == ["invoice"]
    assert shown(luis, acme)[0]["steps"][0]["done_by"] is None
    assert done(shown(ana, acme)[0]) == []


def test_another_accounts_events_tick_nothing_here(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow())
    other = make_account(app, (ana, "owner"), name="Umbrella")
    happened(app, "Invoice Sent", account_id=other, person_id=ana)
    happened(app, "Invoice Sent", person_id=ana)
    worker()
    assert done(shown(ana, acme)[0]) == []
    assert done(shown(ana, other)[0]) == ["invoice"]


def test_what_was_done_before_the_flow_was_published_is_found_done(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    happened(app, "Invoice Sent", account_id=acme, person_id=ana, occurred_at=at("2026-02-20 10:00"))
    worker()
    publish(app, flow())
    (mine,) = shown(ana, acme)
    assert done(mine) == ["invoice"]
    assert mine["steps"][0]["done_at"] == "2026-02-20T10:00:00Z"
    (told,) = recorded(app, event_names.STEP_COMPLETED)
    assert told.occurred_at == at("2026-02-20 10:00")


def test_accounts_that_do_not_come_back_are_caught_up_by_the_job(
    app: Flask, worker, ana: int, acme: int
) -> None:
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    publish(app, flow())
    publish(app, flow("mine", step("pay", "Payment Recorded"), scope="person"))
    worker(now=at("2027-01-01 00:00"))
    assert [(e.properties["flow"], e.properties["step"]) for e in recorded(app)] == [("start", "invoice")]
    assert count(app, FlowEnrolment) == 3, "the account, and two people"


def test_the_first_of_several_events_is_the_one_that_counts(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow())
    late = new_event("Invoice Sent", account_id=acme, person_id=ana, occurred_at=at("2026-03-02 10:00"))
    early = new_event("Invoice Sent", account_id=acme, person_id=luis, occurred_at=at("2026-03-01 10:00"))
    store_events(app, [late, early])
    worker()
    assert shown(ana, acme)[0]["steps"][0]["done_by"] == "Luis"
    (told,) = recorded(app)
    assert told.properties["cause_event_id"] == early["id"]
    assert (told.person_id, told.account_id) == (luis, acme)


def test_several_times_means_so_many_events_and_the_last_needed_one_is_the_time(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", {**step("three", "X"), "completes_on": {"event": "X", "count": 3}}))
    for day in (5, 1):
        happened(app, "X", account_id=acme, person_id=ana, occurred_at=at(f"2026-03-0{day} 10:00"))
        worker()
        assert done(shown(ana, acme)[0]) == []
    happened(app, "X", account_id=acme, person_id=ana, occurred_at=at("2026-03-03 10:00"))
    worker()
    assert shown(ana, acme)[0]["steps"][0]["done_at"] == "2026-03-05T10:00:00Z"
    happened(app, "X", times=20, account_id=acme, person_id=ana)
    worker()
    assert count(app, CountedEvent) == 2, "neither what does the step nor what comes later needs counting"


def test_hearing_everything_again_changes_nothing(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    counting = {**step("twice", "X"), "completes_on": {"event": "X", "count": 2}}
    publish(app, flow("start", step("invoice", "Invoice Sent"), counting, step("more", "Y")))
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    happened(app, "X", account_id=acme, person_id=ana)
    worker()
    before = shown(ana, acme), len(recorded(app)), count(app, CountedEvent)
    for _ in range(3):
        with app.app_context():
            subscribers.replay("onboarding_flows")
            db.session.commit()
        worker()
    assert (shown(ana, acme), len(recorded(app)), count(app, CountedEvent)) == before
    assert done(before[0][0]) == ["invoice"]


def test_only_events_with_the_asked_properties_count(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    asked = {"event": "Invoice Sent", "where": {"amount": {"gte": 100}, "currency": ["eur", "usd"]}}
    publish(app, flow("start", {**step("big", "Invoice Sent"), "completes_on": asked}))
    for properties in (
        {"amount": 99, "currency": "eur"},
        {"amount": 100, "currency": "gbp"},
        {"amount": "100"},
        {},
    ):
        happened(app, "Invoice Sent", account_id=acme, person_id=ana, properties=properties)
    worker()
    assert done(shown(ana, acme)[0]) == []
    right = {"amount": 100, "currency": "usd"}
    happened(app, "Invoice Sent", account_id=acme, person_id=ana, properties=right)
    worker()
    assert done(shown(ana, acme)[0]) == ["big"]


def test_conditions_hold_for_the_past_as_well(app: Flask, worker, ana: int, acme: int, shown: State) -> None:
    for amount in (1, 5, 200):
        happened(app, "Invoice Sent", account_id=acme, person_id=ana, properties={"amount": amount})
    worker()
    asked = {"event": "Invoice Sent", "where": {"amount": {"gte": 100}}}
    any_two = {"event": "Invoice Sent", "count": 2}
    publish(
        app,
        flow(
            "start",
            {**step("big", "X"), "completes_on": asked},
            {**step("two", "X"), "completes_on": any_two},
        ),
    )
    assert done(shown(ana, acme)[0]) == ["big", "two"]


def test_a_finished_flow_is_told_once_with_the_time_of_its_last_step(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B")))
    happened(app, "B", account_id=acme, person_id=ana, occurred_at=at("2026-03-02 10:00"))
    happened(app, "A", account_id=acme, person_id=ana, occurred_at=at("2026-03-01 10:00"))
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    assert shown(ana, acme)[0]["completed"] is True
    (told,) = recorded(app, event_names.COMPLETED)
    assert told.occurred_at == at("2026-03-02 10:00")
    assert told.properties == {"flow": "start", "version": 1, "steps": 2}


def test_a_step_of_one_flow_may_wait_for_another_flow(
    app: Flask, worker, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("basics", step("a", "A")))
    asked = {"event": event_names.COMPLETED, "where": {"flow": "basics"}}
    publish(app, flow("more", {**step("basics", "X"), "completes_on": asked}))
    happened(app, "A", account_id=acme, person_id=ana)
    worker()
    assert [each["completed"] for each in shown(ana, acme)] == [True, True]


def test_visitors_who_act_in_no_account_begin_nothing(app: Flask, worker) -> None:
    publish(app, flow(scope="person"))
    visitor = make_person(app, "visitor@example.com")
    happened(app, "Page Viewed", person_id=visitor)
    happened(app, "Page Viewed")
    worker()
    assert count(app, FlowEnrolment) == 0


def test_a_person_without_an_account_is_shown_their_own_flows(app: Flask, ana: int, shown: State) -> None:
    publish(app, flow("mine", scope="person"))
    publish(app, flow("ours"))
    assert [each["flow"] for each in shown(ana, None)] == ["mine"]


@pytest.mark.parametrize("both_began", [True, False])
def test_two_records_of_one_person_become_one_progress(
    app: Flask, worker, acme: int, shown: State, both_began: bool
) -> None:
    counting = {**step("three", "X"), "completes_on": {"event": "X", "count": 3}}
    publish(app, flow("start", step("a", "A"), step("b", "B"), counting, scope="person"))
    eva = make_person(app, "eva@acme.example", "Eva")
    with app.app_context():
        phone = identities.resolve(["phone"])["phone"]
        db.session.commit()
    happened(app, "A", account_id=acme, person_id=phone)
    happened(app, "X", times=2, account_id=acme, person_id=phone)
    if both_began:
        happened(app, "B", account_id=acme, person_id=eva)
        happened(app, "X", account_id=acme, person_id=eva)
    worker()
    with app.app_context():
        assert identities.merge(eva, phone, reason="tests", by="tests") == eva
        db.session.commit()
    worker()
    assert done(shown(eva, None)[0]) == (["a", "b", "three"] if both_began else ["a"])
    with app.app_context():
        theirs = FlowEnrolment.person_id.in_([eva, phone])
        assert list(db.session.scalars(select(FlowEnrolment.person_id).where(theirs))) == [eva]
        assert set(db.session.scalars(select(StepCompletion.person_id))) == {eva}
        assert set(db.session.scalars(select(CountedEvent.person_id))) == {eva}
        db.session.rollback()


def test_spanish_is_spoken_to_who_asks_for_it(app: Flask, ana: int, acme: int, shown: State) -> None:
    publish(app, flow("start", step("a", "A", action={"label": {"es": "Ir", "en": "Go"}, "url": "/a"})))
    (spanish,) = shown(ana, acme, "es")
    (english,) = shown(ana, acme, "en")
    action = spanish["steps"][0]["action"]
    assert (spanish["title"], action["label"], action["url"]) == ("Start (es)", "Ir", "/a")
    assert (english["title"], english["steps"][0]["action"]["label"]) == ("Start", "Go")
