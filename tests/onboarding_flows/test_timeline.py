"""A person's flows in the order of time: what came to pass, and why."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask

from onboarding_flows import event_names, jobs, moving, timeline
from onboarding_flows.staff_people import WORDS
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from tests.onboarding_flows.conftest import ANA, Call, Post, Prompts, flow, prompt, publish, step, tour
from tests.onboarding_flows.test_drafts import kept
from tests.onboarding_flows.test_staff_editor import Staff
from tests.support.queries import count_queries
from tests.support.story import happened, make_account, make_person


def told(app: Flask, person_id: int) -> list[timeline.Row]:
    """All pages, one after the other."""
    with app.app_context():
        rows, more = timeline.of_person(person_id)
        while more is not None:
            further, more = timeline.of_person(person_id, timeline.place_of(str(more)))
            rows += further
    return rows


def test_each_row_says_what_did_it(
    app: Flask, worker: Any, call: Call, ana: int, luis: int, acme: int
) -> None:
    bought = {"completes_on": {"event": "Paid", "where": {"total": {"gte": 10}}}, "manual": False}
    rule = {"field": "account.name", "exists": True}
    steps = (
        step("pay", **bought),
        step("rule", completes_when=rule, manual=False),
        step("tour", skippable=True),
    )
    publish(app, flow("ours", *steps))
    publish(app, flow("mine", step("a", "A"), scope="person"))
    happened(app, "Paid", person_id=luis, account_id=acme, properties={"total": 12, "card": "4242"})
    happened(app, "A", person_id=luis, account_id=acme)
    happened(app, "B", person_id=ana, account_id=acme)
    worker()
    call("ours/steps/tour/skip", ANA)
    call("ours/steps/pay/reset", ANA)
    publish(app, flow("ours", *steps[:2]))
    with app.app_context():
        moving.start(moving.plan("ours", 1, {}), by="staff:7")
        db.session.commit()
    while kept(app, jobs.migrate, now()):
        pass

    rows = told(app, ana)

    ours = {row.what: row for row in rows if row.flow_key == "ours"}
    paid = next(row for row in rows if row.step and row.step.key == "pay" and row.cause)
    assert paid.cause is not None and (paid.cause.name, paid.cause.asked) == ("Paid", {"total": 12})
    assert paid.who is not None and paid.who.id == luis, "a colleague did it"
    assert paid.account is not None and paid.account.id == acme
    assert {timeline.BEGUN, event_names.STEP_SKIPPED, event_names.STEP_RESET} <= ours.keys()
    assert ours[event_names.STEP_SKIPPED].facts["by"].startswith("key:")
    assert ours[event_names.VERSION_CHANGED].facts["from_version"] == 1
    assert [row.what for row in rows if row.flow_key == "mine"] == [timeline.BEGUN], "Luis's own is not Ana's"
    places = [row.place for row in rows]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_pages_follow_each_other_without_a_gap_and_cost_the_same(
    app: Flask, ana: int, acme: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [make_account(app, (ana, "owner"), key=f"more-{number}") for number in range(3)]
    for number in range(4):
        publish(app, flow(f"flow-{number}", step("a", "A"), step("b", "B")))
    moment = now()
    with app.app_context():
        from onboarding_flows import enrolments, flows, subscribers
        from plg.events.stream import Batch

        for account in (acme, *others):
            wanted = [enrolments.Beginning(each, enrolments.Owner(account, None)) for each in flows.live()]
            enrolments.begin(wanted)
        subscribers.on_events(Batch([]))
        db.session.commit()
    for account in (acme, *others):
        happened(app, "A", person_id=ana, account_id=account, occurred_at=moment)
    from tests.support.turns import Turns

    Turns(app)()
    whole = told(app, ana)
    assert len(whole) == 32, "four begun and four done in each of four accounts"
    monkeypatch.setattr(timeline, "PAGE", 5)
    assert [row.place for row in told(app, ana)] == [row.place for row in whole]
    monkeypatch.setattr(timeline, "PAGE", 50)
    with app.app_context():
        timeline.of_person(ana)
        with count_queries(db.engine) as queries:
            timeline.of_person(ana)
        db.session.rollback()
    assert queries.count <= 10
    assert timeline.place_of("x~1~2") is None and timeline.place_of("2026-01-01~1~2") is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_persons_page_leads_to_their_flows(
    app: Flask, sign_in: Any, worker: Any, call: Call, ana: int, acme: int
) -> None:
    marta = Staff(app, sign_in)
    publish(app, flow("start", step("a", "A"), step("tour"), audience={"roles": ["owner"]}, scope="person"))
    happened(app, "A", person_id=ana, account_id=acme)
    worker()
    stranger = make_person(app, "eva@other.example")
    with app.app_context():
        id, other = people.get(ana).public_id, people.get(stranger).public_id
        db.session.rollback()
    page = marta.client.get(f"/staff/people/{id}").text
    assert f'href="/staff/flows/people/{id}"' in page
    shown = html.unescape(marta.client.get(f"/staff/flows/people/{id}").text)
    for said in ("Flows of Ana", "Begun", "roles owner", "because of the event “A”", "version 1"):
        assert said in shown, said
    assert f"/staff/flows/start/why?person={id}" in shown
    assert "They have begun no flow." in marta.client.get(f"/staff/flows/people/{other}").text
    assert f"/staff/flows/people/{id}" in marta.client.get(f"/staff/flows/start/why?person={id}").text
    assert marta.client.get("/staff/flows/people/nobody-of-this-name-here").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_came_up_was_put_off_and_was_held_back_is_told(
    app: Flask, sign_in: Any, prompts: Prompts, post: Post, ana: int, acme: int
) -> None:
    marta = Staff(app, sign_in)
    publish(app, tour("around", scope="person"))
    publish(app, prompt("news", show={"snooze": "2d"}))
    publish(app, prompt("later", show={"wait": "2d"}, audience={"percent": 100, "locales": ["en", "es"]}))
    with app.app_context():
        people.get(ana).locale = "en"
        db.session.commit()
    prompts(ana)
    post(ana, "news/shown")
    post(ana, "news/snooze")
    post(ana, "around/steps/one/missing", {"anchor": "#one", "path": "/reports"})
    prompts(ana)
    with app.app_context():
        id = people.get(ana).public_id
        db.session.rollback()

    page = html.unescape(marta.client.get(f"/staff/flows/people/{id}").text)

    for said in (
        ">Shown<",
        "time number 1",
        ">Put off<",
        "Its place was not on the page",
        "<code>/reports</code>",
        "languages en, es; a share of 100%",
        "They began it only lately.",
        "They put it off until later.",
    ):
        assert said in page, said
    assert re.search(r"until \w+", page)
    assert "it came up" in page and "/staff/flows/later/why?person=" in page


def test_every_event_of_flows_has_words_for_staff() -> None:
    assert WORDS.keys() == event_names.MEANINGS.keys() - {event_names.MIGRATED} | {timeline.BEGUN}
