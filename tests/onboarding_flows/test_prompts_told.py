"""Whom prompts are for, and what staff are told of them: why they are held back, and what tours look for in vain."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from onboarding_flows import analytics, event_names, flows
from onboarding_flows.models import MissingAnchor
from plg.kit.db import db
from tests.onboarding_flows.conftest import (
    ANA,
    DAY,
    HOUR,
    MINUTE,
    Call,
    Post,
    Prompts,
    flow,
    prompt,
    publish,
    text,
    tour,
)
from tests.onboarding_flows.test_explain import explained
from tests.onboarding_flows.test_progress import recorded
from tests.onboarding_flows.test_prompts import held, keys
from tests.support.story import happened, make_account, make_person
from tests.support.visitors import a_customer, visitor


def test_a_share_is_drawn_once_for_each_flow_and_stays_the_same(
    app: Flask, worker, headers, client: FlaskClient, acme: int
) -> None:
    publish(app, prompt("half", audience={"percent": 50}, show={"essential": True}))
    publish(app, prompt("none", audience={"percent": 0}, show={"essential": True, "priority": 99}))
    people = [make_person(app, f"p{i}@acme.example") for i in range(40)]
    account = make_account(app, *((person, "member") for person in people))

    def see(person: int) -> list[str]:
        answer = client.get("/v1/widget/state", headers=headers(person, account))
        return keys(answer.json["prompts"])

    drawn = [see(person) for person in people]
    assert 8 <= drawn.count(["half"]) <= 32
    assert set(map(tuple, drawn)) == {("half",), ()}
    publish(app, prompt("half", audience={"percent": 50}, show={"essential": True, "priority": 60}))
    for person in people:
        happened(app, "Any", person_id=person, account_id=account)
    worker()
    assert [see(person) for person in people] == drawn, "the database draws as a browser's request does"


def test_it_is_for_who_speaks_one_of_its_languages(
    app: Flask, ana: int, luis: int, client: FlaskClient, secret_key: str, prompts: Prompts
) -> None:
    with app.app_context():
        for person, locale in ((ana, "es-MX"), (luis, "en")):
            db.session.execute(
                db.text("UPDATE people SET locale = :l WHERE id = :i"), {"l": locale, "i": person}
            )
        db.session.commit()
    publish(app, prompt("hola", audience={"locales": ["es"]}))
    assert (keys(prompts(ana)), keys(prompts(luis))) == (["hola"], [])
    told = explained(client, secret_key, flow="hola", person="luis@acme.example", account="acme")
    rule = next(each for each in told["rules"] if each["rule"] == "locales")
    assert (rule["holds"], rule["wanted"], rule["found"]) == (False, ["es"], "en")


def test_explain_tells_what_holds_it_back(
    app: Flask, ana: int, client: FlaskClient, secret_key: str, post: Post, prompts: Prompts, clock
) -> None:
    publish(app, prompt("first", show={"priority": 70}))
    publish(app, prompt("second", show={"times": 3}))
    publish(app, prompt("third", "announcement", show={"priority": 10}))

    def why(key: str) -> tuple[bool, list[str], str | None]:
        told = explained(client, secret_key, **{**ANA, "flow": key})
        failed = [each["rule"] for each in told["rules"] if not each["holds"]]
        return told["shown"], failed, told["held_back"] and told["held_back"]["reason"]

    assert keys(prompts(ana)) == ["first"]
    assert why("first") == (True, [], None)
    assert why("second") == (False, ["priority"], "priority")
    assert why("third") == (False, ["budget"], "person_hour")
    post(ana, "first/shown")
    post(ana, "first/dismiss")
    assert why("first")[1] == ["dismissed"]
    prompts(ana)
    assert why("second") == (False, ["budget"], "person_hour")
    told = explained(client, secret_key, **{**ANA, "flow": "second"})
    budget = next(each for each in told["rules"] if each["rule"] == "budget")
    assert budget["found"] == {
        "reached": "person_hour",
        "shown": {f"{who}_{span}": 1 for who in ("person", "account") for span in ("hour", "day", "week")},
    }
    clock.shift(HOUR + MINUTE)
    assert why("second") == (True, [], "person_hour")
    publish(app, prompt("fourth", audience={"percent": 10}))
    told = explained(client, secret_key, **{**ANA, "flow": "fourth"})
    assert [each["rule"] for each in told["rules"]] == ["live", "owner", "percent"]
    assert 0 <= told["rules"][2]["found"]["bucket"] < 100


def test_a_reason_is_kept_when_it_is_new_and_once_an_hour(
    app: Flask, ana: int, prompts: Prompts, client: FlaskClient, secret_key: str, clock
) -> None:
    publish(
        app,
        prompt("first", show={"priority": 70, "essential": True, "times": 9, "until": "2026-03-02T15:30Z"}),
    )
    publish(app, prompt("second"))
    for _ in range(3):
        prompts(ana)
    assert held(app) == {"second": ("priority", 1)}
    clock.shift(HOUR)
    prompts(ana)
    assert held(app) == {"second": ("priority", 2)}
    client.get("/v1/flows/state", query_string=ANA, headers={"Authorization": f"Bearer {secret_key}"})
    clock.shift(3 * HOUR)
    assert keys(prompts(ana)) == ["second"]
    assert held(app) == {"second": ("priority", 2)}


def test_a_missing_anchor_is_counted_told_once_for_each_page_and_warned_of(
    app: Flask, ana: int, post: Post, prompts: Prompts, clock
) -> None:
    version = publish(app, tour("around", {"key": "one", "title": text("One"), "anchor": ["#one"]}))
    publish(app, flow("list", scope="person"))
    prompts(ana)
    for path in ("/reports?month=3#top", "/reports", "/other", "http://[", ""):
        answer = post(ana, "around/steps/one/missing", {"anchor": "#one", "path": path})
        assert answer == {"status": "noted"}
    told = [e.properties["path"] for e in recorded(app, event_names.ANCHOR_MISSING)]
    assert told == ["/reports", "/other", "/"]
    with app.app_context():
        (sign,) = analytics.signs(flows.live())
        assert (sign.flow.key, sign.step.key, sign.path, sign.times) == ("around", "one", "/", 2)
        db.session.rollback()
    for number in range(40):
        post(ana, "around/steps/one/missing", {"path": f"/invoices/{number}"})
    with app.app_context():
        rows = db.session.scalars(select(MissingAnchor)).all()
        assert (len(rows), {row.version_id for row in rows}) == (21, {version})
        db.session.rollback()
    clock.shift(8 * DAY)
    with app.app_context():
        assert analytics.signs(flows.live()) == []
        db.session.rollback()
    assert post(ana, "around/steps/two/missing", {"path": "/"}, expect=404)["code"] == "step_not_found"
    assert post(ana, "list/steps/tour/missing", {"path": "/"}, expect=409)["code"] == "step_without_anchor"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_see_how_people_fare_in_prompts_and_try_them_on_the_past(
    app: Flask, worker, ana: int, acme: int, post: Post, prompts: Prompts, call: Call
) -> None:
    publish(app, tour("around"))
    publish(app, prompt("news", show={"wait": "1d"}, audience={"percent": 100, "locales": ["es"]}))
    happened(app, "Any", person_id=ana, account_id=acme)
    worker()
    prompts(ana)
    post(ana, "around/shown")
    post(ana, "around/steps/one/missing", {"path": "/reports"})
    with app.app_context():
        ours = a_customer("ours", "Our Own Company")
        db.session.commit()
    staff = visitor(app, "staff", ours)
    for path in ("", "/around", "/news", "/around/versions/1", "/news/draft"):
        page = staff.open("GET", f"/staff/flows{path}")
        assert page.status_code == 200, path
    listed = staff.open("GET", "/staff/flows").get_data(as_text=True)
    assert "“one” points at something that was not on the page /reports, 1 time." in listed
    why = staff.open("GET", "/staff/flows/news/why?person=ana@acme.example").get_data(as_text=True)
    assert "It is for people who speak these languages" in why
    tried = {key: call(f"{key}/try", {"last_days": 7})["enrolled"] for key in ("around", "news")}
    assert tried["around"] >= 1
    assert tried["news"] == 0, "nobody told which language they speak"
    kinds = {row["flow"]: row["kind"] for row in staff.open("GET", "/v1/flows").get_json()["data"]}
    assert kinds == {"around": "tour", "news": "banner"}
