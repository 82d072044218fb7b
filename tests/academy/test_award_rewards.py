"""Skills become access and revenue: what a certificate promises is given while it holds, and taken back when not."""

import datetime as dt

import pytest
import time_machine
from sqlalchemy import select

from academy import certificates
from academy.certificate_models import CertificateReward
from academy.certificate_policy import Reward
from academy.certificates import rewards
from academy.schemas import Course
from plg.billing.models import Discount
from plg.kit.clock import now
from plg.kit.db import db
from plg.trials import trials
from plg.usage import entitlements
from plg.usage.models import UsageGrant
from tests.academy.samples import course
from tests.academy.test_awards import act, facts
from tests.support.story import make_account, publish_plans
from tests.trials.wording import publish as publish_trial
from tests.trials.wording import start as start_trial

EXPORT = {"feature": "export"}
MORE = {"feature": "invoices", "amount": 100}
DAYS = {"trial_days": 5}
LESS = {"percent_off": 20, "months": 3}


def holder(app, school, *promised, **policy):
    """Somebody of a workspace who passed; the workspace and the code."""
    school.publish(certificate={"rewards": list(promised)} | policy)
    person = school.ready()
    account = make_account(app, (person, "owner"))
    attempt = school.pass_quiz(person)
    with school.turn():
        return account, certificates.of_attempt(school.attempt(attempt)).code


def entitled(app, account, feature):
    with app.app_context():
        return entitlements.of_account(account).feature(feature)


def trial_days(app, account):
    with app.app_context():
        trial = trials.of_account(account)
        return (trial.ends_at - trial.started_at).days


def discounts(app):
    with app.app_context():
        rows = db.session.scalars(select(Discount).order_by(Discount.id))
        return [(row.percent_off, row.months, row.ended_at is None) for row in rows]


def ledger(app):
    with app.app_context():
        rows = db.session.scalars(select(CertificateReward).order_by(CertificateReward.id))
        return [(row.key, row.reversed_at is None, row.note) for row in rows]


def test_a_feature_opens_closes_and_opens_again_with_the_certificate(app, school, worker):
    publish_plans(app)
    account, code = holder(app, school, EXPORT, MORE)
    assert not entitled(app, account, "export").allowed
    worker()
    assert entitled(app, account, "export").allowed
    assert entitled(app, account, "invoices").limit == 105
    act(school, certificates.suspend, code)
    worker()
    assert not entitled(app, account, "export").allowed and entitled(app, account, "invoices").limit == 5
    act(school, certificates.reinstate, code)
    worker()
    assert entitled(app, account, "export").allowed and entitled(app, account, "invoices").limit == 105
    act(school, certificates.revoke, code)
    worker()
    assert not entitled(app, account, "export").allowed
    assert [held for _, held, _ in ledger(app)] == [False] * 4


def test_trial_days_and_a_discount_are_earned_and_lapse(app, school, worker):
    publish_trial(app)
    school.publish(certificate={"rewards": [DAYS, LESS]})
    person = school.ready()
    account = make_account(app, (person, "owner"))
    start_trial(app, account)
    attempt = school.pass_quiz(person)
    with school.turn():
        code = certificates.of_attempt(school.attempt(attempt)).code
    worker()
    assert trial_days(app, account) == 19 and discounts(app) == [(20, 3, True)]
    act(school, certificates.suspend, code)
    worker()
    assert trial_days(app, account) == 14 and discounts(app) == [(20, 3, False)]
    act(school, certificates.reinstate, code)
    worker()
    assert trial_days(app, account) == 19 and discounts(app) == [(20, 3, False), (20, 3, True)]


def test_the_end_takes_back_and_a_renewal_goes_on_without_a_gap(app, school, worker):
    publish_plans(app)
    account, code = holder(app, school, EXPORT, valid_for="30d", renew_from="10d")
    worker()
    with time_machine.travel(now() + dt.timedelta(days=25)), school.turn():
        person = certificates.find(code).person_id
    with time_machine.travel(now() + dt.timedelta(days=25)):
        attempt = school.pass_quiz(person)
        worker()
        assert ledger(app) == [("feature:export", True, None)]
    with school.turn():
        renewed = certificates.of_attempt(school.attempt(attempt)).code
    with time_machine.travel(now() + dt.timedelta(days=45)):
        worker(now=now())
        assert entitled(app, account, "export").allowed
    with time_machine.travel(now() + dt.timedelta(days=65)):
        worker(now=now())
        assert facts(school, renewed).status == "expired"
        assert not entitled(app, account, "export").allowed


def test_a_renewal_that_promises_other_things_changes_what_is_given(app, school, worker):
    publish_plans(app)
    account, code = holder(app, school, EXPORT, valid_for="30d", renew_from="30d")
    worker()
    school.publish(certificate={"valid_for": "30d", "rewards": [MORE]})
    with time_machine.travel(now() + dt.timedelta(days=2)):
        with school.turn():
            person = certificates.find(code).person_id
        school.pass_quiz(person)
        worker()
        assert not entitled(app, account, "export").allowed
        assert entitled(app, account, "invoices").limit == 105


def test_told_again_or_at_once_it_is_given_once(app, school):
    publish_plans(app)
    _, code = holder(app, school, EXPORT, LESS)
    with school.turn():
        chain = certificates.find(code).chain
    school.at_once([lambda: rewards.follow([chain])] * 4)
    with school.turn():
        rewards.follow([chain, "nobody"])
    with app.app_context():
        assert db.session.query(UsageGrant).count() == db.session.query(Discount).count() == 1
    assert len(ledger(app)) == 2


def test_what_cannot_be_given_is_noted_and_breaks_nothing(app, school, worker):
    publish_plans(app)
    account, code = holder(app, school, {"feature": "unheard-of"}, DAYS, EXPORT)
    worker()
    assert ledger(app) == [
        ("feature:unheard-of", True, "no_feature"),
        ("trial_days:5", True, "no_trial"),
        ("feature:export", True, None),
    ]
    assert entitled(app, account, "export").allowed
    act(school, certificates.revoke, code)
    worker()
    assert [held for _, held, _ in ledger(app)] == [False] * 3


def test_who_belongs_to_no_workspace_earns_nothing_for_one(app, school, worker):
    publish_plans(app)
    school.publish(certificate={"rewards": [EXPORT]})
    school.pass_quiz(school.ready())
    worker()
    assert ledger(app) == []


@pytest.mark.parametrize(
    ("reward", "said"),
    [
        ({}, "gives one of"),
        ({"feature": "export", "trial_days": 3}, "gives one of"),
        ({"trial_days": 3, "amount": 3}, "how much of a feature"),
        ({"amount_off": 500}, "goes with `amount_off`"),
        ({"trial_days": 3, "months": 3}, "goes with a discount"),
        ({"percent_off": 101}, "less than or equal to 100"),
        ({"feature": "Export!"}, "should match pattern"),
    ],
)
def test_a_reward_that_is_not_one_thing_is_a_fault(reward, said):
    with pytest.raises(ValueError, match=said):
        Reward.model_validate(reward)


def test_the_same_reward_twice_is_a_fault():
    with pytest.raises(ValueError, match="same reward twice"):
        Course.model_validate(course(certificate={"rewards": [EXPORT, EXPORT]}))
