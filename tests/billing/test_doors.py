"""The doors of billing: the portal for who may buy, and what the host product may ask."""

import pytest
import requests

from plg.access import keys, user_tokens
from plg.accounts import accounts, memberships
from plg.events import names
from plg.kit.db import db
from plg.people import people
from plg.trials import trials
from tests.support.story import make_account, make_person


def test_who_may_buy_is_led_to_the_portal(shop, sign_in):
    shop.pay()
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=shop.owner)
    answer = browser.post("/workspace/billing", data={"csrf_token": csrf})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{shop.stripe.url}/p/session/")


def test_a_member_who_may_not_buy_is_not(shop, sign_in):
    shop.pay()
    member = make_person(shop.app, "luis@acme.example", "Luis")
    with shop.app.app_context():
        memberships.add(shop.account, member, "member", by="tests")
        db.session.commit()
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=member)

    assert browser.post("/workspace/billing", data={"csrf_token": csrf}).status_code == 403
    assert shop.stripe.all("billing_portal.session") == []


def test_the_portal_of_one_account_is_not_opened_for_another(shop, sign_in):
    shop.pay()
    stranger = make_person(shop.app, "eva@other.example", "Eva")
    make_account(shop.app, (stranger, "owner"), name="Other")
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=stranger)
    answer = browser.post(
        "/workspace/billing", data={"csrf_token": csrf}, headers={"Accept": "application/json"}
    )

    assert (answer.status_code, answer.json["code"]) == (409, "no_customer")


def test_the_host_product_sees_what_an_account_pays_for(shop, secret):
    before = asked(shop, secret, "acme").json()
    shop.pay()
    after = asked(shop, secret, "acme").json()

    assert before == {"account": "acme", "subscription": None, "card": None}
    shown = after["subscription"]
    assert (shown["plan"], shown["status"], shown["amount"]) == ("pro", "active", 2900)


def test_the_host_product_can_open_the_portal(shop, secret):
    shop.pay()
    body = {"account": "acme", "return_url": "https://shop.example/account"}
    answer = shop.app.test_client().post("/v1/billing/portal-sessions", json=body, headers=secret)

    assert answer.json["url"].startswith(shop.stripe.url)


@pytest.mark.parametrize("return_url", ["javascript:alert(1)", "nowhere", ""])
def test_the_portal_leads_back_to_web_addresses_only(shop, secret, return_url):
    body = {"account": "acme", "return_url": return_url}

    assert (
        shop.app.test_client().post("/v1/billing/portal-sessions", json=body, headers=secret).status_code
        == 422
    )


def test_an_unknown_account_is_not_found(shop, secret):
    assert asked(shop, secret, "nobody").status_code == 404


def asked(shop, secret, account):
    return requests.get(
        f"{shop.url}/v1/billing/subscription", {"account": account}, headers=secret, timeout=20
    )


def test_who_may_buy_is_led_to_the_page_for_a_card_and_back_to_where_they_came_from(shop, sign_in):
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=shop.owner)
    plans = browser.post("/upgrade/card", data={"csrf_token": csrf})
    workspace = browser.post("/upgrade/card", data={"csrf_token": csrf, "back": "workspace"})

    assert plans.status_code == workspace.status_code == 303
    assert workspace.headers["Location"].startswith(f"{shop.stripe.url}/c/pay/cs_test_")
    newest, oldest = shop.stripe.all("checkout.session")
    assert oldest["success_url"] == f"{shop.url}/upgrade/card?back="
    assert newest["success_url"] == f"{shop.url}/upgrade/card?back=workspace"
    assert newest["cancel_url"] == f"{shop.url}/workspace"


def test_the_way_back_waits_until_the_trial_has_begun_but_not_for_ever(shop, sign_in, worker_of):
    shop.start_trial()
    browser = shop.app.test_client()
    sign_in(browser, person_id=shop.owner)
    address = "/upgrade/card?back=workspace"
    before = browser.get(address)
    shop.store_card()
    before_the_trial = browser.get(address)
    worker_of(shop.app)()
    after = browser.get(address)

    assert "Your card is on its way" in before.text and "looks=1" in before.text
    assert before_the_trial.status_code == 200
    assert (after.status_code, after.headers["Location"]) == (303, "/workspace")
    assert browser.get("/upgrade/card?looks=15").headers["Location"] == "/upgrade"


def test_a_member_who_may_not_buy_stores_no_card(shop, sign_in):
    shop.start_trial()
    member = make_person(shop.app, "luis@acme.example", "Luis")
    with shop.app.app_context():
        memberships.add(shop.account, member, "member", by="tests")
        db.session.commit()
    browser = shop.app.test_client()
    csrf = sign_in(browser, person_id=member)

    assert browser.post("/upgrade/card", data={"csrf_token": csrf}).status_code == 403
    assert "Store a card" not in browser.get("/upgrade").text
    assert shop.stripe.all("checkout.session") == []


