"""Subscriptions begin, change, renew, fall behind and end as Stripe's do."""

import pytest
import requests

from plg.sandbox.stripe.calendar import boundary
from plg.sandbox.stripe.resources.proration import credit, debit

DAY = 86400


def subscribe(client, customer, price, **more):
    wanted = {"customer": customer.id, "items": [{"price": price.id}], "expand": ["latest_invoice"]}
    return client.v1.subscriptions.create({**wanted, **more})


def use_card(client, customer, test_card):
    card = client.v1.payment_methods.attach(test_card, {"customer": customer.id})
    settings = {"invoice_settings": {"default_payment_method": card.id}}
    client.v1.customers.update(customer.id, settings)


def test_a_subscription_carries_its_period_on_its_item(client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    item = made["items"].data[0]

    assert made.status == "active"
    assert item.current_period_start == made.created
    assert item.current_period_end == boundary(made.created, "month", 1, 1)
    assert made.latest_invoice.parent.subscription_details.subscription == made.id
    assert made.latest_invoice.lines.data[0].description == "1 × Pro (at $29.00 / month)"


def test_there_is_no_subscription_without_a_card(world, client, prices):
    nobody = client.v1.customers.create()
    form = {"customer": nobody.id, "items[0][price]": prices["month"].id}

    assert world.post("/v1/subscriptions", **form).status_code == 400
    assert client.v1.subscriptions.list({"status": "all"}).data == []


def test_a_first_charge_that_fails_leaves_it_incomplete_until_it_expires(world, client, customer, prices):
    use_card(client, customer, "pm_card_chargeCustomerFail")
    made = subscribe(client, customer, prices["month"])
    world.advance(23 * 3600 + 1)
    later = client.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})

    assert (made.status, made.latest_invoice.status) == ("incomplete", "open")
    assert (later.status, later.latest_invoice.status) == ("incomplete_expired", "void")


def test_it_can_be_asked_that_a_failing_charge_makes_nothing(world, client, customer, prices):
    use_card(client, customer, "pm_card_chargeCustomerFail")
    form = {"customer": customer.id, "items[0][price]": prices["month"].id}
    answer = world.post("/v1/subscriptions", **form, payment_behavior="error_if_incomplete")

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "card_declined")
    assert client.v1.subscriptions.list({"status": "all"}).data == []
    assert client.v1.invoices.list().data == []


def test_a_card_that_is_refused_cannot_be_attached(world, customer):
    answer = world.post("/v1/payment_methods/pm_card_visa_chargeDeclined/attach", customer=customer.id)

    assert (answer.status_code, answer.json()["error"]["type"]) == (402, "card_error")


