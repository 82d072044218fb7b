"""What is decided about a sign-up, and why."""

import pytest

from plg.events.models import Event
from plg.kit.db import db
from plg.signups import folder
from plg.signups.signals import SIGNALS
from tests.web.visits import count

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def with_policy(house):
    def publish(**changed):
        with house.app_context():
            folder.section.publish("signups", changed, "tests")
            db.session.commit()

    return publish


def test_somebody_new_is_let_in_at_once(people):
    case = people.sign_up("ana@acme.example", ip="8.8.4.4", device="one", agent=BROWSER, seconds=20)

    assert people.standing(case) == ("allow", None)
    assert people.reasons(case) == {}
    assert people.trial_runs(case)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ana.ruiz@gmail.com", "anaruiz+two@googlemail.com"),
        ("ana@outlook.com", "ANA+again@outlook.com"),
        ("ana-one@yahoo.com", "ana-two@yahoo.com"),
    ],
)
def test_the_same_mailbox_gets_one_trial_however_it_is_written(people, first, second):
    people.confirmed(first)

    case = people.confirmed(second)

    assert people.standing(case) == ("hold", "staff")
    assert people.reasons(case) == {"mailbox": 100}
    assert not people.trial_runs(case)


def test_a_stranger_who_never_confirms_keeps_nobody_from_their_trial(people):
    stranger = people.sign_up("victim+x@gmail.com")

    victim = people.sign_up("victim@gmail.com")
    assert people.standing(victim) == ("verify", "confirmation")
    assert not people.trial_runs(victim)
    people.confirm()

    assert people.standing(victim) == ("allow", None)
    assert people.trial_runs(victim)
    assert people.case(stranger).confirmed_at is None


def test_of_two_spellings_of_a_mailbox_the_first_to_be_confirmed_keeps_its_trial(people):
    slow = people.sign_up("ana+slow@gmail.com")
    link = people.token
    quick = people.confirmed("ana+quick@gmail.com")

    people.token = link
    people.confirm()

    assert people.trial_runs(quick)
    assert people.standing(slow) == ("hold", "staff")
    assert not people.trial_runs(slow)


def test_mailboxes_of_two_people_of_a_company_are_never_taken_for_one(people):
    people.confirmed("ana+one@acme.example")

    assert "mailbox" not in people.reasons(people.sign_up("ana+two@acme.example"))


def test_a_disposable_address_waits_for_staff_where_no_card_can_be_asked_for(people):
    case = people.sign_up("ana@mailinator.com")
    assert people.standing(case) == ("verify", "confirmation")

    people.confirm()

    assert people.standing(case) == ("verify", "staff")
    assert not people.trial_runs(case)


def test_a_disposable_address_is_asked_for_a_card_where_cards_are_taken(make_app):
    from tests.signups.conftest import People
    from tests.support.story import publish_plans

    app = make_app(stripe_api_key="sk_test_x", stripe_api_base="http://127.0.0.1:9")
    publish_plans(app)
    people = People(app)

    assert people.standing(people.confirmed("ana@mailinator.com")) == ("verify", "card")


def test_a_second_trial_in_one_browser_waits(people):
    people.sign_up("ana@acme.example", device="a laptop")

    case = people.confirmed("eva@other.example", device="a laptop")

    assert people.standing(case) == ("verify", "staff")
    assert people.reasons(case) == {"device": 50}


def test_reasons_add_up(people):
    people.sign_up("ana@acme.example", device="a laptop")

    case = people.sign_up("eva@mailinator.com", device="a laptop")

    assert people.reasons(case) == {"device": 50, "disposable": 50}
    assert people.standing(case) == ("hold", "confirmation")


def test_who_is_held_was_let_in_nowhere_and_counts_against_nobody(people):
    people.sign_up("ana@mailinator.com", device="a laptop")

    case = people.sign_up("eva@other.example", device="a laptop")

    assert people.standing(case) == ("allow", None)


def test_many_sign_ups_from_one_network_weigh_and_other_networks_do_not_count(people):
    for i in range(10):
        people.sign_up(f"person{i}@company{i}.example", ip=f"8.8.8.{i}")

    assert people.reasons(people.sign_up("ana@acme.example", ip="8.8.8.200")) == {"network": 30}
    assert people.reasons(people.sign_up("eva@other.example", ip="8.8.9.1")) == {}


