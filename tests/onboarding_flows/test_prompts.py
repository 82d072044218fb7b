"""Tours, banners and announcements: when they come up, and what people do with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from onboarding_flows import analytics, event_names, flows
from onboarding_flows.models import FlowShowing, MissingAnchor
from plg.attention.models import Appearance, HeldBack
from plg.kit.db import db
from plg.people import identities
from tests.onboarding_flows.conftest import ANA, Call, State, flow, publish, step, text
from tests.onboarding_flows.test_explain import explained
from tests.onboarding_flows.test_progress import count, recorded
from tests.support.story import at, happened, make_account, make_person
from tests.support.visitors import a_customer, visitor

NOON = at("2026-03-02 12:00")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
Post = Callable[..., dict[str, Any]]
Prompts = Callable[..., list[dict[str, Any]]]


def prompt(key: str, kind: str = "banner", /, **more: Any) -> dict[str, Any]:
    """One that may be shown in every hour, unless it says otherwise."""
    return {"key": key, "kind": kind, "title": text(key), "description": text(f"About **{key}**"), **more}


def tour(key: str, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    places = [{"key": name, "title": text(name), "anchor": [f"#{name}"]} for name in ("one", "two")]
    return {"key": key, "kind": "tour", "title": text(key), "steps": list(steps) or places, **more}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(client: FlaskClient, headers, acme: int) -> Post:
    """`post(person, "news/shown")` as the widget in that person's browser; the answer, of the expected status."""

    def send(person: int, path: str, body: Any = None, expect: int = 200) -> dict[str, Any]:
        url = f"/v1/widget/flows/{path}"
        answer = client.post(url, json=body or {}, headers=headers(person, acme))
        assert answer.status_code == expect, answer.text
        assert answer.json is not None
        return answer.json

    return send


@pytest.fixture
def state(client: FlaskClient, headers, acme: int) -> Callable[..., dict[str, Any]]:
    def ask(person: int, locale: str = "en") -> dict[str, Any]:
        answer = client.get(f"/v1/widget/state?locale={locale}", headers=headers(person, acme))
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return answer.json

    return ask


@pytest.fixture
def prompts(state) -> Prompts:
    def ask(person: int, locale: str = "en") -> list[dict[str, Any]]:
        return state(person, locale)["prompts"]

    return ask


def keys(shown: list[dict[str, Any]]) -> list[str]:
    return [each["flow"] for each in shown]


def held(app: Flask) -> dict[str, tuple[str, int]]:
    with app.app_context():
        rows = db.session.scalars(select(HeldBack).order_by(HeldBack.source)).all()
        return {row.source.removeprefix("flow:"): (row.reason, row.times) for row in rows}


def test_a_prompt_is_told_whole_in_the_readers_language_and_is_no_checklist(
    app: Flask, ana: int, state, clock
) -> None:
    action = {"label": text("Look"), "url": "/new"}
    publish(app, prompt("news", "announcement", action=action, show={"dismissible": False}))
    told = state(ana, "es")
    assert told["checklists"] == []
    assert told["prompts"] == [
        {
            "flow": "news",
            "version": 1,
            "kind": "announcement",
            "variant": None,
            "title": "news (es)",
            "body_html": "<p>About <strong>news</strong> (es)</p>",
            "placement": "modal",
            "action": {"label": "Look (es)", "url": "/new"},
            "dismissible": False,
            "snoozable": False,
            "steps": [],
            "at": None,
        }
    ]


def test_a_tour_goes_on_where_it_was_left_until_its_last_step(
    app: Flask, ana: int, post: Post, prompts: Prompts, clock
) -> None:
    publish(app, tour("around"))
    (shown,) = prompts(ana)
    assert [(each["key"], each["anchor"], each["advance"]) for each in shown["steps"]] == [
        ("one", ["#one"], "button"),
        ("two", ["#two"], "button"),
    ]
    assert shown["at"] == "one"
    post(ana, "around/shown")
    post(ana, "around/steps/one/complete")
    clock.shift(20 * MINUTE)
    (shown,) = prompts(ana)
    assert shown["at"] == "two", "on the next page it is the same showing"
    post(ana, "around/steps/two/complete")
    assert prompts(ana) == []
    assert [e.properties["flow"] for e in recorded(app, event_names.COMPLETED)] == ["around"]
    assert post(ana, "around/complete") == {"status": "completed"}
    assert len(recorded(app, event_names.COMPLETED)) == 1


