"""One budget of attention for a person and an account, over everything that comes up by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from onboarding_flows import flows
from plg import product_folder
from plg.attention import budget, folder, held_back, ledger
from plg.attention.budget import LIMITS, Budget
from plg.attention.limits import Limits
from plg.attention.models import Appearance, HeldBack
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.people import identities
from tests.onboarding_flows.conftest import DAY, HOUR, MINUTE, NOON, prompt
from tests.support.queries import count_queries
from tests.support.story import happened, make_account, make_person, publish_plans
from tests.support.visitors import a_customer, visitor

State = Callable[[int], dict[str, Any]]


@pytest.fixture
def olga(app: Flask) -> int:
    publish_plans(app)
    return make_person(app, "olga@acme.example", "Olga")


@pytest.fixture
def mario(app: Flask) -> int:
    return make_person(app, "mario@acme.example", "Mario")


@pytest.fixture
def acme(app: Flask, olga: int, mario: int) -> int:
    return make_account(app, (olga, "owner"), (mario, "member"), key="acme")


@pytest.fixture
def state(client: FlaskClient, headers: Any, acme: int) -> State:
    def ask(person: int) -> dict[str, Any]:
        answer = client.get("/v1/widget/state", headers=headers(person, acme))
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return answer.json

    return ask


@pytest.fixture
def say(client: FlaskClient, headers: Any, acme: int) -> Callable[..., None]:
    """`say(person, "flows/news/shown")` as the widget in that person's browser."""

    def post(person: int, path: str, expect: int = 200) -> None:
        answer = client.post(f"/v1/widget/{path}", json={}, headers=headers(person, acme))
        assert answer.status_code == expect, answer.text

    return post


def publish(app: Flask, *definitions: dict[str, Any], limits: dict[str, Any] | None = None) -> None:
    with app.app_context():
        for definition in definitions:
            flows.publish(definition, by="tests")
        if limits is not None:
            folder.section.publish("attention", Limits.model_validate(limits).model_dump(), "tests")
        db.session.commit()


def keys(told: dict[str, Any]) -> list[str]:
    return [each["flow"] for each in told["prompts"]]


def told(client: FlaskClient, secret_key: str, expect: int = 200, **query: str) -> Any:
    bearer = {"Authorization": f"Bearer {secret_key}"}
    answer = client.get("/v1/attention", query_string=query, headers=bearer)
    assert answer.status_code == expect, answer.text
    return answer.json


def test_an_offer_and_what_flows_show_share_the_budget(
    app: Flask,
    worker,
    olga: int,
    acme: int,
    state: State,
    say: Any,
    client: FlaskClient,
    secret_key: str,
    clock,
) -> None:
    publish(app, prompt("news"), prompt("other", "announcement", show={"priority": 99}))
    happened(app, "Invoice Sent", times=4, account_id=acme, person_id=olga)
    worker()
    first = state(olga)
    assert (first["offer"]["reason"], keys(first)) == ("limit_near", []), "an offer asks first"
    again = state(olga)
    assert (again["offer"]["id"], keys(again)) == (first["offer"]["id"], []), "it stays while it is open"
    clock.shift(HOUR + MINUTE)
    assert keys(state(olga)) == ["other"]
    say(olga, "flows/other/shown")
    everything = told(client, secret_key, person="olga@acme.example")
    assert [row["source"] for row in everything["ledger"]] == ["flow:other", f"offer:{first['offer']['id']}"]
    assert everything["shown"]["person"] == {"hour": 1, "day": 2, "week": 2}
    assert everything["reached"] == "person_hour"
    assert {(row["source"], row["reason"]) for row in everything["held_back"]} == {
        ("flow:news", "person_hour"),
        ("flow:other", "person_hour"),
    }


def test_an_offer_is_held_back_when_the_hour_is_spent_unless_it_answers_what_was_refused(
    app: Flask, worker, olga: int, acme: int, state: State, say: Any, clock
) -> None:
    publish(app, prompt("news"))
    assert keys(state(olga)) == ["news"]
    say(olga, "flows/news/shown")
    happened(app, "Invoice Sent", times=4, account_id=acme, person_id=olga)
    worker()
    told_now = state(olga)
    assert (told_now["offer"], keys(told_now)) == (None, ["news"])
    with app.app_context():
        (held,) = db.session.scalars(select(HeldBack)).all()
        assert (held.source[:6], held.reason, held.account_id) == ("offer:", "person_hour", acme)
        db.session.rollback()
    clock.shift(HOUR + MINUTE)
    assert state(olga)["offer"]["reason"] == "limit_near"
    happened(app, "Invoice Sent", account_id=acme, person_id=olga)
    worker()
    assert state(olga)["offer"]["reason"] == "limit_reached", "though this hour is spent, too"


def test_an_account_has_a_budget_of_its_own(
    app: Flask, olga: int, mario: int, state: State, say: Any, client: FlaskClient, secret_key: str, clock
) -> None:
    publish(app, prompt("news"), limits={"account": {"hour": 1}})
    assert keys(state(olga)) == ["news"]
    say(olga, "flows/news/shown")
    assert keys(state(mario)) == []
    seen = told(client, secret_key, person="mario@acme.example", account="acme")
    assert (seen["reached"], seen["shown"]["person"]["hour"], seen["shown"]["account"]["hour"]) == (
        "account_hour",
        0,
        1,
    )
    clock.shift(HOUR + MINUTE)
    assert keys(state(mario)) == ["news"]


