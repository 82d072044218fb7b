"""Staff help somebody with their flow from the page that tells why it is as it is."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from onboarding_flows import event_names
from plg.events.models import Event
from plg.kit.db import db
from tests.onboarding_flows.conftest import Call, State, flow, publish, step
from tests.onboarding_flows.test_staff_editor import Staff
from tests.support.story import happened, publish_plans

WHY = "/start/why?person=ana@acme.example"


@pytest.fixture
def marta(app: Flask, sign_in: Callable[..., str]) -> Staff:
    return Staff(app, sign_in)


def press(marta: Staff, do: str, person: str = "ana@acme.example", expect: int = 200) -> str:
    fields = {"csrf_token": marta.token, "person": person, "account": "", "do": do}
    answer = marta.client.post("/staff/flows/start/why", data=fields, follow_redirects=True)
    assert answer.status_code == expect, answer.text
    return html.unescape(answer.text)


def offered(page: str) -> list[str]:
    return re.findall(r'name="do" value="([^"]+)"', page)


def states(page: str) -> list[str]:
    return re.findall(r'class="name">\w+ <span class="badge[^"]*">(\w+)', page)


def test_staff_let_somebody_begin_do_skip_and_take_back(
    app: Flask, marta: Staff, worker: Any, ana: int, acme: int
) -> None:
    publish_plans(app)
    steps = (step("a", "A", reward={"points": 5}), step("b"), step("c", "C", requires=["b"]))
    publish(app, flow("start", *steps, scope="person"))
    assert offered(marta.read(WHY)) == ["begin"]

    page = press(marta, "begin")
    assert "They have begun it." in page and states(page) == ["open", "open", "locked"]
    assert offered(page) == [f"{do}|{key}" for key in "ab" for do in ("complete", "skip")] + ["show", "reset"]
    happened(app, "A", person_id=ana, account_id=acme)
    worker()
    page = press(marta, "skip|b")
    assert states(page) == ["done", "skipped", "open"] and "earned: 5 points" in page
    page = press(marta, "complete|c")
    assert states(page) == ["done", "skipped", "done"] and "said by staff:" in page
    press(marta, "reset-step|a")
    worker()
    page = marta.read(WHY)
    assert states(page) == ["open", "skipped", "done"] and "earned: 5 points" not in page
    assert "It was so already." in press(marta, "reset-step|a")
    assert states(press(marta, "reset")) == ["open", "open", "locked"]
    with app.app_context():
        told = db.session.query(Event.name).filter(Event.source == "plg").order_by(Event.position).all()
        assert [name for (name,) in told].count(event_names.STEP_RESET) == 1, (
            "each change is in the log, once"
        )


def test_what_was_put_away_is_shown_again(
    marta: Staff, app: Flask, call: Call, state: State, ana: int, acme: int
) -> None:
    publish_plans(app)
    publish(app, flow("start", step("a", "A"), scope="person"))
    press(marta, "begin")
    call("start/dismiss", {"person": "ana@acme.example"})
    assert "they have put it away" in marta.read(WHY)
    assert "They are shown it next." in press(marta, "show")
    assert "they have put it away" not in marta.read(WHY)


def test_what_cannot_be_done_is_told_and_changes_nothing(
    app: Flask, marta: Staff, ana: int, acme: int
) -> None:
    publish_plans(app)
    publish(app, flow("start", step("a"), step("b", requires=["a"]), scope="person"))
    assert "That did not work" in press(marta, "reset"), "they have not begun it"
    press(marta, "begin")
    assert "That did not work: Other steps come first." in press(marta, "complete|b")
    assert "That did not work" in press(marta, "complete|nothing")
    assert states(press(marta, "explode")) == ["open", "locked"]
    press(marta, "reset", person="nobody@acme.example", expect=422)


def test_why_tells_what_a_steps_rule_found(app: Flask, marta: Staff, ana: int, acme: int) -> None:
    publish_plans(app)
    by_rule = {**step("a"), "completes_when": {"field": "person.traits.seats", "gte": 3}}
    del by_rule["manual"]
    publish(app, flow("start", by_rule, scope="person"))
    page = re.sub(r"<[^>]*>|\s+", " ", marta.read(WHY))
    assert re.search(r"is done when this holds: +does not hold +field: \"person.traits.seats\", gte: 3", page)