def test_a_card_is_asked_for_where_the_trial_begins_with_one(shop, sign_in):
    browser = shop.app.test_client()
    sign_in(browser, person_id=shop.owner)
    before = browser.get("/upgrade").text
    shop.start_trial()

    assert "Store a card" not in before
    assert "Store a card" in browser.get("/upgrade").text
    assert "$29.00 a month is charged for Pro, unless you call it off" in browser.get("/upgrade").text
    assert "se cobrarán 29,00" in browser.get("/upgrade?lang=es").text


def test_who_called_the_trial_off_is_not_told_of_a_charge(shop, sign_in):
    shop.start_trial()
    shop.store_card()
    with shop.app.app_context():
        trials.add_card(shop.account, "visa 4242", by="tests")
        trials.cancel(shop.account, by="tests")
        db.session.commit()
    browser = shop.app.test_client()
    sign_in(browser, person_id=shop.owner)
    page = browser.get("/upgrade").text

    assert "4242" in page
    assert "is charged for" not in page


@pytest.fixture
def user(shop):
    """A browser of the host product, with the token of the account's owner or of somebody else."""
    with shop.app.app_context():
        _, key = keys.create("publishable", "tests", by="tests")
        db.session.commit()

    def store_card(person, **body):
        with shop.app.app_context():
            token = user_tokens.sign(people.get(person).public_id, "acme")
        headers = {"X-Plg-Key": key, "Authorization": f"Bearer {token}"}
        return shop.app.test_client().post("/v1/widget/card", json=body, headers=headers)

    return store_card


def test_the_widget_leads_who_may_buy_to_the_page_for_a_card(shop, user):
    answer = user(shop.owner)
    shop.type_card(answer.json["url"])
    shop.stripe.settle()

    assert [each["last4"] for each in shop.happened(names.CARD_ADDED)] == ["4242"]


def test_the_widget_stores_no_card_for_others_and_leads_nowhere_else(shop, user):
    stranger = make_person(shop.app, "eva@other.example", "Eva")
    with shop.app.app_context():
        memberships.add(shop.account, stranger, "member", by="tests")
        db.session.commit()

    assert user(stranger).status_code == 403
    elsewhere = user(shop.owner, return_url="https://evil.example/")
    assert (elsewhere.status_code, elsewhere.json["code"]) == (422, "foreign_return_url")
    assert shop.stripe.all("checkout.session") == []


PAID = "https://shop.example/paid"


def checkout(shop, secret, **more):
    body = {"account": "acme", "plan": "pro", "success_url": PAID} | more
    answer = shop.app.test_client().post("/v1/billing/checkout-sessions", json=body, headers=secret)
    return answer.status_code, answer.json


def test_the_host_product_opens_the_one_checkout_of_an_account(shop, secret):
    with shop.app.app_context():
        accounts.get(shop.account).locale = "es"
        db.session.commit()
    _, first = checkout(shop, secret)
    status, again = checkout(shop, secret)
    _, yearly = checkout(shop, secret, plan="team", interval="year", cancel_url="https://shop.example/plans")

    assert (status, again) == (200, first)
    assert yearly["url"].startswith(f"{shop.stripe.url}/c/pay/cs_test_")
    newest, oldest = shop.stripe.all("checkout.session")
    assert (oldest["status"], oldest["success_url"], oldest["cancel_url"]) == ("expired", PAID, PAID)
    assert (newest["status"], newest["cancel_url"]) == ("open", "https://shop.example/plans")
    assert newest["locale"] == "es", "of the account, where nobody is named"
    shop.stripe.press(yearly["url"], "pay")
    shop.stripe.settle()
    assert asked(shop, secret, "acme").json()["subscription"]["amount"] == 99000


def test_a_checkout_of_the_host_product_is_of_who_may_buy_and_speaks_their_language(shop, secret):
    member = make_person(shop.app, "luis@acme.example", "Luis")
    with shop.app.app_context():
        memberships.add(shop.account, member, "member", by="tests")
        people.get(shop.owner).locale = "es"
        db.session.commit()
    refused, _ = checkout(shop, secret, person="luis@acme.example")
    status, _ = checkout(shop, secret, person="ana@acme.example")

    assert (refused, status) == (403, 200)
    (session,) = shop.stripe.all("checkout.session")
    assert session["locale"] == "es"
    (customer,) = shop.stripe.all("customer")
    assert customer["email"] == "ana@acme.example"


def test_what_cannot_be_bought_by_a_checkout_says_why(shop, secret):
    assert checkout(shop, secret, plan="gold")[1]["code"] == "plan_not_found"
    assert checkout(shop, secret, plan="pro", interval="year")[1]["code"] == "not_for_sale"
    assert checkout(shop, secret, success_url="javascript:alert(1)")[0] == 422
    shop.pay("pro")
    assert checkout(shop, secret)[1]["code"] == "already_subscribed"
    _, leads = checkout(shop, secret, plan="team")
    assert leads["url"].startswith(f"{shop.stripe.url}/p/session/"), "who pays confirms the change"
