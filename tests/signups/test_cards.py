"""A card tells whether somebody had a trial before."""

import pytest

from plg.events import log, names
from plg.kit.db import db
from plg.signups import cases, queue
from plg.trials import trials
from tests.signups.conftest import People
from tests.support.story import PLANS, publish_plans


@pytest.fixture
def show_card(house, people, worker):
    """The workspace of a sign-up stores a card, as billing records it; the worker runs."""

    def show(case, fingerprint, app=house):
        row = people.case(case)
        with app.app_context():
            told = {"brand": "visa", "last4": "4242", "fingerprint": fingerprint}
            log.record(names.CARD_ADDED, person_id=row.person_id, account_id=row.account_id, properties=told)
            db.session.commit()
        worker()

    return show


def test_a_card_that_stands_behind_another_trial_stops_this_one_and_staff_look(people, show_card):
    first, second = people.confirmed("ana@acme.example"), people.confirmed("eva@other.example")
    show_card(first, "fingerprint")
    assert people.trial_runs(first)

    show_card(second, "fingerprint")

    assert people.standing(second) == ("hold", "staff")
    assert people.reasons(second) == {"card": 100}
    assert not people.trial_runs(second)
    assert people.trial_runs(first)


def test_a_card_of_ones_own_changes_nothing(people, show_card):
    first, second = people.confirmed("ana@acme.example"), people.confirmed("eva@other.example")
    show_card(first, "one")
    show_card(second, "two")
    show_card(second, "two")

    assert people.trial_runs(first)
    assert people.trial_runs(second)


def test_who_was_asked_for_a_card_and_shows_a_new_one_has_their_trial(make_app, show_card):
    app = make_app(stripe_api_key="sk_test_x", stripe_api_base="http://127.0.0.1:9")
    publish_plans(app)
    asked = People(app)
    case = asked.confirmed("ana@mailinator.com")
    assert asked.standing(case) == ("verify", "card")

    show_card(case, "fingerprint", app)

    assert asked.standing(case) == ("allow", None)
    assert asked.trial_runs(case)
    assert asked.reasons(case) == {"disposable": 50}


def test_staffs_word_stands_above_a_card(house, people, show_card):
    first, second = people.confirmed("ana@acme.example"), people.confirmed("eva@other.example")
    with house.app_context():
        cases.overrule(queue.find(second), "allow", reason="Two teams, one card", by="staff:1")
        db.session.commit()
    show_card(first, "fingerprint")

    show_card(second, "fingerprint")

    assert people.trial_runs(second)


def test_the_fingerprint_is_kept_as_a_keyed_hash_only(house, people, show_card):
    from plg.signups.models import Trace

    show_card(people.confirmed("ana@acme.example"), "fingerprint")

    with house.app_context():
        kept = [row.value for row in db.session.query(Trace).where(Trace.kind == "card")]
    assert len(kept) == 1
    assert "fingerprint" not in kept[0]


def test_a_trial_that_waits_for_its_card_is_stopped_where_the_card_is_known(house, people, show_card):
    from plg.trials.models import Trial

    first = people.confirmed("ana@acme.example")
    show_card(first, "fingerprint")
    reminders = [{"days": 3}]
    with_card = {**PLANS["trial"], "card": "first", "continues_as": {"plan": "pro"}, "reminders": reminders}
    publish_plans(house, PLANS | {"trial": with_card})
    second = people.confirmed("eva@other.example")

    show_card(second, "fingerprint")

    with house.app_context():
        trial = trials.of_account(people.case(second).account_id)
        assert isinstance(trial, Trial)
        assert trial.status == "paused"
    assert people.standing(second) == ("hold", "staff")