def test_limits_by_the_day_and_the_week_hold_and_roll(app: Flask, olga: int, acme: int, clock) -> None:
    publish(app, limits={"person": {"hour": 9, "day": 2, "week": 3}})

    def reached() -> str | None:
        with app.app_context():
            found = budget.of(olga, acme, now()).reached()
            db.session.rollback()
            return found

    def show() -> None:
        with app.app_context():
            ledger.note("flow:any", person_id=olga, account_id=acme, at=now())
            db.session.commit()

    show()
    assert reached() is None
    show()
    assert reached() == "person_day"
    clock.shift(DAY + MINUTE)
    assert reached() is None
    show()
    assert reached() == "person_week"
    clock.shift(6 * DAY)
    assert reached() is None
    with app.app_context():
        folder.section.retire("attention", "tests")
        db.session.commit()
    show()
    assert reached() == "person_hour", "without a table the defaults hold"


def test_nought_is_silence_but_for_what_is_essential(app: Flask, olga: int, state: State) -> None:
    publish(app, prompt("news"), prompt("terms", show={"essential": True}), limits={"person": {"hour": 0}})
    assert keys(state(olga)) == ["terms"]


def test_a_budget_promises_each_source_once() -> None:
    spent = Budget(Limits.model_validate({"person": {"hour": 2}}), dict.fromkeys(LIMITS, 1))
    assert [spent.admit(source) for source in ("a", "a", "b", "a")] == [None, None, "person_hour", None]


def test_a_table_of_the_folder_is_read_published_and_written_back(app: Flask, tmp_path: Path) -> None:
    said = "[attention]\nperson = {hour = 2}\n"
    (tmp_path / "plg.toml").write_text(said)
    with app.app_context():
        product_folder.apply(app, tmp_path, prune=False, by="tests")
        db.session.commit()
        live = folder.section.live()
        assert live["attention"]["person"] == {"hour": 2, "day": 3, "week": 10}
        folder.section.write(tmp_path, live)
        assert folder.section.read(tmp_path) == live
        db.session.rollback()
    (tmp_path / "plg.toml").write_text("[attention]\nperson = {hour = -1, year = 3}\n")
    with pytest.raises(FolderFaults) as refused:
        folder.section.read(tmp_path)
    assert [fault.field for fault in refused.value.errors] == [
        "plg.toml: attention.person.hour",
        "plg.toml: attention.person.year",
    ]


def test_two_records_that_are_one_person_have_one_budget(app: Flask, worker, olga: int, acme: int) -> None:
    other = make_person(app, "other@acme.example")
    with app.app_context():
        for person, reason in ((olga, "person_day"), (other, "wait")):
            ledger.note("flow:news", person_id=person, account_id=acme, at=now())
            held_back.keep({"flow:b": reason}, {}, person_id=person, account_id=acme, at=now())
        held_back.keep({"flow:c": "wait"}, {}, person_id=other, account_id=None, at=now())
        identities.merge(other, olga, reason="tests", by="tests", force=True)
        db.session.commit()
    worker()
    with app.app_context():
        assert set(db.session.scalars(select(Appearance.person_id))) == {olga}
        rows = db.session.execute(select(HeldBack.person_id, HeldBack.source, HeldBack.reason)).all()
        assert sorted(map(tuple, rows)) == [(olga, "flow:b", "person_day"), (olga, "flow:c", "wait")]
        db.session.rollback()


def test_what_is_old_is_forgotten(app: Flask, worker, olga: int, acme: int, clock) -> None:
    worker(now=NOON)
    with app.app_context():
        ledger.note("flow:old", person_id=olga, account_id=acme, at=NOON - 35 * DAY)
        ledger.note("flow:new", person_id=olga, account_id=acme, at=NOON - 34 * DAY)
        for source, age in (("flow:old", 35), ("flow:new", 34)):
            held_back.keep({source: "wait"}, {}, person_id=olga, account_id=acme, at=NOON - age * DAY)
        db.session.commit()
    worker(now=NOON)
    with app.app_context():
        assert list(db.session.scalars(select(Appearance.source))) == ["flow:new"]
        assert list(db.session.scalars(select(HeldBack.source))) == ["flow:new"]
        db.session.rollback()


def test_a_state_with_an_offer_and_prompts_needs_three_queries(
    app: Flask,
    worker,
    olga: int,
    acme: int,
    client: FlaskClient,
    headers: Any,
    state: State,
) -> None:
    publish(app, *(prompt(f"news-{i}") for i in range(5)))
    happened(app, "Invoice Sent", times=5, account_id=acme, person_id=olga)
    worker()
    who = headers(olga, acme)
    state(olga)
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        answer = client.get("/v1/widget/state", headers=who)
    assert answer.json is not None
    assert answer.json["offer"] is not None
    assert queries.count <= 3


def test_staff_see_what_came_up_and_what_was_held_back(app: Flask, olga: int, acme: int) -> None:
    with app.app_context():
        ledger.note("flow:news", person_id=olga, account_id=acme, at=now())
        held_back.keep({"flow:tips": "person_day"}, {}, person_id=olga, account_id=acme, at=now())
        ours = a_customer("ours", "Our Own Company")
        db.session.commit()
    staff = visitor(app, "staff", ours)
    page = staff.open("GET", "/staff/people/olga@acme.example").get_data(as_text=True)
    assert "flow:news" in page
    assert "This person was shown enough within a day." in page
    assert staff.open("GET", "/v1/attention?person=olga@acme.example").get_json()["ledger"]


def test_who_is_not_known_has_no_attention(client: FlaskClient, secret_key: str) -> None:
    assert told(client, secret_key, 404, person="nobody")["code"] == "person_not_found"
    assert told(client, secret_key, 422)["code"]
