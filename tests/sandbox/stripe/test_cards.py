"""Cards stored without a payment: the session in setup mode, its page, and charges without the owner."""

import pytest
import requests

from plg.sandbox.stripe.cards import CARDS

GOOD, DECLINED = "4242 4242 4242 4242", "4000000000000002"
ASKED_ONCE, ASKED_ALWAYS = "4000002500003155", "4000002760003184"
FAILS_LATER, NO_MONEY = "4000000000000341", "4000008260003178"


@pytest.fixture
def ana(client):
    """A customer without a card."""
    return client.v1.customers.create({"email": "ana@example.com"})


def a_session(client, ana, **more):
    wanted = {
        "mode": "setup",
        "customer": ana.id,
        "payment_method_types": ["card"],
        "success_url": "https://shop.example/stored?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.example/later",
        "setup_intent_data": {"metadata": {"plg_account": "acct_1"}},
    }
    return client.v1.checkout.sessions.create({**wanted, **more})


def press(session, action="save", number="", expires="12 / 40", cvc="123"):
    form = {"action": action, "number": number, "expires": expires, "cvc": cvc}
    return requests.post(session.url, form, allow_redirects=False, timeout=60)


def store(client, ana, number):
    """Store a card on the page, and make it the one that pays."""
    session = a_session(client, ana)
    if press(session, number=number).status_code == 200:
        press(session, "confirm")
    intent = client.v1.setup_intents.retrieve(session.setup_intent)
    settings = {"default_payment_method": intent.payment_method}
    client.v1.customers.update(ana.id, {"invoice_settings": settings})
    return intent.payment_method


def subscribe(world, ana, prices, **more):
    form = {"customer": ana.id, "items[0][price]": prices["month"].id, "off_session": "true"}
    return world.post("/v1/subscriptions", **form, payment_behavior="error_if_incomplete", **more)


def test_a_stored_card_costs_nothing_and_belongs_to_the_customer(world, client, ana):
    session = a_session(client, ana)
    answer = press(session, number=GOOD)

    done = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["setup_intent", "setup_intent.payment_method"]}
    )
    intent = done.setup_intent
    assert answer.headers["Location"] == f"https://shop.example/stored?session={session.id}"
    assert (done.status, done.payment_status, done.amount_total, done.subscription) == (
        "complete",
        "no_payment_required",
        None,
        None,
    )
    assert (intent.status, intent.usage, intent.metadata.plg_account) == (
        "succeeded",
        "off_session",
        "acct_1",
    )
    assert (intent.payment_method.customer, intent.payment_method.card.last4) == (ana.id, "4242")
    assert client.v1.customers.retrieve(ana.id).invoice_settings.default_payment_method is None
    assert world.told() == [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]


def test_the_same_number_has_the_same_fingerprint_and_others_have_another(client, ana):
    luis = client.v1.customers.create({"email": "luis@example.com"})
    methods = [
        store(client, ana, GOOD),
        store(client, luis, "4242424242424242"),
        store(client, luis, NO_MONEY),
    ]
    prints = [client.v1.payment_methods.retrieve(each).card.fingerprint for each in methods]

    assert prints[0] == prints[1] != prints[2]
    assert len({card.fingerprint for card in CARDS.values()}) == len(CARDS)


def test_a_card_that_the_bank_refuses_leaves_the_session_open(world, client, ana):
    session = a_session(client, ana, locale="en")
    answer = press(session, number=DECLINED)

    intent = client.v1.setup_intents.retrieve(session.setup_intent)
    assert "Your bank refused the card" in answer.text
    assert (intent.status, intent.last_setup_error.code) == ("requires_payment_method", "card_declined")
    assert "setup_intent.setup_failed" in world.told()
    assert press(session, number=GOOD).status_code == 303


def test_where_the_bank_asks_the_card_is_stored_once_its_owner_says_yes(client, ana):
    session = a_session(client, ana, locale="en")
    asked = press(session, number=ASKED_ONCE)
    looked_again = requests.get(session.url, timeout=60)
    refused = press(session, "refuse")
    press(session, number=ASKED_ONCE)
    answer = press(session, "confirm")

    assert "Your bank asks: is it you?" in asked.text
    assert "ends in 3155" in looked_again.text
    assert "The card was not confirmed" in refused.text
    assert answer.status_code == 303
    assert client.v1.setup_intents.retrieve(session.setup_intent).status == "succeeded"


