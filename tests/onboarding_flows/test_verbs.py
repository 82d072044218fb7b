"""What servers and people do with flows: begin, complete, skip, reset, put away, see again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import enrolments, event_names, progress
from onboarding_flows.enrolments import Actor
from onboarding_flows.models import FlowEnrolment
from plg.events import subscribers
from plg.kit.db import db
from plg.people import identities
from tests.onboarding_flows.conftest import ANA, Call, State, done, flow, publish, step
from tests.onboarding_flows.test_progress import count, recorded
from tests.support.story import happened, make_account, make_person


def now(answer: dict[str, Any]) -> tuple[str, bool]:
    return answer["status"], answer["changed"]


def test_many_are_enrolled_at_once_and_each_row_has_its_result(
    app: Flask, ana: int, luis: int, acme: int, call: Call
) -> None:
    publish(app, flow("mine", step("a", "A"), scope="person", audience={"plans": ["nobody-has-it"]}))
    eve = make_person(app, "eve@other.example", "Eve")
    make_account(app, (eve, "owner"), name="Other", key="other")
    rows = [
        {"person": "ana@acme.example"},
        {"person": "ANA@acme.example", "account": "acme"},
        {"person": "luis@acme.example", "account": "acme"},
        {"person": "eve@other.example", "account": "acme"},
        {"person": "nobody"},
        {"account": "acme"},
        {"person": "ana@acme.example", "account": "nowhere"},
        {},
    ]
    told = call("mine/enrol", {"rows": rows})
    assert [(each["status"], each["code"]) for each in told["results"]] == [
        ("enrolled", None),
        ("already_enrolled", None),
        ("enrolled", None),
        ("refused", "person_not_in_account"),
        ("refused", "person_not_found"),
        ("refused", "no_owner"),
        ("refused", "account_not_found"),
        ("refused", "nobody_asked"),
    ]
    assert (told["enrolled"], told["already_enrolled"], told["refused"]) == (2, 1, 5)
    assert call("mine/enrol", ANA)["already_enrolled"] == 1
    assert count(app, FlowEnrolment) == 2
    assert [e.properties["by"].split(":")[0] for e in recorded(app, event_names.ENROLLED)] == ["key", "key"]
    for odd in ({}, {"rows": []}, {"rows": [{}], **ANA}, {"rows": [{}] * 1001}, {"persn": "x"}):
        call("mine/enrol", odd, expect=422)
    call("nothing/enrol", ANA, expect=404)


def test_a_server_completes_a_step_of_any_kind_for_somebody(
    app: Flask, ana: int, acme: int, call: Call, shown: State
) -> None:
    publish(app, flow("start", step("sent", "Sent"), step("tour", requires=["sent"])))
    assert call("start/steps/tour/complete", ANA, expect=409)["code"] == "step_locked"
    assert now(call("start/steps/sent/complete", ANA)) == ("done", True)
    assert now(call("start/steps/sent/complete", ANA)) == ("done", False)
    call("start/steps/nothing/complete", ANA, expect=404)
    assert shown(ana, acme)[0]["steps"][0]["done_by"] == "Ana"
    (told,) = recorded(app, event_names.STEP_COMPLETED)
    assert (told.person_id, told.account_id, told.properties["by"].startswith("key:")) == (ana, acme, True)


def test_every_answer_holds_the_flow_as_they_see_it_now(
    app: Flask, ana: int, acme: int, call: Call, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B")))
    publish(app, flow("secret", step("a", "A"), audience={"roles": ["billing"]}))

    told = [call(f"start/{verb}", ANA)["checklist"] for verb in ("steps/a/complete", "steps/b/skip", "reset")]

    assert [(each["progress"]["done"], each["completed"]) for each in told] == [
        (1, False),
        (1, True),
        (0, False),
    ]
    assert told[-1] == next(each for each in shown(ana, acme) if each["flow"] == "start")
    assert call("secret/steps/a/complete", ANA)["checklist"] is None


def test_a_skipped_step_is_settled_but_not_done_and_may_still_be_done(
    app: Flask, worker, ana: int, acme: int, call: Call, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B"), step("c", "C", requires=["a"])))
    assert now(call("start/steps/a/skip", ANA)) == ("skipped", True)
    assert call("start/steps/b/skip", ANA)["changed"] is True
    assert call("start/steps/b/skip", ANA)["changed"] is False
    (mine,) = shown(ana, acme)
    assert [(each["done"], each["skipped"], each["locked"]) for each in mine["steps"]] == [
        (False, True, False),
        (False, True, False),
        (False, False, False),
    ]
    assert mine["progress"] == {"done": 0, "skipped": 2, "total": 3}
    happened(app, "B", account_id=acme, person_id=ana)
    happened(app, "C", account_id=acme, person_id=ana)
    worker()
    (mine,) = shown(ana, acme)
    assert (done(mine), mine["completed"]) == (["b", "c"], True)
    assert call("start/steps/b/skip", ANA)["changed"] is False, "what is done stays done"
    (told,) = recorded(app, event_names.COMPLETED)
    assert told.properties["skipped"] == ["a"]
    assert len(recorded(app, event_names.STEP_COMPLETED)) == 2


def test_after_a_reset_only_what_comes_later_counts(
    app: Flask, worker, ana: int, acme: int, call: Call, shown: State
) -> None:
    twice = {**step("twice", "T"), "completes_on": {"event": "T", "count": 2}}
    publish(app, flow("start", step("a", "A"), twice))
    for name in ("A", "T", "T"):
        happened(app, name, account_id=acme, person_id=ana)
    worker()
    assert shown(ana, acme)[0]["completed"] is True
    for key in ("a", "twice"):
        assert now(call(f"start/steps/{key}/reset", ANA)) == ("open", True)
        assert now(call(f"start/steps/{key}/reset", ANA)) == ("open", False)
    with app.app_context():
        subscribers.replay("onboarding_flows")
        db.session.commit()
    happened(app, "T", account_id=acme, person_id=ana)
    worker()
    (mine,) = shown(ana, acme)
    assert (done(mine), mine["completed"]) == ([], False)
    happened(app, "A", account_id=acme, person_id=ana)
    happened(app, "T", account_id=acme, person_id=ana)
    with app.app_context():
        progress.catch_up(enrolments.of_actors([Actor(ana, acme)]))
        db.session.commit()
    assert shown(ana, acme)[0]["completed"] is True, "found in the log behind what no longer counts"
    worker()
    assert len(recorded(app, event_names.COMPLETED)) == 2
    assert [e.properties["step"] for e in recorded(app, event_names.STEP_RESET)] == ["a", "twice"]


def test_a_flow_begins_anew_and_is_seen_again(
    app: Flask, client: FlaskClient, ana: int, acme: int, call: Call, shown: State
) -> None:
    publish(app, flow())
    assert call("start/reset", ANA, expect=404)["code"] == "not_enrolled"
    call("start/steps/tour/complete", ANA)
    assert call("start/dismiss", {"account": "acme"}, expect=422)["code"] == "person_needed"
    assert [call("start/dismiss", ANA)["changed"] for _ in range(2)] == [True, False]
    assert [call("start/resume", ANA)["changed"] for _ in range(2)] == [True, False]
    call("start/dismiss", ANA)
    assert len(recorded(app, event_names.DISMISSED)) == 2, "each time"
    assert shown(ana, acme)[0]["dismissed"] is True
    assert [call("start/reset", ANA)["changed"] for _ in range(2)] == [True, False]
    (mine,) = shown(ana, acme)
    assert (done(mine), mine["dismissed"]) == ([], False)
    (told,) = recorded(app, event_names.RESET)
    assert (told.properties["steps_done"], told.properties["steps"]) == (1, 3)


def test_people_skip_only_what_may_be_skipped_and_see_a_flow_again(
    app: Flask, client: FlaskClient, ana: int, acme: int, headers, shown: State
) -> None:
    publish(app, flow("start", step("a", "A"), step("tour", skippable=True)))
    who = headers(ana, acme)

    def post(path: str) -> tuple[int, str]:
        answer = client.post(f"/v1/widget/flows/start/{path}", json={}, headers=who)
        return answer.status_code, answer.json.get("code") or answer.json["status"]

    assert post("steps/a/skip") == (409, "step_not_skippable")
    assert post("steps/tour/skip") == (200, "skipped")
    assert post("dismiss") == (200, "dismissed")
    assert post("resume") == (200, "shown")
    (mine,) = shown(ana, acme)
    assert [each["skipped"] for each in mine["steps"]] == [False, True]
    assert mine["dismissed"] is False
    assert post("steps/tour/complete") == (200, "done")
    assert done(shown(ana, acme)[0]) == ["tour"]


def test_calls_at_the_same_moment_leave_one_outcome_and_tell_it_once(
    app: Flask, ana: int, acme: int, secret_key: str
) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B"), step("c", "C")))
    paths = ["enrol", "steps/a/complete", "steps/b/skip", "steps/c/complete"] * 2 + ["steps/c/skip"]

    def post(path: str) -> int:
        answer = app.test_client().post(
            f"/v1/flows/start/{path}", json=ANA, headers={"Authorization": f"Bearer {secret_key}"}
        )
        return answer.status_code

    with ThreadPoolExecutor(len(paths)) as pool:
        assert list(pool.map(post, paths)) == [200] * len(paths)
        assert list(pool.map(post, ["reset", "steps/a/reset"] * 3)) == [200] * 6
    assert count(app, FlowEnrolment) == 1
    names = (event_names.ENROLLED, event_names.COMPLETED, event_names.RESET)
    assert [len(recorded(app, name)) for name in names] == [1, 1, 1]
    assert sorted(e.properties["step"] for e in recorded(app, event_names.STEP_COMPLETED)) == ["a", "c"]


def test_two_halves_of_one_person_make_a_whole(
    app: Flask, worker, acme: int, shown: State, call: Call
) -> None:
    publish(app, flow("start", step("a"), step("b"), step("c"), scope="person"))
    eva = make_person(app, "eva@acme.example")
    with app.app_context():
        phone = identities.resolve(["phone"])["phone"]
        db.session.commit()
    call("start/steps/a/complete", {"person": "eva@acme.example"})
    call("start/steps/b/skip", {"person": "eva@acme.example"})
    call("start/steps/b/complete", {"person": "phone"})
    call("start/steps/c/complete", {"person": "phone"})
    with app.app_context():
        identities.merge(eva, phone, reason="tests", by="tests")
        db.session.commit()
    worker()
    (hers,) = shown(eva, None)
    assert (done(hers), hers["completed"]) == (["a", "b", "c"], True)
