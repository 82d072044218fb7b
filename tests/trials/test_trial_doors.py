"""The trial over HTTP, on pages and on the command line."""

import datetime as dt

import pytest
from click.testing import CliRunner

from plg.accounts import accounts
from plg.cli import main
from plg.kit.db import db
from tests.support.story import happened, make_account, make_person
from tests.trials.test_trial_earning import COLLEAGUE, QUIZ
from tests.trials.wording import CARD, do, publish, start, state


@pytest.fixture
def owner(app):
    return make_person(app)


@pytest.fixture
def account(app, owner):
    return make_account(app, (owner, "owner"), key="company-7")


@pytest.fixture
def call(client, secret_key):
    def call(method, path="", body=None, key=secret_key, account="company-7"):
        headers = {"Authorization": f"Bearer {key}"}
        return client.open(f"/v1/accounts/{account}/trial{path}", method=method, json=body, headers=headers)

    return call


def test_started_lengthened_paused_and_called_off_over_http(app, account, call):
    publish(app)
    made = call("POST", body={})
    assert (made.status_code, made.json["status"], made.json["days_left"]) == (201, "active", 14)
    assert call("POST", body={}).json["started_at"] == made.json["started_at"]
    longer = call("POST", "/extensions", {"days": 7, "reason": "was ill"})
    assert longer.json["days_left"] == 21
    assert [(r["kind"], r["days"], r["reason"]) for r in longer.json["ledger"]] == [
        ("grant", 14, "trial of the plan"),
        ("extension", 7, "was ill"),
    ]
    assert longer.json["ledger"][1]["by"].startswith("key:")
    assert longer.json["ledger"][1]["ends_at"] == longer.json["ends_at"]
    paused = call("POST", "/pause", {"reason": "holiday"}).json
    assert (paused["status"], paused["ends_at"]) == ("paused", None)
    assert call("POST", "/resume", {}).json["status"] == "active"
    assert call("POST", "/cancel", {"reason": "too dear"}).json["status"] == "active"
    assert call("GET").json["plan"] == "trial"


def test_refusals_name_their_reason(app, account, call):
    assert call("GET").json["code"] == "no_trial"
    assert call("POST", body={}).json["code"] == "no_trial_offered"
    publish(app)
    assert call("POST", "/pause", {"reason": "x"}).json["code"] == "no_active_trial"
    assert call("POST", body={}, account="nobody").json["code"] == "account_not_found"
    call("POST", body={})
    refused = call("POST", "/extensions", {"days": 0, "reason": "x"})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "days")
    missing = call("POST", "/extensions", {"days": 9999})
    assert {error["field"] for error in missing.json["errors"]} == {"days", "reason"}
    assert call("POST", "/resume", {}).json["code"] == "not_in_this_state"
    do(app, "stop", account, reason="x", by="tests")
    assert call("POST", body={}).json["code"] == "trial_used"
    assert call("POST", body={"again": True, "reason": "they asked"}).status_code == 201


def test_a_repeated_request_gives_the_days_once(app, account, client, secret_key):
    publish(app)
    start(app, account)
    headers = {"Authorization": f"Bearer {secret_key}", "Idempotency-Key": "once"}
    body = {"days": 7, "reason": "was ill"}
    answers = [
        client.post("/v1/accounts/company-7/trial/extensions", json=body, headers=headers) for _ in range(3)
    ]
    assert {answer.json["days_left"] for answer in answers} == {21}


@pytest.mark.parametrize("path", ["", "/extensions", "/pause", "/resume", "/cancel", "/reactivate"])
def test_no_key_of_a_browser_touches_a_trial(app, account, call, publishable_key, path):
    publish(app)
    start(app, account)
    assert call("POST", path, {"days": 3, "reason": "x"}, key=publishable_key).status_code in (401, 403)


# --- pages ------------------------------------------------------------------------------------------


def test_the_page_says_how_long_why_and_what_stops(app, client, account, owner, sign_in, worker):
    publish(app, earn=[QUIZ, COLLEAGUE], earn_cap=10)
    start(app, account)
    do(app, "extend", account, 3, reason="they were ill", by="staff:1")
    happened(app, "Quiz Passed", account_id=account)
    worker()
    sign_in(client, person_id=owner)
    page = client.get("/workspace/trial").text
    for words in (
        "Your trial runs for 19 more days",
        "2 of at most 10 days earned",
        "A colleague who sends an invoice",
        "3 days more, as a gift",
        "2 days earned: Pass the quiz",
        "not included",
    ):
        assert words in page, words
    assert "they were ill" not in page, "what staff noted is not for the customer"


@pytest.mark.parametrize(
    ("rule", "happening", "words"),
    [
        ({"clock": "activation"}, None, "has not begun to count"),
        (CARD, None, "One step to your trial"),
        ({}, "pause", "Your trial is paused"),
        ({"at_end": None, "end": "lock"}, "stop", "Nothing can be used until you choose a plan"),
        ({"at_end": None, "end": "pause"}, "stop", "change nothing until you choose a plan"),
        ({}, "stop", "goes on with the Free plan"),
    ],
)
def test_the_pages_say_in_plain_words_what_the_trial_is_at(
    app, client, account, owner, sign_in, rule, happening, words
):
    publish(app, **rule)
    start(app, account)
    if happening:
        do(app, happening, account, reason="x", by="tests")
    sign_in(client, person_id=owner)
    for path in ("/workspace", "/workspace/trial"):
        assert words in client.get(path).text, path