def test_people_behind_a_proxy_that_nobody_named_are_not_one_network(people):
    for i in range(12):
        people.sign_up(f"person{i}@company{i}.example", ip="10.0.0.1")

    assert people.reasons(people.sign_up("ana@acme.example", ip="10.0.0.1")) == {}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"agent": "python-requests/2.32"}, {"program": 15}),
        ({"agent": ""}, {"program": 15}),
        ({"seconds": 0.4}, {"haste": 10}),
        ({"name": "WIN at https://evil.example"}, {"texts": 30}),
        ({"company": "cheap-pills.shop/now"}, {"texts": 30}),
        ({"agent": BROWSER, "seconds": 3.5, "company": "S.A. de C.V."}, {}),
    ],
)
def test_small_things_weigh_a_little_and_alone_keep_nobody_out(people, said, reason):
    case = people.sign_up("ana@acme.example", **said)

    assert people.reasons(case) == reason
    assert people.standing(case) == ("allow", None)


def test_people_of_a_company_that_is_here_are_asked_whether_they_would_rather_join(people):
    people.claim_domain(people.confirmed("ana@acme.example"), "acme.example")

    case = people.sign_up("eva@acme.example")
    assert people.standing(case) == ("join", "confirmation")
    people.confirm()

    assert people.reasons(case) == {"company": 0}
    assert people.standing(case) == ("join", "choice")
    assert not people.trial_runs(case)


def test_a_company_whose_workspace_takes_in_nobody_is_told_to_staff_only(people):
    people.confirmed("ana@acme.example")

    case = people.confirmed("eva@sales.acme.example")

    assert people.reasons(case) == {"company": 0}
    assert people.standing(case) == ("allow", None)


def test_nobody_speaks_for_a_company_before_their_address_is_confirmed(people):
    people.sign_up("stranger@acme.example")

    assert people.standing(people.confirmed("ana@acme.example")) == ("allow", None)


def test_people_with_consumer_addresses_have_no_colleagues(people):
    people.confirmed("ana@hotmail.es")

    assert people.standing(people.confirmed("eva@hotmail.es")) == ("allow", None)


def test_a_provider_that_vouches_for_the_address_spares_the_mail(people):
    case = people.sign_up("ana@acme.example", password=None, way="google", confirmed=True)

    assert people.token is None
    assert people.case(case).way == "google"
    assert people.case(case).confirmed_at is not None
    assert people.trial_runs(case)


def test_rules_that_are_switched_off_let_everybody_in_and_count_on(people, with_policy):
    with_policy(enabled=False)
    people.confirmed("ana@gmail.com", device="a laptop")

    case = people.confirmed("ana+two@gmail.com", device="a laptop")

    assert people.trial_runs(case)
    assert people.reasons(case) == {"mailbox": 100, "device": 50}


def test_a_signal_without_points_is_not_told_and_thresholds_are_the_policys(people, with_policy):
    with_policy(points={"disposable": 0, "haste": 20}, verify_at=20)

    assert people.reasons(people.sign_up("ana@mailinator.com")) == {}
    assert people.standing(people.sign_up("eva@mailinator.com", seconds=0.1))[0] == "verify"


def test_a_hold_and_a_release_are_events_with_their_reasons(house, people):
    people.confirmed("ana@mailinator.com")

    with house.app_context():
        held = (
            db.session.query(Event).where(Event.name == "Signup Held").order_by(Event.position.desc()).first()
        )
    assert held.properties["reasons"] == ["disposable"]
    assert held.properties["waits_for"] == "staff"
    assert count(house, Event, Event.name == "Signup Released") == 0


def test_every_signal_has_a_name_and_a_sentence_in_both_languages(house):
    from flask_babel import force_locale

    from plg.signups import reasons

    detail = {"num": 2, "day": 9, "domain": "x.example", "seconds": 0.5}
    for signal in SIGNALS:
        with house.test_request_context():
            told = []
            for locale in ("en", "es"):
                with force_locale(locale):
                    told += [reasons.name(signal), reasons.sentence(signal, detail)]
        assert len(set(told)) == 4, told
