"""Which arm an account is in: always the same, in the planned parts, and nobody who is held out ever sees it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.db import db
from plg.kit.ids import new_id
from plg.kit.proportions import Share
from plg.offers import arms, published
from plg.offers.definition import Offer as Defined
from plg.offers.definition import Variant
from plg.offers.models import Offer, OfferExposure
from plg.offers.published import PublishedOffer
from plg.upgrades.widget import widget_state
from tests.offers.conftest import offer, publish
from tests.onboarding_flows.conftest import text
from tests.support.story import make_account, make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

THREE = [{"key": "a", "weight": 2}, {"key": "b"}, {"key": "c"}]
KEYS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


def version(key: str = "deal", **changes: Any) -> PublishedOffer:
    return PublishedOffer(1, key, 1, Defined.model_validate(offer(**changes)))


def arm(of: PublishedOffer, account: str, before: str | None = None) -> str:
    return arms.assign(of, account, before, of.offer.variants)


@given(
    account=st.text(min_size=1, max_size=40), key=KEYS, holdout=st.integers(0, 99), weight=st.integers(1, 9)
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_account_has_one_arm_and_keeps_it_whatever_becomes_of_the_offer(
    database: Any, account: str, key: str, holdout: int, weight: int
) -> None:
    first = version(key, holdout=holdout, variants=THREE)
    found = arm(first, account)
    assert found == arm(first, account)
    changed = version(key, holdout=99 - holdout, variants=[{"key": "c", "weight": weight}, *THREE[:2]])
    if found in changed.offer.arms:
        assert arm(changed, account, found) == found
    assert (found == "holdout") == (arms.bucket_of(key, account) < holdout * 100)


def test_the_arms_have_their_parts_and_two_offers_divide_independently(database: Any) -> None:
    accounts = [new_id("acct") for _ in range(4000)]
    one, two = version("one", holdout=20, variants=THREE), version("two", holdout=20, variants=THREE)
    parts = Counter(arm(one, account) for account in accounts)
    for name, part in {"holdout": 0.2, "a": 0.4, "b": 0.2, "c": 0.2}.items():
        assert parts[name] / 4000 == pytest.approx(part, abs=0.04)
    both = sum(arm(one, each) == arm(two, each) == "holdout" for each in accounts)
    assert both / 4000 == pytest.approx(0.04, abs=0.02)


@pytest.mark.usefixtures("clock")
def test_who_is_held_out_meets_it_once_and_never_sees_it(app: Flask, send: Any, olga: int) -> None:
    publish(app, deal=offer(holdout=50, variants=[{"key": "a"}, {"key": "b", "title": text("B")}]))
    places = []
    for number in range(12):
        person = make_person(app, f"p{number}@many.example")
        account = make_account(app, (person, "owner"), name=f"Many {number}")
        places.append((person, account))
        send(person, account=account)

    with app.app_context():
        variants = dict(db.session.execute(select(Offer.account_id, Offer.variant)).all())
    shown = {}
    for person, account in places * 2:
        shown[account] = _titles(app, person, account)

    assert len(set(variants.values())) > 1
    words = {"holdout": [], "a": ["More invoices"], "b": ["B"]}
    assert shown == {account: words[variants[account]] for _, account in places}
    with app.app_context():
        met = dict(db.session.execute(select(OfferExposure.account_id, OfferExposure.variant)).all())
        exposed = db.session.scalars(select(Event.properties).where(Event.name == "Experiment Exposed")).all()
    assert met == {account: variants[account] for _, account in places}
    assert Counter(each["variant"] for each in exposed) == Counter(variants.values())
    assert {each["experiment"] for each in exposed} == {"offer:deal"}


def _titles(app: Flask, person: int, account: int) -> list[str]:
    from plg.kit.caller import Caller

    caller = Caller("user", person_id=person, account_id=account, role="owner")
    with app.test_request_context():
        return [each["title"] for each in widget_state(caller, "en").get("prompts", [])]


def test_a_rule_decides_before_weights_do(app: Flask, send: Any, olga: int) -> None:
    lesson = {"teach": {"title": text("Learn it"), "url": "/help"}}
    new = {"event": "Report Made", "count": {"lt": 2}}
    variants = [{"key": "teach", "when": new, "answer": lesson}, {"key": "sell"}]
    publish(app, deal=offer(trigger={"kind": "event", "event": "Report Made"}, variants=variants))
    beginner = make_account(app, (olga, "owner"), name="Beginner")
    expert_person = make_person(app, "eva@expert.example")
    expert = make_account(app, (expert_person, "owner"), name="Expert")
    send(olga, "Report Made", account=beginner)
    from tests.support.story import happened

    happened(app, "Report Made", times=5, account_id=expert, person_id=expert_person)
    send(expert_person, "Report Made", account=expert)
    with app.app_context():
        found = dict(db.session.execute(select(Offer.account_id, Offer.variant)).all())
        plans = dict(db.session.execute(select(Offer.account_id, Offer.plan_key)).all())
    assert found == {beginner: "teach", expert: "sell"}
    assert plans == {beginner: "", expert: "pro"}


@pytest.mark.parametrize(
    ("shares", "base", "best"),
    [
        ({"a": (30, 300), "b": (60, 300)}, (15, 300), "b"),
        ({"a": (12, 100), "b": (100, 1000)}, (10, 1000), "b"),
        ({"a": (30, 300), "b": (9, 99)}, (15, 300), None),
        ({"a": (30, 300), "b": (60, 300)}, (5, 50), None),
        ({"a": (30, 300), "b": (60, 300)}, None, "b"),
        ({"a": (0, 300), "b": (0, 300)}, (15, 300), None),
    ],
)
def test_what_was_measured_chooses_by_its_lower_bound_once_there_is_enough(
    database: Any, shares: Any, base: Any, best: str | None
) -> None:
    told = {key: Share(*each) for key, each in shares.items()}
    assert arms.best_of(told, Share(*base) if base else None) == best


def test_the_measured_variant_is_for_those_who_come_later(
    app: Flask, send: Any, olga: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(app, deal=offer(choose="measured", variants=[{"key": "a"}, {"key": "b"}]))
    told = {"a": Share(10, 200), "b": Share(50, 200)}
    monkeypatch.setattr(arms.figures, "shares", lambda *_: told)
    with app.app_context():
        deal = published.live()["deal"]
        every: list[Variant] = list(deal.offer.variants)
        assert {arms.assign(deal, new_id("acct"), None, every) for _ in range(20)} == {"b"}
        assert arms.assign(deal, new_id("acct"), "a", every) == "a"
