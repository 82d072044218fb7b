"""Many who sign up at the same moment: one address is one person, one account, one trial."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from plg.access import one_time
from plg.access.models import Credential
from plg.accounts.models import Account, Membership
from plg.events.models import Event
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.signups import cases, queue, signups
from plg.signups.models import Case
from plg.signups.traces import Evidence
from plg.trials.models import Trial
from tests.support.story import in_parallel, publish_plans
from tests.web.visits import SIGN_UP, count, visitor

AT_ONCE = 20


@pytest.fixture
def house(app):
    publish_plans(app)
    return app


def sign_up(address):
    return signups.sign_up(address, "correct horse battery", "Ana", "Acme")


def test_twenty_parallel_sign_ups_with_one_address_make_one_of_everything(house):
    written = ["ana@acme.example", "ANA@acme.example", " ana@ACME.example "]

    made = in_parallel(house, AT_ONCE, lambda i: sign_up(written[i % len(written)]))

    assert [one for one in made if isinstance(one, Exception)] == []
    assert sum(one.person is not None for one in made) == 1
    assert [count(house, model) for model in (Credential, Account, Membership, Trial)] == [1, 1, 1, 1]
    assert count(house, Event, Event.name == "Signed Up") == 1
    assert count(house, Event, Event.name == "Trial Started") == 1


def test_twenty_spellings_of_one_mailbox_at_once_get_one_trial(house):
    written = [f"a.na+{i}@gmail.com" if i % 2 else f"ana+{i}@googlemail.com" for i in range(AT_ONCE)]

    made = in_parallel(house, AT_ONCE, lambda i: sign_up(written[i]))

    assert [one for one in made if isinstance(one, Exception)] == []
    assert count(house, Trial, Trial.status == "active") == 1
    assert sorted(one.case.decision for one in made) == ["allow"] + ["verify"] * (AT_ONCE - 1)


def test_twenty_spellings_of_one_mailbox_that_are_confirmed_at_once_keep_one_trial(house):
    tokens = []
    for i in range(AT_ONCE):
        with house.app_context():
            tokens.append(sign_up(f"ana+{i}@gmail.com").token)
            db.session.commit()

    answers = in_parallel(house, AT_ONCE, lambda i: signups.confirm(tokens[i]))

    assert [one for one in answers if isinstance(one, Exception)] == []
    assert count(house, Trial, Trial.status == "active") == 1
    assert count(house, Case, Case.waits_for == "staff") == AT_ONCE - 1


def test_twenty_sign_ups_in_one_browser_at_once_get_one_trial(house):
    evidence = Evidence(device="one laptop")

    made = in_parallel(
        house,
        AT_ONCE,
        lambda i: signups.sign_up(
            f"ana@company{i}.example", "correct horse battery", "Ana", "Acme", evidence=evidence
        ),
    )

    assert [one for one in made if isinstance(one, Exception)] == []
    assert count(house, Trial, Trial.status == "active") == 1


def test_two_of_staff_who_decide_at_once_leave_one_state(house):
    with house.app_context():
        case = sign_up("ana@mailinator.com").case.public_id
        db.session.commit()

    def decide(i):
        word = ("allow", "hold")[i % 2]
        return cases.overrule(queue.find(case), word, reason="so", by=f"staff:{i}")

    answers = in_parallel(house, 6, decide)

    assert [one for one in answers if isinstance(one, Exception)] == []
    runs = count(house, Trial, Trial.status == "active") == 1
    with house.app_context():
        found = queue.show([queue.find(case)])[0]
    assert found.overrules[-1].decision == found.case.decision
    assert runs == (found.case.decision == "allow") == (found.case.granted_at is not None)


def test_twenty_browsers_that_send_the_form_at_once_get_the_same_answer_and_one_trial(house):
    browsers = [visitor(house) for _ in range(AT_ONCE)]
    tokens = [
        who.read("/signup").text.split('name="csrf_token" value="')[1].split('"')[0] for who in browsers
    ]
    start = Barrier(AT_ONCE)

    def send(who, token):
        start.wait(timeout=30)
        return who.send("/signup", csrf_token=token, **SIGN_UP)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, browsers, tokens))

    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/signup/sent")}
    assert count(house, Trial) == 1
    with house.app_context():
        templates = dict(
            db.session.execute(
                select(OutgoingMail.template, func.count()).group_by(OutgoingMail.template)
            ).all()
        )
    assert templates == {"confirm-email": 1, "finish-sign-up": AT_ONCE - 1}


def test_different_addresses_do_not_wait_for_each_other_in_vain(house):
    made = in_parallel(house, AT_ONCE, lambda i: sign_up(f"person{i}@acme.example"))

    assert [one for one in made if isinstance(one, Exception)] == []
    assert count(house, Trial) == AT_ONCE


def test_one_link_confirmed_twenty_times_at_once_confirms_once(house):
    with house.app_context():
        token = sign_up("ana@acme.example").token
        db.session.commit()

    answers = in_parallel(house, AT_ONCE, lambda _: signups.confirm(token))

    assert sum(isinstance(one, one_time.LinkExpired) for one in answers) == AT_ONCE - 1
    assert count(house, Event, Event.name == "Email Confirmed") == 1
