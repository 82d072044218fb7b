"""Staff see who is on which version, what moving would cost whom, and why a limit is what it is; they give more."""

import pytest
from sqlalchemy import select

from plg.access import credentials
from plg.kit.db import db
from plg.plans import assignments
from plg.usage.models import UsageGrant
from tests.support.story import PLANS, happened, make_account, make_person, publish_plans

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def account(app):
    publish_plans(app)
    made = make_account(app, (make_person(app), "owner"), name="Acme", key="acme")
    with app.app_context():
        assignments.assign(made, "pro", source="subscription", by="tests")
        db.session.commit()
    prices = [{"amount": 3900, "currency": "usd", "interval": "month"}]
    pro = PLANS["plans"]["pro"] | {"prices": prices, "features": {"invoices": 3, "export": True}}
    publish_plans(app, PLANS | {"plans": PLANS["plans"] | {"pro": pro}})
    return made


@pytest.fixture
def staff(app, client, sign_in):
    with app.app_context():
        row = credentials.add_staff("staff@example.com", "Sam", "a long enough passphrase", "en")
        db.session.commit()
    csrf = sign_in(client, staff_id=row.id)

    def post(path, **fields):
        return client.post(path, data={"csrf_token": csrf, **fields}, follow_redirects=True)

    return post


def test_moving_to_a_new_version_is_shown_before_it_is_done(app, account, staff, client, worker):
    happened(app, "Invoice Sent", times=4, account_id=account)
    worker()
    page = client.get("/staff/plans/pro").get_data(as_text=True)
    assert all(
        told in page for told in ("Acme", "$29.00", "$39.00", "Invoices", "If they moved to version 2")
    )
    assert "not sold so" in client.get("/staff/plans/pro?interval=year").get_data(as_text=True)
    assert "One workspace has the new version." in staff("/staff/plans/pro/move").get_data(as_text=True)
    with app.app_context():
        assert assignments.current(account).plan.version == 2


def test_staff_give_more_with_a_reason_and_take_it_back(app, account, staff, client):
    with app.app_context():
        assignments.assign(account, "free", source="staff", by="tests")
        db.session.commit()
    found = client.get("/staff/plans?q=acme")
    path = found.headers["Location"]
    assert "0 of 5" in client.get(path).get_data(as_text=True)
    assert "No workspace is known" in client.get("/staff/plans?q=nobody").get_data(as_text=True)
    refused = staff(f"{path}/grants", feature="invoices", amount="lots", reason="")
    assert refused.status_code == 422 and "2 things need your attention" in refused.get_data(as_text=True)
    given = staff(f"{path}/grants", feature="invoices", amount="2,5", reason="A bad day").get_data(
        as_text=True
    )
    assert "0 of 7.5" in given and "A bad day" in given
    with app.app_context():
        row = db.session.scalars(select(UsageGrant)).one()
        assert (row.source, row.created_by[:6], str(row.amount)) == ("staff", "staff:", "2.5")
    back = staff(f"{path}/grants/{row.id}/void").get_data(as_text=True)
    assert "0 of 5" in back and "taken back by staff" in back
