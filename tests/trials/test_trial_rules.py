"""A trial's rule in `plans.toml`: every fault is named, what is valid comes back as it was written."""

import tomllib

import pytest
import tomli_w

from plg.kit.errors import FolderFaults
from plg.plans import folder
from plg.plans.schemas import PlansFile
from tests.trials.wording import CARD, plans_with

EARN = [{"event": "Quiz Passed", "days": 2, "name": {"en": "Pass the quiz"}}]


def read(tmp_path, plans):
    (tmp_path / "plans.toml").write_text(tomli_w.dumps(plans))
    return folder.read(tmp_path)


def faults(tmp_path, plans):
    with pytest.raises(FolderFaults) as refused:
        read(tmp_path, plans)
    return {fault.field.removeprefix("plans.toml: "): fault.message for fault in refused.value.errors}


@pytest.mark.parametrize(
    ("rule", "field", "why"),
    [
        ({"at_end": "gone"}, "trial.at_end", "no plan 'gone'"),
        ({"at_end": None}, "trial.at_end", "needed"),
        ({"end": "lock"}, "trial.at_end", "only there"),
        ({"activate_within": 5}, "trial.activate_within", "activation"),
        ({"card": "first"}, "trial.continues_as", "needed"),
        ({"continues_as": {"plan": "pro"}}, "trial.continues_as", "only there"),
        (CARD | {"reminders": [{"days": 0}]}, "trial.reminders", "unwarned"),
        (CARD | {"reminders": [{"days": 3, "when": "idle"}]}, "trial.reminders", "unwarned"),
        (CARD | {"continues_as": {"plan": "gone"}}, "trial.continues_as.plan", "no plan 'gone'"),
        (
            CARD | {"continues_as": {"plan": "pro", "interval": "year"}},
            "trial.continues_as.interval",
            "no price",
        ),
        ({"credits": {"feature": "export", "amount": 5}}, "trial.credits.feature", "metered"),
        ({"reminders": [{"days": 3}, {"days": 3}]}, "trial.reminders.1", "twice"),
        ({"days": 0}, "trial.days", "greater"),
        ({"clock": "moon"}, "trial.clock", "start"),
        ({"colour": "red"}, "trial.colour", "not permitted"),
        ({"earn": [{"event": "X", "days": 99, "name": {"en": "x"}}]}, "trial.earn.0.days", "less than"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, rule, field, why):
    found = faults(tmp_path, plans_with(**rule))
    assert why in found[field]


def test_a_clock_that_waits_for_activation_needs_an_activation(tmp_path):
    plans = plans_with(clock="activation")
    del plans["activation"]
    assert "no [activation]" in faults(tmp_path, plans)["trial.clock"]


def test_a_plan_may_have_a_trial_of_its_own_and_its_faults_are_named_there(tmp_path):
    plans = plans_with()
    plans["plans"]["pro"]["trial"] = {"days": 30, "at_end": "gone"}
    assert "no plan 'gone'" in faults(tmp_path, plans)["plans.pro.trial.at_end"]


def test_what_was_published_is_written_back_as_it_was_written(tmp_path):
    plans = plans_with(**CARD, earn=EARN, earn_cap=10, again_after=180, grace=3)
    plans["plans"]["pro"]["trial"] = {"days": 30, "at_end": "free"}
    published = read(tmp_path, plans)

    folder.write(tmp_path, published)

    written = tomllib.loads((tmp_path / "plans.toml").read_text())
    assert written["trial"] == plans["trial"]
    assert written["plans"]["pro"]["trial"] == {"days": 30, "at_end": "free"}
    assert read(tmp_path, written) == published


def test_the_rule_of_before_is_still_one_and_is_stored_as_before(tmp_path):
    published = read(tmp_path, plans_with())
    assert published["catalogue"]["trial"] == {"plan": "trial", "days": 14, "at_end": "free"}
    assert "trial" not in published["pro"]
    assert not PlansFile(**plans_with()).faults()