def test_it_renews_at_the_end_of_each_period(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    world.advance(70 * DAY)
    later = client.v1.subscriptions.retrieve(made.id)

    invoices = client.v1.invoices.list({"subscription": made.id}).data
    assert later["items"].data[0].current_period_end == boundary(made.created, "month", 1, 3)
    assert [invoice.billing_reason for invoice in invoices] == [
        "subscription_cycle",
        "subscription_cycle",
        "subscription_create",
    ]
    assert {invoice.status for invoice in invoices} == {"paid"}


def test_one_that_is_to_end_with_its_period_does(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    changed = client.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    world.advance(32 * DAY)
    over = client.v1.subscriptions.retrieve(made.id)

    assert changed.cancel_at == made["items"].data[0].current_period_end
    assert (over.status, over.ended_at) == ("canceled", changed.cancel_at)
    assert over.cancellation_details.reason == "cancellation_requested"
    assert "customer.subscription.deleted" in world.told()


def test_the_wish_to_end_can_be_taken_back(client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    client.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    changed = client.v1.subscriptions.update(made.id, {"cancel_at_period_end": False})

    assert (changed.cancel_at, changed.canceled_at, changed.cancellation_details.reason) == (None, None, None)


def test_a_cancelled_one_is_over_for_good(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    client.v1.subscriptions.cancel(made.id)

    again = requests.delete(
        f"{world.url}/v1/subscriptions/{made.id}", headers={"Authorization": "Bearer sk_test_x"}, timeout=10
    )
    changed = world.post(f"/v1/subscriptions/{made.id}", cancel_at_period_end="true")
    noted = client.v1.subscriptions.update(made.id, {"metadata": {"why": "price"}})

    assert again.status_code == 404
    assert changed.json()["error"]["code"] == "invalid_canceled_subscription_fields"
    assert (noted.status, noted.metadata.why) == ("canceled", "price")


def test_a_renewal_that_fails_is_tried_again_and_then_ends_it(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    use_card(client, customer, "pm_card_chargeCustomerFail")
    world.advance(32 * DAY)
    behind = client.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})
    world.advance(20 * DAY)
    over = client.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})

    assert (behind.status, behind.latest_invoice.attempt_count) == ("past_due", 1)
    assert behind.latest_invoice.next_payment_attempt is not None
    assert (over.status, over.cancellation_details.reason) == ("canceled", "payment_failed")
    assert (over.latest_invoice.attempt_count, over.latest_invoice.auto_advance) == (4, False)
    assert world.told().count("invoice.payment_failed") == 4


def test_paying_what_is_overdue_makes_it_active_again(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    use_card(client, customer, "pm_card_chargeCustomerFail")
    world.advance(32 * DAY)
    invoice = client.v1.subscriptions.retrieve(made.id).latest_invoice
    refused = world.post(f"/v1/invoices/{invoice}/pay")
    use_card(client, customer, "pm_card_visa")
    paid = client.v1.invoices.pay(invoice)

    assert refused.status_code == 402
    assert (paid.status, paid.attempt_count) == ("paid", 3)
    assert client.v1.subscriptions.retrieve(made.id).status == "active"


def test_a_trial_warns_and_then_bills(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"], trial_period_days=14)
    world.advance(12 * DAY)
    warned = "customer.subscription.trial_will_end" in world.told()
    world.advance(3 * DAY)
    later = client.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]})

    assert (made.status, made.latest_invoice.total, made.latest_invoice.status) == ("trialing", 0, "paid")
    assert made.latest_invoice.lines.data[0].description == "Free trial for 1 × Pro"
    assert warned
    assert (later.status, later.latest_invoice.billing_reason) == ("active", "subscription_cycle")
    assert later["items"].data[0].current_period_start == made.trial_end


