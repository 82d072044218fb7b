"""The table of states itself: nothing but what it says can follow, and a plan goes with every state."""

import itertools

import pytest

from plg.plans.models import FULL, LOCKED, READ_ONLY
from plg.trials import states
from plg.trials.states import Facts, NotInThisState

HAPPENINGS = sorted({happening for _, happening in states.TABLE})
ALL_FACTS = [Facts(*values) for values in itertools.product((True, False), repeat=5)]


@pytest.mark.parametrize("facts", ALL_FACTS)
def test_whatever_happens_the_next_state_is_one_that_the_table_knows_or_it_is_refused(facts):
    for state, happening in itertools.product(states.ALL, HAPPENINGS):
        if (state, happening) in states.TABLE:
            assert states.after(state, happening, facts) in states.TABLE[state, happening]
        else:
            with pytest.raises(NotInThisState):
                states.after(state, happening, facts)


def test_nothing_follows_a_closed_state():
    assert not [step for step in states.TABLE if step[0] in states.CLOSED]


def test_from_every_open_state_a_payment_converts_and_a_decision_ends():
    for state in states.OPEN:
        assert states.after(state, states.PAID, Facts()) == states.CONVERTED
        assert states.after(state, states.STOP, Facts()) == states.ENDED


@pytest.mark.parametrize(
    ("facts", "held", "first"),
    [
        (Facts(), False, "active"),
        (Facts(), True, "held"),
        (Facts(needs_card=True, needs_activation=True), False, "awaiting_card"),
        (Facts(needs_activation=True), False, "awaiting_activation"),
    ],
)
def test_a_trial_begins_with_the_first_thing_that_it_waits_for(facts, held, first):
    assert states.first(facts, held=held) == first


@pytest.mark.parametrize(
    ("facts", "follows"),
    [
        (Facts(charges=True, has_grace=True), "converting"),
        (Facts(has_grace=True), "grace"),
        (Facts(), "ended"),
    ],
)
def test_when_its_time_is_up_a_card_comes_before_grace_and_grace_before_the_end(facts, follows):
    assert states.after("active", states.TIME_UP, facts) == follows


def test_a_waiting_trial_gives_no_plan_a_paused_one_lets_look_and_an_ended_one_what_its_rule_says():
    assert {state: states.access(state, "plan") for state in states.ALL} == {
        "held": None,
        "awaiting_card": None,
        "awaiting_activation": FULL,
        "active": FULL,
        "paused": READ_ONLY,
        "grace": FULL,
        "converting": FULL,
        "converted": None,
        "ended": None,
        "cancelled": None,
    }
    assert (states.access("ended", "pause"), states.access("ended", "lock")) == (READ_ONLY, LOCKED)
