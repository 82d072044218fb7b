"""Products, prices, checkout: what is sold, and how it is paid for on the hosted page."""

import re

import pytest
import requests


def a_session(client, price, **more):
    wanted = {
        "mode": "subscription",
        "line_items": [{"price": price.id, "quantity": 1}],
        "success_url": "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/plans",
    }
    return client.v1.checkout.sessions.create({**wanted, **more})


def press(session, button):
    return requests.post(session.url, {"action": button}, allow_redirects=False, timeout=60)


def test_prices_are_found_by_their_lookup_keys(client, prices):
    listed = client.v1.prices.list({"lookup_keys": ["pro:year", "team:month"], "expand": ["data.product"]})
    searched = client.v1.prices.search({"query": 'lookup_key:"pro:month" AND active:"true"'})

    assert {price.lookup_key: price.product.name for price in listed.data} == {
        "pro:year": "Pro",
        "team:month": "Team",
    }
    assert [price.id for price in searched.data] == [prices["month"].id]


def test_more_than_ten_lookup_keys_at_once_are_refused(world):
    answer = world.get("/v1/prices", **{f"lookup_keys[{number}]": f"k{number}" for number in range(11)})

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "lookup_keys")


def test_a_lookup_key_belongs_to_one_price_and_moves_only_when_asked(world, client, prices):
    form = {"product": prices["month"].product, "currency": "usd", "unit_amount": "3500"}
    form |= {"lookup_key": "pro:month", "recurring[interval]": "month"}

    refused = world.post("/v1/prices", **form)
    moved = world.post("/v1/prices", **form, transfer_lookup_key="true")

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "lookup_key")
    assert moved.json()["lookup_key"] == "pro:month"
    assert client.v1.prices.retrieve(prices["month"].id).lookup_key is None


def test_paying_starts_a_subscription_and_goes_back_to_the_shop(client, prices, customer):
    session = a_session(client, prices["month"], customer=customer.id, client_reference_id="acct_1")
    answer = press(session, "pay")

    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription.latest_invoice"]})
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"https://shop.example/thanks?session={session.id}",
    )
    assert (paid.status, paid.payment_status, paid.url, paid.client_reference_id) == (
        "complete",
        "paid",
        None,
        "acct_1",
    )
    assert (paid.subscription.status, paid.subscription.customer) == ("active", customer.id)
    assert (paid.subscription.latest_invoice.amount_paid, paid.subscription.latest_invoice.status) == (
        2900,
        "paid",
    )


def test_the_events_of_a_payment_are_told_in_order(world, client, prices):
    press(a_session(client, prices["month"], customer_email="new@example.com"), "pay")

    told = [name for name in world.told() if not name.startswith(("product.", "price."))]
    assert told == [
        "customer.created",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
    ]


def test_paying_without_a_customer_makes_one(client, prices):
    session = a_session(client, prices["month"], customer_email="new@example.com")
    press(session, "pay")

    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert paid.customer.email == paid.customer_details.email == "new@example.com"


def test_paying_twice_makes_one_subscription(client, prices, customer):
    session = a_session(client, prices["month"], customer=customer.id)
    first, second = press(session, "pay"), press(session, "pay")

    assert first.headers["Location"] == second.headers["Location"]
    assert len(client.v1.subscriptions.list().data) == 1


def test_a_declined_card_leaves_the_session_open_and_nothing_is_charged(client, prices, customer):
    session = a_session(client, prices["month"], customer=customer.id, locale="en")
    answer = press(session, "decline")

    assert answer.status_code == 200
    assert "Your card was declined" in answer.text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert client.v1.subscriptions.list({"status": "all"}).data == []
    assert press(session, "pay").status_code == 303


def test_a_trial_costs_nothing_today(client, prices, customer):
    data = {"trial_period_days": 14, "metadata": {"account": "acct_1"}}
    session = a_session(client, prices["month"], customer=customer.id, subscription_data=data)
    press(session, "pay")

    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert (paid.amount_total, paid.payment_status) == (0, "no_payment_required")
    assert paid.subscription.status == "trialing"
    assert paid.subscription.trial_end == paid.subscription.created + 14 * 86400
    assert paid.subscription.metadata.to_dict() == {"account": "acct_1"}


