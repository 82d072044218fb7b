"""Staff see how webhook endpoints fare, and send again."""

import re

import pytest

from plg.access import credentials
from plg.events import names
from plg.kit.db import db
from plg.webhooks import webhook_endpoints
from plg.webhooks.models import WebhookDelivery
from tests.support.browser import DESKTOP, PHONE
from tests.webhooks.receiver import status

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PASSWORD = "correct horse battery"


@pytest.fixture
def marta(app, client, sign_in):
    """`marta("POST", path)`: the page, as a member of staff sees it."""
    with app.app_context():
        member = credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    token = sign_in(client, staff_id=member.id)

    def open(method, path):
        data = {"csrf_token": token} if method == "POST" else None
        answer = client.open(path, method=method, data=data, follow_redirects=True)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    return open


def test_staff_see_what_failed_and_send_it_again(house, marta, receiver):
    assert "No webhook endpoint yet" in marta("GET", "/staff/webhooks")
    id, _ = house.add(receiver)
    receiver.replies.append(status(500, "<b>out of order</b>"))
    house.record(names.TRIAL_STARTED)
    house.deliver()
    listed = marta("GET", "/staff/webhooks")
    assert receiver.url in listed and "failing" in listed
    path = re.search(r"/staff/webhooks/we_\w+", listed).group()

    shown = marta("GET", path)
    assert "trial.started" in shown and "&lt;b&gt;out of order" in shown
    assert "trial.started" not in marta("GET", f"{path}?status=failed")
    again = re.search(rf"{path}/deliveries/msg_\w+/redeliver", shown).group()
    assert "It is sent again." in marta("POST", again)
    house.deliver()
    assert "Delivered" in marta("GET", path)
    assert len(receiver.received) == 2


def test_staff_turn_an_endpoint_off_and_on_and_try_it(house, marta, receiver):
    id, _ = house.add(receiver)
    path = f"/staff/webhooks/{house.endpoint(id).public_id}"
    house.record(names.TRIAL_STARTED)
    assert "It was turned off by hand." in marta("POST", f"{path}/disable")
    assert "Nothing is sent" not in marta("POST", f"{path}/enable")
    assert "One is sent again." in marta("POST", f"{path}/recover")
    receiver.replies.append(status(503))
    assert "The test was not taken: 503" in marta("POST", f"{path}/test")
    assert "The test was taken, with status 204." in marta("POST", f"{path}/test")


@pytest.mark.parametrize("page", [("en", DESKTOP), ("es", PHONE)], indirect=True)
def test_everybody_on_the_staff_can_read_the_pages(live_app, page, assert_accessible):
    with live_app.app.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        made, _ = webhook_endpoints.add(
            "https://example.com/webhooks/" + "plg" * 20, events=["*"], by="key:1"
        )
        webhook_endpoints.disable(made, webhook_endpoints.GONE)
        other, _ = webhook_endpoints.add("https://example.com/", events=[names.TRIAL_STARTED], by="key:1")
        for number, state in enumerate(("failed", "delivered")):
            row = WebhookDelivery(public_id=f"msg_{number}", event_id=str(number), type="trial.started")
            row.endpoint_id, row.body, row.created_at = other.id, "{}", other.created_at
            row.status, row.attempts, row.duration_ms = state, 1, 12
            row.response_status, row.response_body = 500, "out of order " * 30
            db.session.add(row)
        db.session.commit()
    page.goto(f"{live_app.url}/staff/login")
    page.fill("[name=email]", "marta@example.com")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff")
    page.goto(f"{live_app.url}/staff/webhooks")
    for path in ("", other.public_id, made.public_id):
        page.goto(f"{live_app.url}/staff/webhooks" + (f"/{path}" if path else ""))
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
