"""Giving money back by the page, the API and the command line; and who is told of a dispute."""

import re

import pytest
import requests
from click.testing import CliRunner

from plg.access import credentials
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from tests.billing.test_refunds import dispute, given, left
from tests.support.story import make_account

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def staff(shop, sign_in):
    """A member of the staff, in front of the account's payments."""
    with shop.app.app_context():
        marta = credentials.add_staff("marta@example.com", "Marta Ruiz", "a long pass phrase of marta").id
        db.session.commit()
    client = shop.app.test_client()
    csrf = sign_in(client, staff_id=marta)
    client.path = f"/staff/payments/{public_id(shop)}"

    def submit(**fields):
        fields.setdefault("form", re.search(r'name="form" value="(\w+)"', client.get(client.path).text)[1])
        wanted = {"invoice": shop.stripe.all("invoice")[0]["id"], "reason": "duplicate", "note": "Twice"}
        return client.post(f"{client.path}/refunds", data=wanted | fields | {"csrf_token": csrf})

    client.submit = submit
    return client


def public_id(shop):
    from plg.accounts import accounts

    with shop.app.app_context():
        return accounts.get(shop.account).public_id


def test_staff_give_back_a_part_and_see_it(shop, staff):
    shop.pay()
    assert staff.submit(amount="9,50").status_code == 303

    page = staff.get(staff.path).text
    assert given(shop) == [(950, "succeeded", "staff:1")]
    assert "$9.50" in page
    assert "Twice" in page


def test_the_same_form_sent_again_gives_nothing_more(shop, staff):
    shop.pay()
    for _ in range(2):
        assert staff.submit(amount="9.50", form="rfd_once").status_code == 303

    assert left(shop) == [(2900, 950)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "much"}, "Enter an amount"),
        ({"amount": "0.001"}, "Enter an amount"),
        ({"amount": "99999"}, "more than what is left"),
        ({"reason": "because"}, "Choose a reason"),
        ({"note": ""}, "Write why"),
        ({"invoice": "in_foreign"}, "Choose an invoice"),
    ],
)
def test_what_cannot_be_given_back_is_said_beside_its_field(shop, staff, typed, said):
    shop.pay()
    answer = staff.submit(**typed)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert given(shop) == []


def test_the_staff_finds_a_workspace_and_what_is_disputed(shop, staff):
    shop.pay()
    dispute(shop)
    page = staff.get("/staff/payments").text

    assert "$29.00" in page
    assert staff.path in page
    assert staff.get("/staff/payments?q=acme").location == staff.path
    assert "No workspace is known" in staff.get("/staff/payments?q=nobody").text
    assert "is disputed" in staff.get(staff.path).text


def test_the_host_product_gives_back_and_lists_it(shop, secret):
    shop.pay()
    url, account = f"{shop.url}/v1/billing", {"account": "acme"}
    listed = requests.get(f"{url}/invoices", account, headers=secret, timeout=20).json()["invoices"]
    wanted = {**account, "invoice": listed[0]["id"], "amount": 900}
    headers = secret | {"Idempotency-Key": "once"}
    made = [
        requests.post(f"{url}/refunds", json=wanted, headers=headers, timeout=20).json() for _ in range(2)
    ]
    too_much = requests.post(f"{url}/refunds", json=wanted | {"amount": 2001}, headers=secret, timeout=20)
    found = requests.get(f"{url}/refunds", account, headers=secret, timeout=20).json()
    listed = requests.get(f"{url}/invoices", account, headers=secret, timeout=20).json()["invoices"]

    assert made[0] == made[1]
    assert (too_much.status_code, too_much.json()["code"]) == (422, "refund_too_large")
    assert [(each["amount"], each["status"]) for each in found["refunds"]] == [(900, "succeeded")]
    assert (found["disputes"], listed[0]["amount_refunded"]) == ([], 900)


def test_an_invoice_is_not_given_back_in_the_name_of_another_account(shop, secret):
    shop.pay()
    make_account(shop.app, (shop.owner, "owner"), key="other")
    body = {"account": "other", "invoice": shop.stripe.all("invoice")[0]["id"]}
    answer = requests.post(f"{shop.url}/v1/billing/refunds", json=body, headers=secret, timeout=20)

    assert (answer.status_code, answer.json()["code"]) == (404, "invoice_not_found")


def test_the_command_line_gives_back(shop, monkeypatch):
    from plg.cli import billing as command

    monkeypatch.setattr(command, "transaction", shop.app.app_context)
    shop.pay()
    invoice = shop.stripe.all("invoice")[0]["id"]
    told = CliRunner().invoke(command.refund, ["acme", invoice, "--note", "They asked"])

    assert told.output.startswith("succeeded: 2900 usd")
    assert left(shop) == [(2900, 2900)]


def test_the_staff_is_told_of_a_dispute_and_its_end_once(shop, staff, worker_of):
    shop.pay()
    worker = worker_of(shop.app)
    for outcome in (None, "lost"):
        dispute(shop, outcome)
        worker()
        worker()

    with shop.app.app_context():
        mails = db.session.scalars(db.select(OutgoingMail).order_by(OutgoingMail.id)).all()
        told = [mail for mail in mails if mail.template == "payment-disputed"]
        assert [mail.email for mail in told] == ["marta@example.com"] * 2
        assert "disputes $29.00" in told[0].subject
        assert "is decided" in told[1].subject