@pytest.mark.parametrize(
    ("wish", "status"), [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")]
)
def test_a_trial_without_a_card_ends_as_asked(world, client, prices, wish, status):
    nobody = client.v1.customers.create()
    settings = {"end_behavior": {"missing_payment_method": wish}}
    made = subscribe(client, nobody, prices["month"], trial_period_days=2, trial_settings=settings)
    world.advance(3 * DAY)

    assert client.v1.subscriptions.retrieve(made.id).status == status


def test_a_trial_can_be_ended_and_billed_now(client, customer, prices):
    made = subscribe(client, customer, prices["month"], trial_period_days=14)
    changed = client.v1.subscriptions.update(made.id, {"trial_end": "now", "expand": ["latest_invoice"]})

    assert (changed.status, changed.latest_invoice.amount_paid) == ("active", 2900)
    assert changed.latest_invoice.billing_reason == "subscription_update"


def change_plan(client, subscription, price, **more):
    items = [{"id": subscription["items"].data[0].id, "price": price.id}]
    return client.v1.subscriptions.update(
        subscription.id, {"items": items, "expand": ["latest_invoice"], **more}
    )


def test_an_upgrade_is_billed_at_once_where_asked(client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    changed = change_plan(client, made, prices["team"], proration_behavior="always_invoice")

    lines = changed.latest_invoice.lines.data
    assert changed["items"].data[0].price.id == prices["team"].id
    assert changed["items"].data[0].id == made["items"].data[0].id
    assert [line.amount for line in lines] == [-2900, 9900]
    assert all(line.parent.subscription_item_details.proration for line in lines)
    assert changed.latest_invoice.amount_paid == 7000


def test_an_upgrade_with_a_card_that_fails_changes_nothing_where_asked(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    use_card(client, customer, "pm_card_chargeCustomerFail")
    form = {"items[0][id]": made["items"].data[0].id, "items[0][price]": prices["team"].id}
    answer = world.post(
        f"/v1/subscriptions/{made.id}",
        **form,
        proration_behavior="always_invoice",
        payment_behavior="error_if_incomplete",
    )

    later = client.v1.subscriptions.retrieve(made.id)
    assert answer.status_code == 402
    assert (later.status, later["items"].data[0].price.id) == ("active", prices["month"].id)


def test_a_downgrade_leaves_a_credit_that_pays_the_next_invoice(world, client, customer, prices):
    made = subscribe(client, customer, prices["team"])
    change_plan(client, made, prices["month"], proration_behavior="always_invoice")
    credit_left = client.v1.customers.retrieve(customer.id).balance
    world.advance(32 * DAY)

    renewal = client.v1.invoices.list({"subscription": made.id}).data[0]
    assert credit_left == -7000
    assert (renewal.total, renewal.amount_due, renewal.starting_balance, renewal.ending_balance) == (
        2900,
        0,
        -7000,
        -4100,
    )


def test_a_change_waits_for_the_next_invoice_unless_asked_otherwise(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    change_plan(client, made, prices["team"])
    world.advance(32 * DAY)

    renewal = client.v1.invoices.list({"subscription": made.id}).data[0]
    assert sorted(line.amount for line in renewal.lines.data) == [-2900, 9900, 9900]


def test_from_months_to_years_a_new_period_begins(client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    changed = change_plan(client, made, prices["year"])

    item = changed["items"].data[0]
    assert item.current_period_end == boundary(item.current_period_start, "year", 1, 1)
    assert sorted(line.amount for line in changed.latest_invoice.lines.data) == [-2900, 29000]


@pytest.mark.parametrize(
    ("share", "old", "new", "lines"),
    [
        ((1, 3), (2000, 1), (5000, 1), (-667, 1666)),
        ((1, 3), (5000, 1), (5000, 3), (-1667, 5000)),
        ((1, 400), (1000, 1), (1800, 1), (-3, 4)),
        ((1, 400), (1000, 1), (1000, 3), (-3, 7)),
    ],
)
def test_proration_rounds_as_recorded_from_stripe(share, old, new, lines):
    left, whole = share
    period, at = (0, whole * 1000), (whole - left) * 1000

    assert (credit(*old, period, at), debit(*new, period, at)) == lines


def test_periods_are_counted_from_the_anchor():
    from datetime import UTC, datetime

    january_31 = int(datetime(2027, 1, 31, 12, tzinfo=UTC).timestamp())
    ends = [datetime.fromtimestamp(boundary(january_31, "month", 1, n), UTC) for n in (1, 2, 13)]
    leap_day = int(datetime(2028, 2, 29, tzinfo=UTC).timestamp())

    assert [(end.year, end.month, end.day) for end in ends] == [(2027, 2, 28), (2027, 3, 31), (2028, 2, 29)]
    assert datetime.fromtimestamp(boundary(leap_day, "year", 1, 1), UTC).day == 28


def test_deleting_a_customer_ends_what_they_pay_for(client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    client.v1.customers.delete(customer.id)

    assert client.v1.customers.retrieve(customer.id).deleted is True
    assert client.v1.subscriptions.retrieve(made.id).status == "canceled"
    assert client.v1.customers.list().data == []


def test_lists_of_subscriptions_leave_out_the_cancelled_unless_asked(client, customer, prices):
    kept = subscribe(client, customer, prices["month"])
    gone = subscribe(client, customer, prices["month"])
    client.v1.subscriptions.cancel(gone.id)

    def ids(**wanted):
        return [each.id for each in client.v1.subscriptions.list({"customer": customer.id, **wanted}).data]

    assert ids() == [kept.id]
    assert ids(status="all") == [gone.id, kept.id]
    assert ids(status="ended") == [gone.id]
    assert ids(price=prices["year"].id) == []
