"""People look after their subscription in the portal, and around in the index."""

import re

import pytest
import requests


@pytest.fixture
def subscription(client, customer, prices):
    return client.v1.subscriptions.create({"customer": customer.id, "items": [{"price": prices["month"].id}]})


@pytest.fixture
def portal(client, customer):
    wanted = {"customer": customer.id, "return_url": "https://shop.example/account", "locale": "en"}
    return client.v1.billing_portal.sessions.create(wanted)


def press(portal, button, thing=""):
    return requests.post(portal.url, {"action": button, "id": thing}, timeout=60)


def test_the_portal_shows_the_subscription_its_invoices_and_the_way_back(client, portal, subscription):
    page = requests.get(portal.url, timeout=60).text
    invoice = client.v1.invoices.list().data[0]

    assert "$29.00" in page and "Renews on" in page
    assert invoice.number in page and invoice.hosted_invoice_url in page
    assert 'href="https://shop.example/account"' in page
    assert "Invoice " + invoice.number in requests.get(invoice.hosted_invoice_url, timeout=60).text


def test_one_can_cancel_at_the_end_of_the_period_and_change_ones_mind(client, portal, subscription):
    press(portal, "cancel_later", subscription.id)
    ending = client.v1.subscriptions.retrieve(subscription.id)
    press(portal, "keep", subscription.id)

    assert (ending.status, ending.cancel_at_period_end) == ("active", True)
    assert client.v1.subscriptions.retrieve(subscription.id).cancel_at_period_end is False


def test_one_can_cancel_now(world, client, portal, subscription):
    page = press(portal, "cancel_now", subscription.id)

    assert "Ended on" in page.text
    assert client.v1.subscriptions.retrieve(subscription.id).status == "canceled"
    assert "customer.subscription.deleted" in world.told()


def test_one_can_change_the_card_and_pay_what_is_overdue(world, client, portal, subscription):
    press(portal, "bad_card")
    world.advance(32 * 86400)
    overdue = client.v1.subscriptions.retrieve(subscription.id)
    portal = client.v1.billing_portal.sessions.create({"customer": subscription.customer})
    press(portal, "good_card")
    press(portal, "pay_now", overdue.latest_invoice)

    assert overdue.status == "past_due"
    assert client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_one_cannot_touch_what_belongs_to_another_customer(client, portal, subscription, prices):
    other = client.v1.customers.create()
    client.v1.payment_methods.attach("pm_card_visa", {"customer": other.id})
    foreign = client.v1.billing_portal.sessions.create({"customer": other.id})

    assert press(foreign, "cancel_now", subscription.id).status_code == 400
    assert client.v1.subscriptions.retrieve(subscription.id).status == "active"


def test_a_portal_link_is_good_for_an_hour(world, portal, subscription):
    world.advance(3601)

    assert requests.get(portal.url, timeout=60).status_code == 404
    assert press(portal, "cancel_now", subscription.id).status_code == 404


def test_an_unknown_portal_link_opens_nothing(world):
    assert requests.get(f"{world.url}/p/session/guess", timeout=60).status_code == 404


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "Manage your subscription"), ("es", "Gestiona tu suscripción")]
)
def test_the_portal_speaks_both_languages(client, customer, subscription, locale, words):
    portal = client.v1.billing_portal.sessions.create({"customer": customer.id, "locale": locale})

    assert words in requests.get(portal.url, timeout=60).text


@pytest.mark.parametrize(("language", "heading"), [("en", "Stripe stand-in"), ("es", "Doble de Stripe")])
def test_the_index_lists_what_there_is(world, subscription, language, heading):
    world.told()
    page = requests.get(world.url, headers={"Accept-Language": language}, timeout=60)

    assert heading in page.text
    assert subscription.id in page.text and "ana@example.com" in page.text
    assert "customer.subscription.created" in page.text
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)


