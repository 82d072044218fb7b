"""Why somebody sees an offer: rule, value, event, version and cap, and the reason that keeps it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plg.offers import published
from tests.attention.test_attention import publish as set_attention
from tests.offers.conftest import offer, publish
from tests.onboarding_flows.conftest import DAY, NOON, text
from tests.support.story import make_account, make_person

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("clock"),
]


@pytest.fixture
def why(client: FlaskClient, secret_key: str, acme: int) -> Callable[..., Any]:
    def ask(person: str = "olga@acme.example", key: str = "deal", expect: int = 200, **more: str) -> Any:
        query = {"person": person, "offer": key, **more}
        headers = {"Authorization": f"Bearer {secret_key}"}
        answer = client.get("/v1/offers/explain", query_string=query, headers=headers)
        assert answer.status_code == expect, answer.text
        told = answer.json
        assert told is not None
        return told

    return ask


def checks(told: Any) -> dict[str, Any]:
    return {check["name"]: check for check in told["checks"]}


def test_what_is_shown_is_told_with_its_event_version_values_and_caps(
    app: Flask, send: Any, olga: int, coming: Any, why: Any
) -> None:
    publish(app, deal=offer())
    publish(app, deal=offer(audience={"field": "account.role", "eq": "owner"}, priority=7))
    send(olga, properties={"amount": 40})
    coming(olga)

    told = why()

    assert (told["shown"], told["reason"], told["version"], told["live_version"]) == (True, None, 2, 2)
    assert (told["event"]["name"], told["event"]["properties"]) == ("Invoice Sent", {"amount": 40})
    found = checks(told)
    assert found["audience"]["wanted"] == {
        "field": "account.role",
        "eq": "owner",
        "found": "owner",
        "holds": True,
    }
    assert found["attention"]["wanted"]["person"] == {"hour": 1, "day": 3, "week": 10}
    assert found["attention"]["found"]["person_hour"] == 1
    assert told["made"]["person"]["times"] == 1
    assert told["first_met_at"] == NOON.isoformat().replace("+00:00", "Z")
    assert why(key=told["made"]["id"])["offer"] == "deal"


def test_each_reason_is_named(
    app: Flask, send: Any, olga: int, mario: int, coming: Any, say: Any, why: Any, clock: Any
) -> None:
    publish(app, deal=offer(audience={"field": "account.role", "eq": "owner"}, lasts="20d"))
    assert why()["reason"].startswith("trigger:")
    send(olga)
    assert why("mario@acme.example")["reason"] == "audience: False"
    publish(app, first=offer(trigger={"kind": "event", "event": "Paid"}, priority=999, title=text("First")))
    send(olga, "Paid")
    assert why()["reason"] == "priority: {'comes_first': ['first']}"
    say(olga, coming(olga), "dismiss")
    told = why()
    assert told["reason"].startswith("attention:")
    assert checks(told)["attention"]["found"]["reached"] == "person_hour"
    clock.move_to(NOON + DAY)
    say(olga, coming(olga), "snooze")
    assert why()["reason"] == "person: snoozed"
    say(olga, {"flow": "offer:" + why()["made"]["id"]}, "dismiss")
    assert why()["reason"] == "person: dismissed"
    with app.app_context():
        published.stop("deal")
        from plg.kit.db import db

        db.session.commit()
    told = why()
    assert (told["reason"], told["made"]["status"]) == ("live: ", "stopped")


def test_who_is_held_out_is_told_so(app: Flask, send: Any, olga: int, why: Any) -> None:
    publish(app, deal=offer(holdout=99))
    send(olga)
    told = why()
    assert (told["shown"], told["reason"]) == (False, "holdout: holdout")
    assert checks(told)["holdout"]["wanted"]["bucket"] < 9900


def test_what_keeps_the_budget_back_is_told_with_its_cap(
    app: Flask, send: Any, olga: int, coming: Any, why: Any
) -> None:
    set_attention(app, limits={"person": {"hour": 0}})
    publish(app, deal=offer())
    send(olga)
    coming(olga)
    found = checks(why())["attention"]
    assert (found["holds"], found["found"]["reached"]) == (False, "person_hour")
    assert found["found"]["held_back"]["reason"] == "person_hour"


def test_who_is_asked_for_has_to_be_known_and_a_member(app: Flask, olga: int, why: Any) -> None:
    publish(app, deal=offer())
    elsewhere = make_person(app, "eve@evil.example")
    make_account(app, (elsewhere, "owner"), name="Evil", key="evil")
    assert why("nobody@x.example", expect=404)["code"] == "person_not_found"
    assert why(account="evil", expect=403)["code"] == "not_a_member"
    assert why(key="nothing", expect=404)["code"] == "offer_not_found"