@pytest.mark.parametrize(
    ("locale", "lang", "words"),
    [
        ("en", "en", ("Subscribe to Pro", "$29.00", "per month", "Leave without paying")),
        ("es", "es", ("Suscribirse a Pro", "29,00", "al mes", "Salir sin pagar")),
    ],
)
def test_the_page_shows_product_and_price_in_both_languages(client, prices, locale, lang, words):
    session = a_session(client, prices["month"], locale=locale)
    answer = requests.get(session.url, timeout=60)

    assert f'<html lang="{lang}">' in answer.text
    assert all(word in answer.text for word in words)
    assert 'href="https://shop.example/plans"' in answer.text


def test_the_page_follows_the_browser_where_no_language_was_asked(client, prices):
    session = a_session(client, prices["month"])
    answer = requests.get(session.url, headers={"Accept-Language": "es-MX,es;q=0.9"}, timeout=60)

    assert '<html lang="es">' in answer.text


def test_the_page_allows_nothing_inline_and_only_the_shop_to_be_gone_to(client, prices):
    answer = requests.get(a_session(client, prices["month"]).url, timeout=60)
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy and "unsafe-inline" not in policy
    assert "form-action 'self' https://shop.example" in policy
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)


def test_a_page_posted_from_another_site_is_refused(client, prices):
    session = a_session(client, prices["month"])
    answer = requests.post(
        session.url, {"action": "pay"}, headers={"Origin": "https://evil.example"}, timeout=10
    )

    assert answer.status_code == 403
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_what_the_shop_names_is_escaped_on_the_page(client):
    product = client.v1.products.create({"name": "<script>alert(1)</script>"})
    price = client.v1.prices.create(
        {"product": product.id, "unit_amount": 5, "currency": "jpy", "recurring": {"interval": "month"}}
    )
    answer = requests.get(a_session(client, price, locale="en").url, timeout=60)

    assert "<script" not in answer.text and "&lt;script&gt;" in answer.text
    assert "¥5" in answer.text


def test_an_expired_session_takes_no_money(world, client, prices):
    session = a_session(client, prices["month"], locale="en")
    client.v1.checkout.sessions.expire(session.id)
    answer = press(session, "pay")

    assert "This link has expired" in answer.text
    assert client.v1.subscriptions.list().data == []
    assert "checkout.session.expired" in world.told()


def test_only_an_open_session_can_be_expired(world, client, prices):
    session = a_session(client, prices["month"])
    press(session, "pay")

    assert world.post(f"/v1/checkout/sessions/{session.id}/expire").status_code == 400


def test_a_session_expires_by_itself_after_a_day(world, client, prices):
    session = a_session(client, prices["month"])
    world.advance(24 * 3600 + 1)

    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_open_sessions_of_a_customer_can_be_listed(client, prices, customer):
    mine = a_session(client, prices["month"], customer=customer.id)
    a_session(client, prices["month"])

    listed = client.v1.checkout.sessions.list({"customer": customer.id, "status": "open"})
    assert [session.id for session in listed.data] == [mine.id]


def test_the_lines_of_a_session_come_when_asked_for(client, prices):
    session = a_session(client, prices["month"], expand=["line_items"])
    listed = client.v1.checkout.sessions.line_items.list(session.id)

    assert [line.amount_total for line in session.line_items.data] == [2900]
    assert [line.id for line in listed.data] == [line.id for line in session.line_items.data]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"mode": "payment"}, "mode"),
        ({"locale": "xx"}, "locale"),
        ({"line_items[0][price]": "price_none"}, "line_items[0][price]"),
        ({"expires_at": "1"}, "expires_at"),
    ],
)
def test_a_session_that_cannot_be_is_refused(world, prices, change, param):
    form = {"mode": "subscription", "success_url": "https://shop.example/"}
    form |= {"line_items[0][price]": prices["month"].id}
    answer = world.post("/v1/checkout/sessions", **{**form, **change})

    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["param"] == param


def test_an_unknown_session_has_a_page_that_says_so(world):
    answer = requests.get(f"{world.url}/c/pay/cs_test_none", timeout=60)

    assert answer.status_code == 404 and "<h1>" in answer.text