def test_reports_of_one_showing_count_once_from_however_many_tabs(
    app: Flask, ana: int, acme: int, prompts: Prompts, headers
) -> None:
    publish(app, prompt("news", show={"times": 5}))
    prompts(ana)
    who = headers(ana, acme)

    def report(_: int) -> int:
        return app.test_client().post("/v1/widget/flows/news/shown", json={}, headers=who).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(report, range(8))) == [200] * 8
    assert count(app, Appearance) == 1
    assert [e.properties["times"] for e in recorded(app, event_names.SHOWN)] == [1]


def test_it_comes_up_so_often_and_so_far_apart_as_it_says(
    app: Flask, ana: int, post: Post, prompts: Prompts, clock
) -> None:
    publish(app, prompt("news", show={"times": 2, "every": "3d"}))
    assert keys(prompts(ana)) == ["news"]
    post(ana, "news/shown")
    assert keys(prompts(ana)) == ["news"], "it stays while it is on the screen"
    clock.shift(31 * MINUTE)
    assert prompts(ana) == []
    clock.shift(3 * DAY - 32 * MINUTE)
    assert prompts(ana) == []
    clock.shift(2 * MINUTE)
    assert keys(prompts(ana)) == ["news"]
    post(ana, "news/shown")
    clock.shift(30 * DAY)
    assert prompts(ana) == []
    assert [e.properties["times"] for e in recorded(app, event_names.SHOWN)] == [1, 2]


def test_it_waits_after_the_beginning_and_is_shown_between_its_times(
    app: Flask, ana: int, prompts: Prompts, state, clock
) -> None:
    publish(app, prompt("later", show={"wait": "2d"}))
    during = {"from": (NOON + DAY).isoformat(), "until": (NOON + 3 * DAY).isoformat()}
    publish(app, prompt("limited", "announcement", show=during))
    publish(app, flow("list", scope="person", show=during | {"priority": 10}))
    publish(app, flow("first", scope="person", show={"priority": 90}))
    assert (prompts(ana), keys(state(ana)["checklists"])) == ([], ["first"])
    assert held(app) == {"later": ("wait", 1), "limited": ("from", 1)}
    clock.shift(DAY)
    assert (keys(prompts(ana)), keys(state(ana)["checklists"])) == (["limited"], ["first", "list"])
    clock.shift(DAY)
    assert len(prompts(ana)) == 1, "both are due, and the hour has room for one"
    clock.shift(DAY)
    assert (keys(prompts(ana)), keys(state(ana)["checklists"])) == (["later"], ["first"])


def test_later_brings_it_back_once_more_and_no_means_no(
    app: Flask, ana: int, luis: int, post: Post, prompts: Prompts, clock
) -> None:
    publish(app, prompt("news", show={"snooze": "2h"}))
    prompts(ana)
    post(ana, "news/shown")
    assert post(ana, "news/snooze") == {"status": "snoozed"}
    post(ana, "news/snooze")
    assert prompts(ana) == []
    clock.shift(2 * HOUR)
    assert keys(prompts(ana)) == ["news"], "though it says once"
    post(ana, "news/shown")
    post(ana, "news/dismiss")
    clock.shift(3 * DAY)
    assert prompts(ana) == []
    assert keys(prompts(luis)) == ["news"], "each for themselves"
    with app.app_context():
        flows.retire("news")
        db.session.commit()
    assert prompts(luis) == [], "what is not published any more does not come up"
    publish(app, prompt("news", show={"snooze": "2h"}))
    assert post(ana, "news/resume") == {"status": "shown"}
    assert keys(prompts(ana)) == ["news"]
    names = (event_names.SNOOZED, event_names.DISMISSED, event_names.RESUMED)
    assert [len(recorded(app, name)) for name in names] == [1, 1, 1]


def test_what_may_not_be_put_away_stays_until_it_is_acted_on(
    app: Flask, ana: int, post: Post, prompts: Prompts, call: Call, clock
) -> None:
    publish(app, prompt("terms", show={"dismissible": False, "times": 1000}))
    publish(app, flow("list", scope="person", show={"dismissible": False}))
    assert keys(prompts(ana)) == ["terms"]
    for path in ("terms/dismiss", "terms/snooze", "list/dismiss", "list/snooze"):
        assert post(ana, path, expect=409)["code"] == "flow_not_dismissible"
    assert post(ana, "list/complete", expect=409)["code"] == "flow_not_completable"
    post(ana, "terms/complete")
    assert prompts(ana) == []
    assert call("list/dismiss", ANA)["changed"], "a server may"
    assert call("terms/complete", ANA) == {"status": "completed", "changed": False, "checklist": None}