def test_nobody_confirms_what_was_not_asked(client, ana):
    session = a_session(client, ana, locale="en")

    assert press(session, "confirm").status_code == press(session, "pay").status_code == 200
    assert client.v1.payment_methods.list({"customer": ana.id}).data == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"number": "4111"}, "This is no test card"),
        ({"number": GOOD, "expires": "13 / 40"}, "The expiry date is not right"),
        ({"number": GOOD, "cvc": "12"}, "three or four digits"),
        ({}, "This is no test card"),
    ],
)
def test_a_card_that_is_typed_wrongly_is_not_stored(client, ana, typed, words):
    session = a_session(client, ana, locale="en")

    assert words in press(session, **typed).text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_the_page_speaks_the_language_of_the_session(client, ana):
    page = requests.get(a_session(client, ana, locale="es").url, timeout=60).text

    assert '<html lang="es">' in page
    assert "Hoy no se cobra nada" in page and "Salir sin tarjeta" in page


def test_pressing_twice_stores_one_card(client, ana):
    session = a_session(client, ana)

    assert press(session, number=GOOD).headers["Location"] == press(session, number=GOOD).headers["Location"]
    assert len(client.v1.payment_methods.list({"customer": ana.id}).data) == 1


def test_an_expired_session_stores_nothing(world, client, ana):
    session = a_session(client, ana, locale="en")
    client.v1.checkout.sessions.expire(session.id)

    assert "This link has expired" in press(session, number=GOOD).text
    assert client.v1.setup_intents.retrieve(session.setup_intent).status == "canceled"
    assert client.v1.payment_methods.list({"customer": ana.id}).data == []


def test_a_stored_card_pays_without_its_owner(world, client, ana, prices):
    store(client, ana, GOOD)
    made = subscribe(world, ana, prices).json()

    assert made["status"] == "active"
    assert client.v1.invoices.retrieve(made["latest_invoice"]).amount_paid == 2900


def test_a_card_that_was_confirmed_when_it_was_stored_pays_later(world, client, ana, prices):
    store(client, ana, ASKED_ONCE)

    assert subscribe(world, ana, prices).json()["status"] == "active"


@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [
        (FAILS_LATER, "card_declined", "generic_decline"),
        (NO_MONEY, "card_declined", "insufficient_funds"),
        (ASKED_ALWAYS, "authentication_required", "authentication_required"),
    ],
)
def test_a_card_that_cannot_pay_leaves_no_subscription(world, client, ana, prices, number, code, reason):
    store(client, ana, number)
    answer = subscribe(world, ana, prices)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (402, "card_error")
    assert (error["code"], error["decline_code"]) == (code, reason)
    assert client.v1.subscriptions.list({"status": "all"}).data == []


def test_a_detached_card_pays_no_more(world, client, ana, prices):
    method = store(client, ana, GOOD)
    gone = client.v1.payment_methods.detach(method)

    assert gone.customer is None
    assert client.v1.customers.retrieve(ana.id).invoice_settings.default_payment_method is None
    assert subscribe(world, ana, prices).status_code == 400
    assert "payment_method.detached" in world.told()
    assert world.post(f"/v1/payment_methods/{method}/detach").status_code == 400


def test_the_intents_of_a_customer_can_be_listed(client, ana, customer):
    mine = a_session(client, ana).setup_intent
    a_session(client, customer)

    assert [each.id for each in client.v1.setup_intents.list({"customer": ana.id}).data] == [mine]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"line_items[0][price]": "price_1"}, "line_items"),
        ({"subscription_data[trial_period_days]": "3"}, "subscription_data"),
        ({"payment_method_types[0]": None}, "currency"),
    ],
)
def test_a_session_that_cannot_store_a_card_is_refused(world, ana, change, param):
    form = {"mode": "setup", "success_url": "https://shop.example/", "customer": ana.id}
    form |= {"payment_method_types[0]": "card"}
    form = {name: value for name, value in {**form, **change}.items() if value is not None}
    answer = world.post("/v1/checkout/sessions", **form)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
