"""Where steps lead, forms that do a step, and for whom a step is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import answering, enrolments, event_names
from onboarding_flows.enrolments import Actor
from plg.kit.db import db
from plg.people import people
from tests.onboarding_flows.conftest import Call, State, done, flow, publish, step, text
from tests.onboarding_flows.samples import FIELDS, SURVEY
from tests.onboarding_flows.test_by_rule import give
from tests.onboarding_flows.test_concurrency import good
from tests.onboarding_flows.test_progress import recorded
from tests.onboarding_flows.test_steps import faults
from tests.support.story import happened, in_parallel

ANSWERS = "/v1/widget/flows/start/steps/survey/answers"


def survey(**more: Any) -> dict[str, Any]:
    return step("survey", action=SURVEY, manual=False, **more)


def leading(**where: Any) -> dict[str, Any]:
    return flow("start", step("a", "A", action={"label": text("Go"), **where}))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"url": "/invoices"}, {"url": "/invoices"}),
        ({"tour": "first-steps"}, {"tour": "first-steps"}),
        ({"video": "https://youtu.be/abc"}, {"video": "https://youtu.be/abc"}),
        (
            {"video": "https://www.youtube.com/watch?v=M7lc1UVf-VE&t=9s"},
            {
                "video": "https://www.youtube.com/watch?v=M7lc1UVf-VE&t=9s",
                "film": "https://www.youtube-nocookie.com/embed/M7lc1UVf-VE?autoplay=1&rel=0&playsinline=1",
            },
        ),
        (
            {"video": "https://vimeo.com/76979871"},
            {
                "video": "https://vimeo.com/76979871",
                "film": "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1",
            },
        ),
        (
            {"video": f"https://www.loom.com/share/{'0a' * 16}"},
            {
                "video": f"https://www.loom.com/share/{'0a' * 16}",
                "film": f"https://www.loom.com/embed/{'0a' * 16}?autoplay=1",
            },
        ),
        (
            {"video": "/files/intro.webm", "captions": {"es": "/files/es.vtt", "en": "/files/en.vtt"}},
            {"video": "/files/intro.webm", "film": "/files/intro.webm", "captions": "/files/en.vtt"},
        ),
        (
            {"video": "https://cdn.example/intro.MP4?v=2", "captions": {"es": "/files/es.vtt"}},
            {
                "video": "https://cdn.example/intro.MP4?v=2",
                "film": "https://cdn.example/intro.MP4?v=2",
                "captions": "/files/es.vtt",
            },
        ),
        (
            {"lesson": "basics/first-invoice"},
            {"url": "http://127.0.0.1:8000/academy/basics/lessons/first-invoice"},
        ),
    ],
)
def test_an_action_tells_the_widget_where_to_go(
    app: Flask, ana: int, acme: int, shown: State, where: dict[str, str], told: dict[str, str]
) -> None:
    publish(app, leading(**where))
    blank = dict.fromkeys(["url", "tour", "video", "film", "captions", "form"])
    assert shown(ana, acme)[0]["steps"][0]["action"] == {**blank, "label": "Go", **told}


def test_the_address_of_a_lesson_is_that_of_the_academys_page(app: Flask) -> None:
    with app.test_request_context():
        rules = [str(rule) for rule in app.url_map.iter_rules()]
    assert "/academy/<course>/lessons/<lesson>" in rules


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"url": "/a", "tour": "b"},
        {"video": "https://evil.example/watch"},
        {"video": "http://youtu.be/abc"},
        {"video": "//youtu.be/a.mp4"},
        {"video": "javascript:alert(1)//.mp4"},
        {"video": "/files/page.html"},
        {"video": "/files/intro.mp4", "captions": {"en": "/files/en.srt"}},
        {"video": "/files/intro.mp4", "captions": {"en": "javascript:alert(1)//.vtt"}},
        {"video": "https://youtu.be/abcdef", "captions": {"en": "/files/en.vtt"}},
        {"video": "https://youtube.com.evil.example/watch"},
        {"lesson": "basics"},
        {"lesson": "../a"},
        {"tour": "No Key"},
        {"form": {"fields": []}},
    ],
)
def test_an_action_that_leads_nowhere_safe_is_refused(where: dict[str, Any]) -> None:
    assert faults(leading(**where))


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"kind": "choice"}, "options are needed"),
        ({"options": FIELDS[2]["options"]}, "options are needed"),
        ({"kind": "choice", "options": FIELDS[2]["options"] * 2}, "same key"),
        ({"trait": "email"}, "not for forms"),
        ({"trait": "firstName"}, "not for forms"),
        ({"key": "Two Words"}, "pattern"),
        ({"key": "goal"}, "same key"),
    ],
)
def test_a_form_that_cannot_be_asked_is_refused(field: dict[str, Any], why: str) -> None:
    odd = {"key": "odd", "label": text("Odd"), **field}
    form = {"label": text("Go"), "form": {"fields": [FIELDS[0], odd]}}
    assert why in str(faults(flow("x", step("a", action=form, manual=False))))


def test_a_form_is_one_way_to_do_a_step() -> None:
    assert "either" in faults(flow("x", step("a", "A", action=SURVEY)))["steps.0"]
    assert "either" in faults(flow("x", step("a", action=SURVEY)))["steps.0"]


def test_a_form_is_told_answered_kept_and_done_with_it(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers, shown: State, worker
) -> None:
    publish(app, flow("start", survey(), step("b", "B")))
    fields = shown(ana, acme, "es")[0]["steps"][0]["action"]["form"]["fields"]
    assert [(each["label"], each["kind"], each["required"]) for each in fields][:2] == [
        ("Your goal (es)", "text", True),
        ("How many are you? (es)", "number", False),
    ]
    options = [(each["key"], each["label"]) for each in fields[2]["options"]]
    assert options == [("sheet", "A sheet (es)"), ("paper", "Paper (es)")]
    given = {"goal": "Invoices", "size": 12, "tool": "paper", "news": None}
    for answers in (given, {"goal": "Another"}):
        answer = client.post(ANSWERS, json={"answers": answers}, headers=headers(ana, acme))
        assert (answer.status_code, answer.json) == (200, {"status": "done"})
    (told,) = recorded(app, event_names.FORM_ANSWERED)
    assert told.properties["answers"] == {"goal": "Invoices", "size": 12, "tool": "paper"}
    assert (told.person_id, told.account_id) == (ana, acme)
    assert done(shown(ana, acme)[0]) == ["survey"]
    (step_done,) = recorded(app, event_names.STEP_COMPLETED)
    assert step_done.properties["cause_event_id"] == told.id
    with app.app_context():
        assert people.get(ana).traits == {"goal": "Invoices", "team_size": 12}
        db.session.rollback()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_wrong_answer_is_named(app: Flask, client: FlaskClient, ana: int, acme: int, headers) -> None:
    publish(app, flow("start", survey(), step("b", "B")))
    wrong = {"goal": "", "size": True, "tool": "pen", "news": "yes", "shoe": 42}
    answer = client.post(ANSWERS, json={"answers": wrong}, headers=headers(ana, acme))
    assert (answer.status_code, answer.json["code"]) == (422, "answers_faulty")
    assert sorted(each["field"] for each in answer.json["errors"]) == [
        "answers.goal",
        "answers.news",
        "answers.shoe",
        "answers.size",
        "answers.tool",
    ]
    for odd in ("x" * 2001, "\x00", ["list"]):
        answer = client.post(ANSWERS, json={"answers": {"goal": odd}}, headers=headers(ana, acme))
        assert answer.status_code == 422, odd
    no_form = client.post(ANSWERS.replace("survey", "b"), json={"answers": {}}, headers=headers(ana, acme))
    assert (no_form.status_code, no_form.json["code"]) == (409, "step_has_no_form")
    assert recorded(app, event_names.FORM_ANSWERED) == []


def test_a_form_waits_for_what_comes_first_and_is_answered_anew_after_a_reset(
    app: Flask, client: FlaskClient, worker, ana: int, acme: int, headers, call: Call
) -> None:
    publish(app, flow("start", step("b", "B"), survey(requires=["b"])))
    body, who = {"json": {"answers": {"goal": "x"}}}, headers(ana, acme)
    assert client.post(ANSWERS, **body, headers=who).json["code"] == "step_locked"
    happened(app, "B", account_id=acme, person_id=ana)
    worker()
    assert client.post(ANSWERS, **body, headers=who).status_code == 200
    call("start/steps/survey/reset", {"account": "acme"})
    assert client.post(ANSWERS, **body, headers=who).status_code == 200
    assert len(recorded(app, event_names.FORM_ANSWERED)) == 2


def test_a_form_that_is_sent_from_many_tabs_is_answered_once(
    app: Flask, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", survey()))
    shown(ana, acme)

    def answer(number: int) -> bool:
        enrolled = enrolments.find("start", Actor(ana, acme))
        assert enrolled is not None
        return answering.answer(enrolled, "survey", {"goal": f"goal {number}"}, by=Actor(ana, acme))

    assert sorted(map(bool, good(in_parallel(app, 6, answer)))) == [False] * 5 + [True]
    assert len(recorded(app, event_names.FORM_ANSWERED)) == 1
    assert len(recorded(app, event_names.COMPLETED)) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_role_is_one_of_the_account_or_what_people_are(
    app: Flask, ana: int, luis: int, acme: int, shown: State
) -> None:
    roles = ("developer", "admin", "anyone", "product-manager")
    publish(app, flow("start", *(step(role, "A", role=role) for role in roles)))
    give(app, luis, job="Developer", role=" Product Manager")
    assert [each["for_role"] for each in shown(ana, acme)[0]["steps"]] == [
        "developer",
        None,
        None,
        "product-manager",
    ]
    assert [each["for_role"] for each in shown(luis, acme)[0]["steps"]] == [None, "admin", None, None]