def test_who_pays_by_card_calls_it_off_on_the_page_and_a_member_cannot(app, client, account, owner, sign_in):
    publish(app, **CARD)
    start(app, account)
    do(app, "add_card", account, "visa 4242", by="tests")
    member = make_person(app, "bea@acme.example")
    with app.app_context():
        from plg.accounts import memberships

        memberships.add(account, member, "member", by="tests")
        db.session.commit()
    csrf = sign_in(client, person_id=member)
    assert "Do not continue" not in client.get("/workspace/trial").text
    assert client.post("/workspace/trial/cancel", data={"csrf_token": csrf}).status_code == 403
    csrf = sign_in(client, person_id=owner)
    assert "$29.00" in client.get("/workspace/trial").text
    client.post("/workspace/trial/cancel", data={"csrf_token": csrf, "reason": "too dear"})
    page = client.get("/workspace/trial").text
    assert "Your card will not be charged" in page
    assert "Do not continue" not in page


def test_who_called_it_off_takes_that_back_on_the_page(app, client, account, owner, sign_in):
    publish(app, **CARD)
    start(app, account)
    do(app, "add_card", account, "visa 4242", by="tests")
    do(app, "cancel", account, by="tests")
    csrf = sign_in(client, person_id=owner)
    assert (
        "the Pro plan begins when your trial ends, for $29.00 a month" in client.get("/workspace/trial").text
    )

    client.post("/workspace/trial/reactivate", data={"csrf_token": csrf})

    page = client.get("/workspace/trial").text
    assert "Your plan goes on when your trial ends" in page
    assert "Do not continue" in page and "Continue after all" not in page


def test_a_workspace_without_a_trial_has_no_such_page(app, client, account, owner, sign_in):
    publish(app)
    sign_in(client, person_id=owner)
    assert client.get("/workspace/trial").status_code == 404


# --- staff ------------------------------------------------------------------------------------------


@pytest.fixture
def staff(app, client, sign_in):
    from plg.access import credentials

    with app.app_context():
        member = credentials.add_staff("marta@example.com", "Marta", "correct horse battery")
        db.session.commit()
        member_id = member.id
    csrf = sign_in(client, staff_id=member_id)

    def post(account, path, **data):
        with app.app_context():
            public_id = accounts.get(account).public_id
        return client.post(
            f"/staff/trials/{public_id}{path}", data={"csrf_token": csrf} | data, follow_redirects=True
        )

    return post


def test_staff_find_a_trial_and_see_its_rows(app, client, account, staff):
    publish(app)
    start(app, account)
    other = make_account(app, name="Zebra")
    start(app, other, held=True)
    assert "Zebra" in client.get("/staff/trials").text
    assert "Zebra" not in client.get("/staff/trials?q=acme").text
    assert "Acme" not in client.get("/staff/trials?state=held").text
    assert "Acme" in client.get("/staff/trials?q=company-7").text
    with app.app_context():
        public_id = accounts.get(account).public_id
    assert "trial of the plan" in client.get(f"/staff/trials/{public_id}").text
    assert "la prueba del plan" in client.get(f"/staff/trials/{public_id}?lang=es").text


def test_staff_lengthen_pause_end_and_begin_again_each_with_a_reason(app, account, staff):
    publish(app)
    start(app, account)
    assert staff(account, "/extend", days="7", reason="").status_code == 422
    assert staff(account, "/extend", days="900", reason="x").status_code == 422
    assert "+7 days" in staff(account, "/extend", days="7", reason="asked kindly").text
    assert staff(account, "/pause").status_code == 422
    assert "The clock stands still now" in staff(account, "/pause", pause_reason="holiday").text
    assert state(app, account)[0] == "paused"
    assert "The clock runs again" in staff(account, "/resume").text
    assert "asked kindly" in staff(account, "/stop", stop_reason="they left").text
    assert state(app, account)[0] == "ended"
    assert "A new trial has begun" in staff(account, "/again", again_reason="they are back").text
    assert state(app, account)[0] == "active"


# --- command line -----------------------------------------------------------------------------------


@pytest.fixture
def run(app, monkeypatch):
    monkeypatch.setattr("plg.app.create_app", lambda: app)

    def run(*words):
        return CliRunner().invoke(main, ["trials", *words])

    return run


def test_the_command_line_says_who_is_on_trial_and_why_it_ends_then(app, account, run):
    publish(app)
    assert "No trial is open." in run("list").output
    begun = start(app, account)
    assert "It ends on" in run("extend", "company-7", "7", "--reason", "was ill").output
    why = run("why", "company-7").output
    assert "+14" in why and "+7" in why and "was ill (command line)" in why
    assert (begun.started_at + dt.timedelta(days=21)).strftime("%Y-%m-%d") in why
    assert "active" in run("list", "--state", "active").output
    assert run("why", "nobody").exit_code == 1


def test_the_widget_tells_of_the_newest_trial_only(app, account, worker):
    from plg.kit.caller import Caller
    from plg.upgrades.widget import widget_state

    publish(app)
    start(app, account)
    do(app, "stop", account, reason="x", by="tests")
    start(app, account, again=True)
    with app.app_context():
        told = widget_state(Caller("user", account_id=account), "en")["trial"]
    assert (told["status"], told["days_left"]) == ("active", 14)
