"""A webhook that plg gave up is seen on the command line, and tried again from there."""

import pytest

from plg.billing.models import StripeEvent
from plg.kit.clock import now
from plg.kit.db import db


@pytest.fixture
def webhook(app):
    """`webhook("evt_1", "failed")`: what the inbox holds of a webhook."""

    def keep(event_id: str, outcome: str, error: str | None = None) -> None:
        with app.app_context():
            row = StripeEvent(event_id=event_id, type="customer.subscription.updated", subject="sub_1")
            row.payload, row.received_at, row.attempts = {}, now(), 9
            row.outcome, row.last_error = outcome, error
            db.session.add(row)
            db.session.commit()

    return keep


@pytest.fixture
def outcomes(app):
    def read() -> dict[str, tuple[str, int]]:
        with app.app_context():
            rows = db.session.query(StripeEvent).all()
            return {row.event_id: (row.outcome, row.attempts) for row in rows}

    return read


def test_nothing_given_up_is_said_in_a_sentence(plg, webhook):
    webhook("evt_fine", "applied")

    assert plg("webhooks", "failed").output == "Every webhook was taken.\n"


def test_what_was_given_up_is_listed_with_the_last_line_of_its_reason(plg, webhook):
    webhook("evt_lost", "failed", "Traceback …\nUnknownPrice: no plan has the price price_1")

    shown = plg("webhooks", "failed").output

    assert "evt_lost  customer.subscription.updated" in shown
    assert "UnknownPrice: no plan has the price price_1" in shown
    assert "Traceback" not in shown


def test_all_that_were_given_up_are_tried_again(plg, webhook, outcomes):
    webhook("evt_fine", "applied")
    webhook("evt_1", "failed")
    webhook("evt_2", "failed")

    result = plg("webhooks", "retry")

    assert (result.exit_code, result.output) == (0, "2 will be tried again.\n")
    assert outcomes() == {"evt_fine": ("applied", 9), "evt_1": ("waiting", 0), "evt_2": ("waiting", 0)}


def test_only_the_named_one_is_tried_again(plg, webhook, outcomes):
    webhook("evt_1", "failed")
    webhook("evt_2", "failed")

    assert plg("webhooks", "retry", "evt_2").exit_code == 0
    assert outcomes() == {"evt_1": ("failed", 9), "evt_2": ("waiting", 0)}


def test_one_that_was_taken_is_not_tried_again(plg, webhook, outcomes):
    webhook("evt_fine", "applied")

    result = plg("webhooks", "retry", "evt_fine")

    assert result.exit_code == 1
    assert "plg webhooks failed" in result.output
    assert outcomes() == {"evt_fine": ("applied", 9)}


def test_the_doctor_calls_a_webhook_that_was_given_up_a_fault(plg, webhook):
    webhook("evt_fine", "applied")
    assert "webhooks" not in plg("doctor").output

    webhook("evt_lost", "failed")

    found = plg("doctor")
    assert found.exit_code == 1
    assert "plg webhooks retry" in found.output
