"""Any order of anything: no impossible state, one open trial, a plan that agrees, an end that the rows come to."""

import datetime as dt

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from plg.accounts.models import Account
from plg.events import log, names
from plg.kit.clock import zone
from plg.kit.db import db
from plg.plans import assignments
from plg.plans.models import FULL
from plg.trials import ending, jobs, ledger, rules, states, trials
from plg.trials.models import Trial
from plg.trials.states import NotInThisState
from tests.support.story import at, in_parallel, make_account, make_person
from tests.trials.wording import CARD, do, publish, start, state

REFUSALS = (NotInThisState, trials.NoActiveTrial, trials.TrialUsed, trials.AlreadyPaying)
RULES = [
    {},
    {"grace": 2, "again_after": 5},
    {"clock": "activation", "activate_within": 4},
    {"at_end": None, "end": "lock"},
    CARD | {"grace": 1},
    CARD | {"clock": "activation", "at_end": None, "end": "pause"},
]
BEGIN = at("2028-02-20 10:30")  # 29 February and the change of the clocks lie ahead


class Life(RuleBasedStateMachine):
    """One account and everything that can happen to its trial, in any order, repeated, at any time."""

    app = None
    paid = False

    @initialize(
        rule=some.sampled_from(RULES), timezone=some.sampled_from(["UTC", "Europe/Madrid", "Pacific/Apia"])
    )
    def begin(self, rule, timezone):
        self.travel = time_machine.travel(BEGIN, tick=False)
        self.clock = self.travel.start()
        publish(self.app, **rule)
        self.account = make_account(self.app, (make_person(self.app, f"p{id(self)}@acme.example"), "owner"))
        with self.app.app_context():
            db.session.get_one(Account, self.account).timezone = timezone
            db.session.commit()

    def teardown(self):
        if hasattr(self, "travel"):
            self.travel.stop()

    def attempt(self, act):
        with self.app.app_context():
            try:
                act()
                db.session.commit()
            except REFUSALS:
                db.session.rollback()

    @rule(held=some.booleans(), again=some.booleans())
    def starts(self, held, again):
        self.attempt(lambda: trials.start(self.account, held=held, again=again, by="tests"))

    @rule(verb=some.sampled_from(["release", "cancel", "reactivate", "resume"]))
    def goes_on(self, verb):
        self.attempt(lambda: getattr(trials, verb)(self.account, by="tests"))

    @rule(verb=some.sampled_from(["pause", "stop"]))
    def is_halted(self, verb):
        self.attempt(lambda: getattr(trials, verb)(self.account, reason="x", by="tests"))

    @rule(days=some.integers(-20, 20).filter(bool))
    def is_lengthened(self, days):
        self.attempt(lambda: trials.extend(self.account, days, reason="x", by="tests"))

    @rule()
    def gets_a_card(self):
        self.attempt(lambda: trials.add_card(self.account, "visa 1", by="tests"))

    @rule()
    def is_activated(self):
        self.attempt(lambda: trials.activate(self.account, BEGIN, by="tests"))

    @rule()
    def pays(self):
        def pay():
            self.paid = True
            assignments.assign(self.account, "pro", source="subscription", by="tests")
            log.record(names.SUBSCRIPTION_STARTED, account_id=self.account, properties={"plan": "pro"})

        self.attempt(pay)

    @rule()
    def stops_paying(self):
        def fall():
            if assignments.lock(self.account).source == "subscription":
                assignments.assign(self.account, "free", source="default", by="tests")

        self.attempt(fall)

    @rule()
    def the_log_is_read_from_its_beginning(self):
        from plg.events.stream import history

        events = history_of(self.app, self.account, history)
        self.attempt(lambda: ending.convert(events))

    @rule()
    def the_charge_fails(self):
        self.attempt(lambda: ending.give_up_charge([self.account]))

    @rule(seconds=some.sampled_from([1, 3600, 86_400, 3 * 86_400, 14 * 86_400]))
    def time_passes(self, seconds):
        self.clock.shift(dt.timedelta(seconds=seconds))

    @rule(ahead=some.sampled_from([0, 0, 0, 30]))
    def the_job_runs(self, ahead):
        """Now and then on a machine whose clock goes wrong by a month."""
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(days=ahead)
        for _ in range(4):
            self.attempt(lambda: jobs.expire_trials(moment))

    @invariant()
    def nothing_is_impossible(self):
        if hasattr(self, "account"):
            with self.app.app_context():
                check(self.account, paid=self.paid)
                db.session.rollback()


def history_of(app, account, history):
    with app.app_context():
        return history(account_id=account, names=[names.SUBSCRIPTION_STARTED])


