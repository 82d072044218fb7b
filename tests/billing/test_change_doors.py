"""What the host product may change over the API, and who may use the pages."""

import pytest
import requests

from plg.access import sessions
from plg.accounts import memberships
from plg.kit.db import db
from tests.billing.test_changes import paid
from tests.support.story import make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BILLING = "/v1/billing"


@pytest.fixture
def api(shop, secret):
    def call(path, **body):
        answer = requests.post(
            f"{shop.url}{BILLING}{path}", json={"account": "acme", **body}, headers=secret, timeout=20
        )
        return answer.status_code, answer.json()

    return call


def test_the_host_product_changes_pauses_ends_and_takes_it_back(shop, secret, api):
    shop.pay("pro")
    _, shown = api("/changes", plan="pro", quantity=2)
    _, done = api(f"/changes/{shown['id']}/confirm")
    _, planned = api("/changes", plan="pro", quantity=1)
    api(f"/changes/{planned['id']}/confirm")
    _, stays = api("/planned-change/withdraw")
    _, offer = api("/save-offers", reason="unused")
    _, paused = api("/save-offers/accept", reason="unused", offer="pause")
    _, resumed = api("/resume")
    _, leaving = api("/cancellation", reason="other", comment="Bye")
    _, back = api("/cancellation/withdraw")
    _, again = api("/pause", months=3)
    listed = requests.get(
        f"{shop.url}{BILLING}/invoices", {"account": "acme"}, headers=secret, timeout=20
    ).json()

    assert (shown["status"], shown["amount_due"], shown["takes_effect"]) == ("quoted", 2900, "now")
    assert (done["status"], done["amount"], done["quantity"]) == ("done", 5800, 2)
    assert (planned["takes_effect"], planned["amount_due"]) == ("later", 0)
    assert (stays["subscription"]["next_at"], stays["subscription"]["quantity"]) == (None, 2)
    assert (offer["offer"], offer["months"]) == ("pause", 1)
    assert paused["subscription"]["paused_from"] and not resumed["subscription"]["paused_from"]
    assert leaving["subscription"]["cancel_at"] and not back["subscription"]["cancel_at"]
    assert again["subscription"]["resumes_at"]
    assert [each["amount_paid"] for each in listed["invoices"]] == [2900, 2900]
    assert paid(shop) == [2900, 2900]


def test_refusals_say_what_is_wrong_by_a_code(shop, api):
    nothing = api("/changes", plan="team")
    shop.pay("pro")
    answers = [
        nothing,
        api("/changes", plan="pro"),
        api("/changes", plan="nope"),
        api("/changes/chn_nope/confirm"),
        api("/resume"),
        api("/save-offers/accept", reason="other", offer="pause"),
        api("/pause", months=9),
        api("/cancellation", reason="because"),
    ]

    assert [(status, answer["code"]) for status, answer in answers] == [
        (409, "nothing_to_change"),
        (409, "already_subscribed"),
        (404, "plan_not_found"),
        (404, "quote_not_found"),
        (409, "not_paused"),
        (409, "offer_gone"),
        (422, "invalid_request"),
        (422, "invalid_request"),
    ]


def test_only_who_may_pay_sees_and_changes_what_is_paid(shop):
    shop.pay("pro")
    member = make_person(shop.app, "mia@example.com")
    with shop.app.app_context():
        memberships.add(shop.account, member, "member", by="tests")
        db.session.commit()
        tokens = {person: sessions.begin(person_id=person) for person in (shop.owner, member)}
        db.session.commit()
    statuses = {}
    for person, token in tokens.items():
        browser = shop.app.test_client()
        with browser.session_transaction() as session:
            session |= {"_user_id": token, "_fresh": True}
        page = browser.get("/workspace/subscription?lang=es")
        statuses[person] = page.status_code
        if person == shop.owner:
            assert "Suscripción" in page.text and "29,00" in page.text

    assert statuses == {shop.owner: 200, member: 403}