def test_what_is_asked_for_comes_up_whatever_was_seen_and_spent(
    app: Flask, ana: int, post: Post, prompts: Prompts, call: Call, state, clock
) -> None:
    publish(app, tour("around"))
    publish(app, prompt("news"))
    publish(app, flow("list", scope="person"))
    assert keys(prompts(ana)) == ["around"]
    post(ana, "around/shown")
    post(ana, "around/dismiss")
    assert prompts(ana) == [], "the hour is spent"
    again = post(ana, "around/start?locale=es")
    assert (again["flow"], again["title"], again["at"]) == ("around", "around (es)", "one")
    post(ana, "around/start")
    assert keys(prompts(ana)) == ["around"]
    post(ana, "around/shown")
    assert count(app, Appearance) == 1, "who asks is not disturbed"
    post(ana, "around/complete")
    assert prompts(ana) == []
    post(ana, "around/start")
    assert keys(prompts(ana)) == ["around"], "it can be seen again"
    post(ana, "around/dismiss")
    assert call("news/start", ANA)["changed"]
    assert not call("news/start", ANA)["changed"]
    assert keys(prompts(ana)) == ["news"]
    assert [e.properties.get("by", "")[:4] for e in recorded(app, event_names.STARTED)] == ["", "", "key:"]
    assert post(ana, "list/start", expect=409)["code"] == "flow_not_startable"
    assert post(ana, "nothing/start", expect=404)["code"] == "flow_not_found"


def test_a_server_resets_and_snoozes_a_prompt(
    app: Flask, ana: int, post: Post, prompts: Prompts, call: Call, clock
) -> None:
    publish(app, prompt("news", show={"essential": True}))
    prompts(ana)
    assert call("news/snooze", ANA)["changed"]
    assert prompts(ana) == []
    assert call("news/reset", ANA)["changed"]
    assert keys(prompts(ana)) == ["news"]
    post(ana, "news/complete")
    assert prompts(ana) == []
    assert call("news/reset", ANA)["changed"]
    assert not call("news/reset", ANA)["changed"]
    assert keys(prompts(ana)) == ["news"]
    assert call("news/snooze", {"account": "acme"}, expect=404)["code"] == "not_enrolled"


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


def test_no_door_opens_a_prompt_of_somebody_else(
    app: Flask, ana: int, luis: int, post: Post, prompts: Prompts
) -> None:
    publish(app, tour("owners", audience={"roles": ["owner"]}))
    prompts(ana)
    for verb in ("shown", "start", "snooze", "complete", "dismiss", "resume", "steps/one/complete"):
        assert post(luis, f"owners/{verb}", expect=404)["code"] == "flow_not_found"
    assert post(luis, "owners/steps/one/missing", {"path": "/"}, expect=404)["code"] == "flow_not_found"
    assert count(app, FlowShowing) == 0


def test_of_two_records_that_are_one_person_nothing_comes_up_twice(
    app: Flask, worker, ana: int, acme: int, post: Post, prompts: Prompts, headers, client: FlaskClient
) -> None:
    for key in ("seen", "away", "over"):
        publish(app, prompt(key, show={"essential": True}))
    other = make_person(app, "other@acme.example")
    with app.app_context():
        identities.claim(other, "other")
        db.session.commit()
    who = headers(other, None)
    client.get("/v1/widget/state", headers=who)
    for path in ("seen/shown", "away/dismiss", "over/complete"):
        assert client.post(f"/v1/widget/flows/{path}", json={}, headers=who).status_code == 200
    prompts(ana)
    with app.app_context():
        identities.merge(other, ana, reason="tests", by="tests", force=True)
        db.session.commit()
    worker()
    assert keys(prompts(ana)) == ["seen"], "it is on the screen still"
    with app.app_context():
        (row,) = db.session.scalars(select(FlowShowing)).all()
        assert (row.person_id, row.times) == (ana, 1)
        db.session.rollback()


def test_checklists_can_be_put_off_and_say_so(
    app: Flask, ana: int, luis: int, acme: int, post: Post, shown: State, clock
) -> None:
    publish(app, flow("start", step("a")))
    (told,) = shown(ana, acme)
    assert (told["kind"], told["snoozed"], told["dismissible"]) == ("checklist", False, True)
    post(ana, "start/shown")
    clock.shift(2 * HOUR)
    post(ana, "start/shown")
    assert len(recorded(app, event_names.SHOWN)) == 1, "it stands in its place; only the first time is told"
    assert count(app, Appearance) == 0
    post(ana, "start/snooze")
    assert [each["snoozed"] for each in (shown(ana, acme)[0], shown(luis, acme)[0])] == [True, False]
    post(ana, "start/resume")
    assert shown(ana, acme)[0]["snoozed"] is False
    post(ana, "start/snooze")
    clock.shift(DAY)
    assert shown(ana, acme)[0]["snoozed"] is False


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