def check(account, paid=False):
    all_trials = db.session.scalars(select(Trial).where(Trial.account_id == account).order_by(Trial.id)).all()
    calendar = zone(db.session.get_one(Account, account).timezone)
    books = ledger.rows_of([trial.id for trial in all_trials])
    for trial in all_trials:
        assert trial.status in states.ALL
        assert (trial.closed_at is None) == trial.is_open
        assert trial.ends_at == ledger.ends_at(trial.started_at, books[trial.id], calendar)
        assert (trial.started_at is None) <= (trial.status in (*states.WAITING, *states.CLOSED))
        assert (trial.status == states.ACTIVE) <= (trial.due_at is not None and trial.due_at == trial.ends_at)
        assert (trial.due_at is not None) <= trial.is_open
    assert sum(trial.is_open for trial in all_trials) <= 1
    assert not any(trial.is_open for trial in all_trials[:-1])
    if all_trials:
        check_plan(all_trials, assignments.current(account), paid)


def check_plan(all_trials, given, paid):
    """One that waits, or that was over before it gave a plan, leaves the account as the one before left it."""
    if given.source == "subscription":
        assert (given.plan.key, given.access) == ("pro", FULL)
    elif given.source == "trial":
        giver = next(trial for trial in reversed(all_trials) if access_of(trial) is not None)
        assert (given.plan.key, given.access) == (giver.plan_key, access_of(giver))
    else:
        newest = all_trials[-1]
        never_began = not newest.is_open and newest.started_at is None
        assert (given.plan.key, given.access) == ("free", FULL)
        assert access_of(newest) is None or paid or never_began, "who paid and stopped before it was heard of"


def access_of(trial):
    return states.access(trial.status, rules.of(trial.rule_id).end)


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_order_of_events_reaches_an_impossible_state(app):
    Life.app = app
    quick = settings(
        max_examples=40,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(Life, settings=quick)


@pytest.fixture
def account(app):
    publish(app)
    return make_account(app, (make_person(app), "owner"))


@pytest.mark.parametrize("paying_first", [True, False])
@pytest.mark.parametrize("attempt", range(3))
def test_a_payment_in_the_last_second_wins_over_the_clock_whoever_comes_first(
    app, account, paying_first, attempt
):
    trial = start(app, account)

    def act(index):
        if bool(index) is paying_first:
            assignments.assign(account, "pro", source="subscription", by="tests")
            log.record(names.SUBSCRIPTION_STARTED, account_id=account, properties={"plan": "pro"})
        else:
            jobs.expire_trials(trial.ends_at)

    done = in_parallel(app, 2, act)

    assert not [one for one in done if isinstance(one, Exception)]
    with app.app_context():
        jobs.expire_trials(trial.ends_at)
        db.session.commit()
    status, plan, access = state(app, account)
    assert (plan, access) == ("pro", FULL)
    assert status in ("converted", "ended")


def test_everything_at_once_leaves_one_open_trial_at_most_and_a_plan_that_agrees(app, account):
    start(app, account)

    def act(index):
        return [
            lambda: trials.extend(account, 3, reason="x", by="a"),
            lambda: trials.pause(account, reason="x", by="b"),
            lambda: trials.stop(account, reason="x", by="c"),
            lambda: trials.start(account, again=True, by="d"),
            lambda: trials.cancel(account, by="e"),
            lambda: jobs.expire_trials(at("2099-01-01 00:00")),
        ][index % 6]()

    done = in_parallel(app, 12, act)

    strange = [one for one in done if isinstance(one, Exception) and not isinstance(one, REFUSALS)]
    assert not strange
    with app.app_context():
        check(account)


def test_started_again_by_several_at_once_there_is_one_more(app, account):
    start(app, account)
    do(app, "stop", account, reason="x", by="tests")
    done = in_parallel(app, 8, lambda i: trials.start(account, again=True, by=f"staff:{i}").id)
    assert len(set(done)) == 1


def test_calling_off_a_second_trial_that_never_began_unlocks_nothing(app):
    publish(app, **CARD, at_end=None, end="lock", again_after=1)
    account = make_account(app, (make_person(app), "owner"))
    start(app, account)
    do(app, "add_card", account, "visa 1", by="tests")
    do(app, "stop", account, reason="x", by="tests")
    locked = state(app, account)

    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2)):
        do(app, "start", account, by="tests")
        waiting = state(app, account)
        do(app, "cancel", account, by="tests")

    assert (locked[0], waiting[0]) == ("ended", "awaiting_card")
    assert state(app, account)[1:] == locked[1:] == (locked[1], "locked")
