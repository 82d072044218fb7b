"""What an experiment brought: counted in SQL as a plain recount counts it, and told as far as it says something."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from onboarding_flows import experiment_report, experiment_table
from onboarding_flows.experiment_report import NoExperiment
from onboarding_flows.flows import FlowNotFound
from onboarding_flows.models import FlowEnrolment, StepCompletion
from plg.accounts.models import Membership
from plg.events import log, names
from plg.kit import proportions
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.proportions import MIN_EXPOSED, Share
from plg.people import identities
from tests.onboarding_flows.conftest import flow, publish, step, text
from tests.onboarding_flows.recounting import recount
from tests.onboarding_flows.test_cli import Run, run  # noqa: F401 - a fixture
from tests.onboarding_flows.test_experiments import CONTROL, ONE_DATABASE, SHORT, experiment, tried
from tests.support.queries import count_queries
from tests.support.story import make_account, make_person, new_event

HOUR = dt.timedelta(hours=1)
OWNERS = 30
HISTORY = st.lists(
    st.fixed_dictionaries(
        {
            "arm": st.sampled_from(["holdout", "control", "short", None]),
            "version": st.sampled_from([0, 0, 1, 2]),
            "met": st.none() | st.integers(0, 1500),
            "completed": st.none() | st.integers(-20, 200),
            "steps": st.dictionaries(
                st.sampled_from(["invoice", "tour"]), st.tuples(st.integers(-20, 200), st.booleans())
            ),
            "events": st.lists(
                st.tuples(
                    st.sampled_from([names.ACTIVATED, names.SUBSCRIPTION_STARTED, "Invoice Sent"]),
                    st.sampled_from([-5, 0, 1, 335, 336, 337, 700, 720, 721]),
                ),
                max_size=4,
            ),
        }
    ),
    min_size=12,
    max_size=OWNERS,
)
keys = (f"flow-{number}" for number in itertools.count())


def owners(app: Flask, number: int = OWNERS) -> list[tuple[int, int]]:
    """(person, account) each; every third person belongs to two accounts."""
    found = []
    for i in range(number):
        person = make_person(app, f"o{i}@acme.example")
        found.append((person, make_account(app, (person, "owner"), name=f"A{i}")))
    with app.app_context():
        for (person, _), (_, account) in zip(found[::3], found[1::3], strict=False):
            moment = now()
            db.session.add(Membership(person_id=person, account_id=account, role="member", created_at=moment))
        db.session.commit()
    return found


def live_through(
    app: Flask,
    key: str,
    versions: list[int],
    history: list[dict[str, Any]],
    among: list[tuple[int, int]],
    scope: str,
) -> None:
    """Write what these histories say, as it would be in the tables."""
    with app.app_context():
        moment = now()
        for each, (person, account) in zip(history, among, strict=False):
            met = moment - each["met"] * HOUR - HOUR / 2 if each["met"] is not None else None
            start = met or moment - HOUR
            row = FlowEnrolment(flow_key=key, version_id=versions[each["version"]], variant=each["arm"])
            row.account_id, row.person_id = (account, None) if scope == "account" else (None, person)
            row.enrolled_at, row.exposed_at = start - HOUR, met
            row.completed_at = start + each["completed"] * HOUR if each["completed"] is not None else None
            db.session.add(row)
            db.session.flush()
            for step_key, (hours, skipped) in each["steps"].items():
                at = start + hours * HOUR
                times = {"occurred_at": at, "completed_at": at, "skipped": skipped}
                db.session.add(StepCompletion(enrolment_id=row.id, step_key=step_key, **times))
            told = each["events"]
            log.store([new_event(n, account_id=account, occurred_at=start + h * HOUR) for n, h in told])
        db.session.commit()


def told(report: experiment_report.Report) -> dict[str, Any]:
    return {
        arm.key: {
            "begun": arm.begun,
            "met": arm.met,
            "median": arm.median.total_seconds() if arm.median is not None else None,
            "steps": {
                each.step.key: (
                    each.done,
                    each.skipped,
                    each.stopped,
                    each.median and each.median.total_seconds(),
                )
                if each.median
                else (each.done, each.skipped, each.stopped, 0.0 if each.median is not None else None)
                for each in arm.steps.values()
                if each.done or each.skipped
            },
            "outcomes": {(each.name, each.days): (each.of.count, each.of.of) for each in arm.outcomes},
        }
        for arm in report.arms
    }


@pytest.mark.parametrize("scope", ["account", "person"])
def test_the_report_counts_what_a_plain_recount_counts(app: Flask, scope: str) -> None:
    among = owners(app)
    same_steps = {**SHORT, "changes": {"title": text("Short")}}

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(HISTORY, st.sampled_from([[14, 30], [1], [14]]))
    def holds(history: list[dict[str, Any]], within: list[int]) -> None:
        key = next(keys)
        given = tried(10, CONTROL, same_steps, scope=scope) | {"key": key}
        versions = [publish(app, given | {"title": text(title)}) for title in ("One", "Two")]
        other = publish(app, given | {"experiment": experiment(50, CONTROL, same_steps)})
        last = publish(app, given)
        live_through(app, key, [*versions, other], history, among, scope)
        with app.app_context():
            counted = recount(key, [*versions, last], ["holdout", "control", "short"], within, scope)
            report = experiment_report.of_flow(key, None, within)
            assert told(report) == counted
            assert report.versions == [4, 2, 1]
            alone = experiment_report.of_flow(key, 3, within)
            assert told(alone) == recount(key, [other], ["holdout", "control", "short"], within, scope)
            for arm in report.arms:
                for each in arm.outcomes:
                    base = counted["holdout"]["outcomes"][each.name, each.days]
                    against = Share(*base) if arm.key != "holdout" else None
                    assert each.told == proportions.compare(each.of, against)

    holds()


def arms_of(app: Flask, *sizes: tuple[str, int, int], definition: dict[str, Any] | None = None) -> None:
    """The flow `start` of accounts, whose arms are so large; of so many of each the account activated a day later."""
    version = publish(app, definition or tried(40, CONTROL, SHORT, scope="account"))
    numbers = itertools.count()
    history, among = [], []
    for arm, size, active in sizes:
        for number in range(size):
            events = [(names.ACTIVATED, 24), (names.ACTIVATED, 48)] if number < active else []
            among.append((0, make_account(app, name=f"B{next(numbers)}")))
            history.append(
                {"arm": arm, "version": 0, "met": 900, "completed": None, "steps": {}, "events": events}
            )
    live_through(app, "start", [version], history, among, "account")


@ONE_DATABASE
def test_too_little_is_said_and_enough_is_told_by_every_door(
    app: Flask,
    client: FlaskClient,
    secret_key: str,
    run: Run,  # noqa: F811
) -> None:
    arms_of(app, ("holdout", 40, 6), ("control", 40, 24), ("short", MIN_EXPOSED - 1, 20))
    key = {"Authorization": f"Bearer {secret_key}"}
    answer = client.get("/v1/flows/start/experiment?within=14", headers=key)
    assert answer.status_code == 200 and answer.json is not None, answer.text
    by_arm = {arm["variant"]: arm for arm in answer.json["arms"]}
    assert answer.json["baseline"] == "holdout" and answer.json["uneven"] is False
    assert {arm: (each["planned"], each["exposed"]) for arm, each in by_arm.items()} == {
        "holdout": (0.4, 40),
        "control": (0.3, 40),
        "short": (0.3, 29),
    }
    found = {
        arm: next(o for o in each["outcomes"] if o["outcome"] == "activated") for arm, each in by_arm.items()
    }
    assert (
        found["holdout"]["count"],
        found["holdout"]["difference"],
        found["holdout"]["share"]["value"],
    ) == (6, None, 0.15)
    wanted = proportions.difference(Share(24, 40), Share(6, 40))
    assert found["control"]["difference"] == {"value": wanted.value, "low": wanted.low, "high": wanted.high}
    assert found["control"]["lift"]["value"] == pytest.approx(3.0) and found["control"]["more"] is None
    for silent in ("share", "difference", "lift"):
        assert found["short"][silent] is None
    assert found["short"]["missing"] == 1

    printed = run("flows", "experiment", "start")
    assert "control (30% planned): 40 begun, 40 exposed" in printed
    assert "60.0 % (44.6 to 73.7), +45.0 points" in printed and "certain, lift +300%" in printed
    assert "20 of 29      too little data, some 1 more are needed in each arm" in printed
    with app.app_context():
        report = experiment_report.of_flow("start")
        rows = list(
            csv.DictReader(
                io.StringIO("\n".join(",".join(map(str, r)) for r in experiment_table.rows(report)))
            )
        )
    row = next(r for r in rows if (r["arm"], r["figure"], r["within_days"]) == ("control", "activated", "30"))
    assert (row["of"], row["count"], row["share"], row["missing"]) == ("40", "24", "0.6", "0")
    assert float(row["difference_low"]) == pytest.approx(wanted.low)


@ONE_DATABASE
def test_arms_that_lost_people_on_the_way_are_not_to_be_trusted(app: Flask) -> None:
    arms_of(app, ("control", 80, 10), ("short", 30, 10), definition=tried(0, CONTROL, SHORT, scope="account"))
    with app.app_context():
        report = experiment_report.of_flow("start")
        assert report.uneven and report.baseline == "control"
        printed = "\n".join(experiment_table.lines(report))
    assert "not as large as planned" in printed


@ONE_DATABASE
def test_a_flow_without_an_experiment_has_no_report_and_one_that_ended_keeps_its_own(app: Flask) -> None:
    with app.app_context(), pytest.raises(FlowNotFound):
        experiment_report.of_flow("start")
    publish(app, flow("start", step("a")))
    with app.app_context(), pytest.raises(NoExperiment):
        experiment_report.of_flow("start")
    publish(app, tried(10, CONTROL))
    publish(app, flow("start", step("b")))
    with app.app_context():
        assert experiment_report.of_flow("start").versions == [2]
        with pytest.raises(NoExperiment):
            experiment_report.of_flow("start", 3)


@ONE_DATABASE
def test_the_number_of_queries_grows_neither_with_arms_nor_with_people(app: Flask) -> None:
    more = [{**SHORT, "key": f"v{i}"} for i in range(8)]
    arms_of(app, ("control", 2, 1))
    publish(app, tried(10, CONTROL, *more, scope="account") | {"key": "large"})
    with app.app_context():
        engine, asked = db.engine, []
        for key in ("start", "large"):
            experiment_report.of_flow(key)
            with count_queries(engine) as queries:
                experiment_report.of_flow(key)
            asked.append(queries.count)
    assert asked == [7, 7]


@ONE_DATABASE
def test_people_who_were_merged_count_once_from_when_either_met_it(app: Flask, worker) -> None:
    version = publish(app, tried(10, CONTROL, SHORT))
    among = owners(app, 2)
    blank: dict[str, Any] = {"arm": "short", "version": 0, "completed": None, "steps": {}}
    history = [
        {**blank, "met": 800, "events": [(names.ACTIVATED, 1)]},
        {**blank, "met": 900, "events": [(names.ACTIVATED, 1)]},
    ]
    live_through(app, "start", [version], history, among, "person")
    with app.app_context():
        first = min(db.session.scalars(select(FlowEnrolment.exposed_at)))
        identities.merge(among[0][0], among[1][0], reason="tests", by="tests", force=True)
        db.session.commit()
    worker()
    with app.app_context():
        arm = next(each for each in experiment_report.of_flow("start").arms if each.key == "short")
        assert db.session.scalars(select(FlowEnrolment.exposed_at)).all() == [first]
        assert (arm.met, {(o.name, o.days): o.of.count for o in arm.outcomes}[("activated", 14)]) == (1, 1)
