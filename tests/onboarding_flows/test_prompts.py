"""Tours, banners and announcements: when they come up, and what people do with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from onboarding_flows import event_names, flows
from onboarding_flows.models import FlowShowing
from plg.attention.models import Appearance, HeldBack
from plg.events import names
from plg.kit.db import db
from plg.people import identities
from tests.onboarding_flows.conftest import (
    ANA,
    DAY,
    HOUR,
    MINUTE,
    NOON,
    Call,
    Post,
    Prompts,
    State,
    flow,
    prompt,
    publish,
    step,
    text,
    tour,
)
from tests.onboarding_flows.test_progress import count, recorded
from tests.support.story import make_person


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
            "action": {
                **dict.fromkeys(["tour", "video", "film", "captions", "form"]),
                "label": "Look (es)",
                "url": "/new",
            },
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


def test_an_experiment_shows_each_arm_its_own_prompt_and_the_holdout_none(
    app: Flask, headers, client: FlaskClient, ana: int, acme: int
) -> None:
    short = {"steps": [{"key": "only", "title": text("Only")}]}
    arms = [{"key": "whole"}, {"key": "short", "changes": short}]
    publish(app, tour("around", experiment={"holdout": 40, "variants": arms}))
    found = set()
    for person in [make_person(app, f"p{i}@acme.example") for i in range(30)]:
        shown = client.get("/v1/widget/state", headers=headers(person, None)).json["prompts"]
        found |= {(each["variant"], each["at"]) for each in shown} or {("holdout", None)}
    assert found == {("whole", "one"), ("short", "only"), ("holdout", None)}
    assert len(recorded(app, names.EXPERIMENT_EXPOSED)) == 30
    assert recorded(app, event_names.SHOWN) == []
