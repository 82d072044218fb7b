"""Staff look at what the rules held, and say what they think of it; their word is counted."""

import pytest

from plg.events.models import Event
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.signups import report
from plg.signups.models import Decision, Overrule
from tests.web.visits import count, mails

HELD = "ana@mailinator.com"


@pytest.fixture
def api(house, secret_key):
    client = house.test_client()
    headers = {"Authorization": f"Bearer {secret_key}"}

    def ask(method, path, json=None):
        return client.open(f"/v1{path}", method=method, json=json, headers=headers)

    return ask


@pytest.fixture
def say(api):
    def say(case, decision, reason="We know them"):
        return api("POST", f"/signups/{case}/decision", {"decision": decision, "reason": reason})

    return say


def test_a_sign_up_tells_its_decisions_with_reasons_in_words(people, api):
    case = people.confirmed(HELD)

    told = api("GET", f"/signups/{case}").json

    assert (told["decision"], told["waits_for"], told["granted_at"]) == ("verify", "staff", None)
    assert [decision["cause"] for decision in told["decisions"]] == ["sign-up"]
    reason = told["decisions"][-1]["reasons"][0]
    assert (reason["signal"], reason["points"]) == ("disposable", 50)
    assert reason["text"] == "mailinator.com gives mailboxes to be thrown away."


def test_staff_let_a_held_trial_run_and_its_owner_is_told(house, people, say, worker):
    case = people.confirmed(HELD)
    worker()
    assert [mail.template for mail in mails(house, HELD)] == ["trial-held"]

    answer = say(case, "allow")

    assert answer.status_code == 200
    assert (answer.json["decision"], answer.json["waits_for"]) == ("allow", None)
    assert answer.json["overrules"][0]["reason"] == "We know them"
    assert answer.json["overrules"][0]["by"].startswith("key:")
    assert people.trial_runs(case)
    worker()
    assert [mail.template for mail in mails(house, HELD)] == ["trial-held", "trial-released"]
    assert count(house, Event, Event.name == "Signup Released") == 1


def test_the_decisions_of_the_rules_are_never_changed_by_a_word_of_staff(house, people, say):
    case = people.confirmed(HELD)
    with house.app_context():
        before = db.session.query(Decision.id, Decision.decision, Decision.score).all()
        db.session.rollback()

    say(case, "allow")
    say(case, "hold", "No, we do not")

    with house.app_context():
        assert db.session.query(Decision.id, Decision.decision, Decision.score).all() == before
    assert count(house, Overrule) == 2


def test_staff_hold_a_trial_that_runs_and_let_it_run_again(people, say):
    case = people.confirmed("ana@acme.example")
    assert people.trial_runs(case)

    say(case, "hold", "The third of them")
    assert people.standing(case) == ("hold", None)
    assert not people.trial_runs(case)

    say(case, "allow", "A mistake of mine")
    assert people.trial_runs(case)


def test_a_word_said_before_the_address_is_confirmed_stands(people, say):
    case = people.sign_up(HELD)
    say(case, "allow")

    people.confirm()

    assert people.standing(case) == ("allow", None)
    assert people.trial_runs(case)


@pytest.mark.parametrize(
    "said",
    [
        {"decision": "join", "reason": "x"},
        {"decision": "allow", "reason": ""},
        {"decision": "allow"},
        {"decision": "allow", "reason": "   "},
        {"decision": "hold", "reason": "x" * 501},
    ],
)
def test_a_word_without_a_reason_or_of_another_kind_is_refused(house, people, api, said):
    case = people.confirmed(HELD)

    assert api("POST", f"/signups/{case}/decision", said).status_code == 422
    assert count(house, Overrule) == 0


def test_a_sign_up_that_is_none_is_not_found(house, api, say):
    assert api("GET", "/signups/sgn_nobody").status_code == 404
    assert say("sgn_nobody", "allow").status_code == 404
    assert api("GET", "/signups?before=sgn_nobody").status_code == 404


def test_the_list_is_read_page_by_page_and_by_what_a_trial_waits_for(people, api):
    made = [people.confirmed(f"person{i}@company{i}.example") for i in range(3)]
    held = people.confirmed(HELD)

    first = api("GET", "/signups?limit=3").json
    rest = api("GET", f"/signups?limit=3&before={first['next']}").json

    assert [one["id"] for one in first["data"] + rest["data"]] == [held, *reversed(made)]
    assert (first["has_more"], rest["has_more"], rest["next"]) == (True, False, None)
    assert [one["id"] for one in api("GET", "/signups?waits_for=staff").json["data"]] == [held]
    assert [one["id"] for one in api("GET", "/signups?decision=allow").json["data"]] == list(reversed(made))


def test_false_positives_are_counted_signal_by_signal(house, people, say):
    said = ["allow", "hold", "hold", "hold"]
    for i, word in enumerate(said):
        say(people.confirmed(f"person{i}@mailinator.com"), word)
    people.confirmed("fine@acme.example")
    say(people.confirmed("fine@other.example"), "hold", "no judgement of a signal")

    with house.app_context():
        found = report.of_last()

    assert found.signups == 6
    assert (found.all.confirmed, found.all.overruled) == (3, 1)
    assert found.signals.keys() == {"disposable"}
    assert found.signals["disposable"].precision == 0.75
    assert found.false_positive_rate == 0.5  # one of the two that were let in had to wait


def test_the_last_word_counts_once(house, people, say):
    case = people.confirmed(HELD)
    for word in ("hold", "allow", "hold", "allow"):
        say(case, word)

    with house.app_context():
        found = report.of_last()

    assert (found.all.confirmed, found.all.overruled) == (0, 1)


def test_the_hosts_own_form_is_scored_by_what_it_tells_of_the_browser(house, people, api):
    people.sign_up("ana@acme.example", device="their anonymous id")
    form = {
        "email": "eva@other.example",
        "password": "correct horse battery",
        "name": "Eva",
        "company": "Other",
    }
    form |= {"ip": "8.8.4.4", "user_agent": "curl/8.5", "device": "their anonymous id"}

    told = api("POST", "/signups", form)

    assert told.status_code == 201
    assert (told.json["decision"], told.json["waits_for"]) == ("verify", "confirmation")
    assert {reason["signal"] for reason in told.json["reasons"]} == {"device", "program"}
    assert told.json["trial"]["status"] == "held"
    assert [mail.template for mail in mails(house, "eva@other.example")] == ["confirm-email"]


def test_the_hosts_form_may_leave_the_password_out(house, api):
    told = api("POST", "/signups", {"email": "eva@acme.example", "name": "Eva", "company": "Acme"})

    assert (told.status_code, told.json["decision"], told.json["reasons"]) == (201, "allow", [])
    assert told.json["trial"]["status"] == "active"
    assert count(house, OutgoingMail) == 1


def test_the_command_line_tells_the_same_numbers(house, people, say, monkeypatch):
    from click.testing import CliRunner

    from plg.cli.signups import signups_command

    say(people.confirmed("one@mailinator.com"), "allow")
    people.confirmed("two@mailinator.com")
    monkeypatch.setattr("plg.app.create_app", lambda: house)

    report_said = CliRunner().invoke(signups_command, ["report"]).output
    waiting_said = CliRunner().invoke(signups_command, ["waiting"]).output

    assert "2 sign-ups in 90 days, 1 wait for staff" in report_said
    assert "disposable            1        0        1         0%" in report_said
    assert "two@mailinator.com  disposable" in waiting_said
    assert "one@mailinator.com" not in waiting_said