def test_the_switches_can_be_set_on_the_index(world):
    answer = requests.post(
        f"{world.url}/_sandbox/webhooks", {"delay": "0.5", "copies": "2", "reorder": "on"}, timeout=10
    )

    assert answer.url == f"{world.url}/" and answer.status_code == 200
    assert requests.get(f"{world.url}/_sandbox/webhooks", timeout=60).json() == {
        "copies": 2,
        "delay": 0.5,
        "drop": 0,
        "hold": False,
        "reorder": True,
        "waiting": 0,
    }


def test_every_word_exists_in_both_languages():
    from plg.sandbox.stripe.words import _WORDS

    fields = re.compile(r"{\w+}")
    for english, spanish in _WORDS.values():
        assert english and spanish
        assert fields.findall(english) == fields.findall(spanish)


@pytest.fixture
def change(client, customer, prices, subscription):
    """Opens a page on which the customer confirms to move to the team plan."""

    def open_page(**more):
        offered = [{"product": prices["team"].product, "prices": [prices["team"].id]}]
        update = {"enabled": True, "default_allowed_updates": ["price"], "products": offered}
        update["proration_behavior"] = "always_invoice"
        configuration = client.v1.billing_portal.configurations.create(
            {"features": {"subscription_update": update}}
        )
        items = [{"id": subscription["items"].data[0].id, "price": prices["team"].id, "quantity": 1}]
        flow = {
            "type": "subscription_update_confirm",
            "subscription_update_confirm": {"subscription": subscription.id, "items": items},
            "after_completion": {"type": "redirect", "redirect": {"return_url": "https://shop.example/done"}},
        }
        wanted = {
            "customer": customer.id,
            "configuration": configuration.id,
            "flow_data": flow,
            "locale": "en",
        }
        return client.v1.billing_portal.sessions.create({**wanted, **more})

    return open_page


def test_one_confirms_a_change_of_plan_knowing_what_it_costs(client, change, subscription, prices):
    portal = change()
    page = requests.get(portal.url, timeout=60)
    unchanged = client.v1.subscriptions.retrieve(subscription.id)
    done = requests.post(portal.url, {"action": "confirm"}, allow_redirects=False, timeout=60)
    requests.post(portal.url, {"action": "confirm"}, allow_redirects=False, timeout=60)

    changed = client.v1.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    assert "Change to Team" in page.text and "$70.00" in page.text
    assert "form-action 'self' https://shop.example" in page.headers["Content-Security-Policy"]
    assert unchanged["items"].data[0].price.id == prices["month"].id
    assert (done.status_code, done.headers["Location"]) == (303, "https://shop.example/done")
    assert changed["items"].data[0].price.id == prices["team"].id
    assert changed.latest_invoice.amount_paid == 7000
    assert len(client.v1.invoices.list().data) == 2


def test_a_declined_card_changes_no_plan(client, change, customer, subscription, prices):
    portal = client.v1.billing_portal.sessions.create({"customer": customer.id})
    press(portal, "bad_card")
    answer = requests.post(change().url, {"action": "confirm"}, allow_redirects=False, timeout=60)

    later = client.v1.subscriptions.retrieve(subscription.id)
    assert answer.status_code == 200 and "Your card was declined" in answer.text
    assert (later.status, later["items"].data[0].price.id) == ("active", prices["month"].id)


def test_a_change_that_the_configuration_does_not_offer_is_refused(
    world, client, customer, subscription, prices
):
    where = "flow_data[subscription_update_confirm]"
    form = {"customer": customer.id, "flow_data[type]": "subscription_update_confirm"}
    form |= {f"{where}[subscription]": subscription.id, f"{where}[items][0][price]": prices["team"].id}
    form |= {f"{where}[items][0][id]": subscription["items"].data[0].id}
    answer = world.post("/v1/billing_portal/sessions", **form)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "flow_data")


def test_configurations_can_be_listed(client, customer, change):
    client.v1.billing_portal.sessions.create({"customer": customer.id})
    change()
    listed = client.v1.billing_portal.configurations.list({"active": True})

    assert [each.is_default for each in listed.data] == [False, True]
    found = client.v1.billing_portal.configurations.retrieve(listed.data[0].id)
    assert found.features.subscription_update.enabled is True
