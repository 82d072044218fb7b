"""Changes with their price, schedules, pauses and discounts, as Stripe reckons and words them."""

import json
from fractions import Fraction

import pytest
import requests
import stripe

from plg.sandbox.stripe.resources.proration import credit, debit

DAY = 86400


def subscribe(client, customer, price, **more):
    wanted = {"customer": customer.id, "items": [{"price": price.id, **more}]}
    return client.v1.subscriptions.create(wanted)


def change(subscription, price, quantity=1):
    return [{"id": subscription["items"].data[0].id, "price": price.id, "quantity": quantity}]


def test_a_preview_costs_what_the_change_costs_at_the_same_second_and_changes_nothing(
    world, client, customer, prices
):
    made = subscribe(client, customer, prices["month"])
    world.advance(7 * DAY + 12345)
    items = change(made, prices["team"], 3)
    details = {"items": items, "proration_behavior": "always_invoice"}
    preview = client.v1.invoices.create_preview({"subscription": made.id, "subscription_details": details})
    at = preview.lines.data[0].period.start
    before = client.v1.invoices.list({"subscription": made.id}).data
    world.advance(3600)
    paid = {
        "proration_behavior": "always_invoice",
        "proration_date": at,
        "payment_behavior": "error_if_incomplete",
    }
    client.v1.subscriptions.update(made.id, {"items": items, **paid})
    invoice = client.v1.invoices.list({"subscription": made.id}).data[0]

    assert preview.status == "draft" and preview.id.startswith("upcoming_in_")
    assert len(before) == 1
    assert [line.amount for line in invoice.lines.data] == [line.amount for line in preview.lines.data]
    assert (invoice.amount_paid, invoice.status) == (preview.amount_due, "paid")
    item = made["items"].data[0]
    f = Fraction(item.current_period_end - at, item.current_period_end - item.current_period_start)
    assert [line.amount for line in invoice.lines.data] == [-f * 2900 // 1, f * 29700 // 1]


@pytest.mark.parametrize(
    ("share", "old", "new", "lines"),
    [
        ((1, 3), (2000, 1), (5000, 1), (-667, 1666)),
        ((1, 3), (5000, 1), (5000, 3), (-1667, 5000)),
        ((1, 400), (1000, 1), (1800, 1), (-3, 4)),
        ((1, 400), (1000, 1), (1000, 3), (-3, 7)),
    ],
)
def test_proration_follows_the_recorded_vectors(share, old, new, lines):
    left, whole = share
    assert (credit(*old, (0, whole), whole - left), debit(*new, (0, whole), whole - left)) == lines


def test_a_schedule_changes_the_plan_with_the_period_and_lets_go_afterwards(world, client, customer, prices):
    made = subscribe(client, customer, prices["team"])
    schedule = client.v1.subscription_schedules.create({"from_subscription": made.id})
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        client.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
    now = {"start_date": schedule.current_phase.start_date, "end_date": schedule.current_phase.end_date}
    phases = [
        {"items": [{"price": prices["team"].id, "quantity": 1}], **now},
        {"items": [{"price": prices["month"].id, "quantity": 2}], "duration": {"interval": "month"}},
    ]
    client.v1.subscription_schedules.update(schedule.id, {"end_behavior": "release", "phases": phases})
    world.advance(32 * DAY)
    changed = client.v1.subscriptions.retrieve(made.id, {"expand": ["schedule", "latest_invoice"]})
    world.advance(31 * DAY)
    after = client.v1.subscription_schedules.retrieve(schedule.id)

    assert (changed["items"].data[0].price.id, changed["items"].data[0].quantity) == (prices["month"].id, 2)
    assert (changed.latest_invoice.amount_paid, changed.schedule.id) == (5800, schedule.id)
    assert (after.status, after.released_subscription) == ("released", made.id)
    assert client.v1.subscriptions.retrieve(made.id).schedule is None
    assert "subscription_schedule.released" in world.told()


def test_while_collection_is_paused_invoices_are_void_until_it_resumes_by_itself(
    world, client, customer, prices
):
    made = subscribe(client, customer, prices["month"])
    end = made["items"].data[0].current_period_end
    pause = {"behavior": "void", "resumes_at": end + 20 * DAY}
    client.v1.subscriptions.update(made.id, {"pause_collection": pause})
    world.advance(32 * DAY)
    paused = client.v1.subscriptions.retrieve(made.id)
    world.advance(31 * DAY)

    assert (paused.status, paused.pause_collection.behavior) == ("active", "void")
    assert client.v1.subscriptions.retrieve(made.id).pause_collection is None
    found = client.v1.invoices.list({"subscription": made.id}).data
    assert [each.status for each in reversed(found)] == ["paid", "void", "paid"]


def test_a_coupon_takes_its_share_off_for_as_long_as_it_lasts(world, client, customer, prices):
    made = subscribe(client, customer, prices["month"])
    coupon = {"percent_off": 25, "duration": "repeating", "duration_in_months": 2, "max_redemptions": 1}
    made_coupon = client.v1.coupons.create(coupon)
    client.v1.subscriptions.update(made.id, {"discounts": [{"coupon": made_coupon.id}]})
    for _ in range(3):
        world.advance(31 * DAY)
    totals = [each.total for each in client.v1.invoices.list({"subscription": made.id}).data]

    assert totals[-1] == 2900 and totals.count(2175) in (1, 2) and totals[0] == 2900
    with pytest.raises(stripe.InvalidRequestError, match="used up"):
        client.v1.subscriptions.update(made.id, {"discounts": [{"coupon": made_coupon.id}]})
    assert client.v1.coupons.retrieve(made_coupon.id).times_redeemed == 1


def test_a_promotion_code_is_typed_at_the_checkout_and_cards_do_what_they_say(
    world, client, customer, prices
):
    coupon = client.v1.coupons.create({"amount_off": 1000, "currency": "usd", "duration": "once"})
    promotion = {"type": "coupon", "coupon": coupon.id}
    client.v1.promotion_codes.create({"promotion": promotion, "code": "HELLO", "max_redemptions": 1})
    wanted = {"mode": "subscription", "success_url": "https://shop.example/ok", "customer": customer.id}
    wanted |= {"allow_promotion_codes": True, "line_items": [{"price": prices["month"].id, "quantity": 1}]}
    wanted |= {"tax_id_collection": {"enabled": True}, "customer_update": {"name": "auto", "address": "auto"}}
    session = client.v1.checkout.sessions.create(wanted)

    def pay(**form):
        answer = requests.post(session.url, {"action": "pay"} | form, allow_redirects=False, timeout=60)
        return answer.status_code, answer.text

    assert "not valid" in pay(code="NO")[1]
    assert "was declined" in pay(number="4000 0000 0000 0341")[1]
    assert "no test card" in pay(number="1234")[1]
    assert "Your bank asks" in pay(code="hello", number="4000 0082 6000 3178")[1]
    assert "was declined" in pay(action="yes_it_is_me")[1]
    assert "Your bank asks" in pay(code="hello", number="4000 0025 0000 3155")[1]
    assert "Your bank asks" in requests.get(session.url, timeout=60).text
    assert "was not confirmed" in pay(action="refuse")[1]
    assert "was not confirmed" in pay(action="yes_it_is_me")[1]
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert "Your bank asks" in pay(code="hello", number="4000 0025 0000 3155")[1]
    assert pay(action="yes_it_is_me")[0] == 303
    done = client.v1.checkout.sessions.retrieve(session.id)
    made = client.v1.subscriptions.retrieve(done.subscription, {"expand": ["latest_invoice"]})
    assert (done.amount_total, done.total_details.amount_discount) == (1900, 1000)
    assert (made.status, made.latest_invoice.amount_paid) == ("active", 1900)
    world.advance(32 * DAY)
    assert client.v1.invoices.list({"subscription": made.id}).data[0].amount_paid == 2900


def test_a_card_that_the_bank_wants_confirmed_refuses_a_change_in_the_banks_words(
    world, client, customer, prices
):
    made = subscribe(client, customer, prices["month"])
    card = client.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    client.v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
    wanted = {"items": change(made, prices["team"]), "proration_behavior": "always_invoice"}
    with pytest.raises(stripe.CardError) as refused:
        client.v1.subscriptions.update(made.id, wanted | {"payment_behavior": "error_if_incomplete"})

    assert refused.value.code == "authentication_required"
    assert client.v1.subscriptions.retrieve(made.id)["items"].data[0].price.id == prices["month"].id
    assert json.loads(refused.value.http_body)["error"]["type"] == "card_error"


def test_a_trial_without_a_card_pauses_and_resumes_once_its_invoice_is_paid(world, client, prices):
    bare = client.v1.customers.create({"email": "bea@example.com"})
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    wanted = {"customer": bare.id, "items": [{"price": prices["month"].id}], "trial_period_days": 14}
    made = client.v1.subscriptions.create(wanted | {"trial_settings": settings})
    world.advance(15 * DAY)
    paused = client.v1.subscriptions.retrieve(made.id)
    card = client.v1.payment_methods.attach("pm_card_visa", {"customer": bare.id})
    client.v1.customers.update(bare.id, {"invoice_settings": {"default_payment_method": card.id}})
    waiting = client.v1.subscriptions.resume(made.id, {"billing_cycle_anchor": "now"})
    world.advance(2 * 3600)

    assert [paused.status, waiting.status] == ["paused", "paused"]
    assert (
        client.v1.subscriptions.retrieve(made.id, {"expand": ["latest_invoice"]}).latest_invoice.amount_paid
        == 2900
    )
    assert client.v1.subscriptions.retrieve(made.id).status == "active"
    assert "customer.subscription.resumed" in world.told()
