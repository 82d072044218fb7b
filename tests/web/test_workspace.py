"""The workspace says in plain words where a trial stands and what may be used."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from plg.accounts import accounts, memberships
from plg.accounts.models import Account
from plg.kit.clock import now
from plg.kit.db import db
from plg.people.models import Person
from plg.plans import assignments
from plg.trials.models import Trial
from tests.support.story import happened
from tests.web.visits import SIGN_UP, signed_up, visitor

ANA = SIGN_UP["email"]


@pytest.fixture
def ana(house):
    return signed_up(house)


def ids(app):
    """(person, account) of Ana."""
    with app.app_context():
        person = db.session.scalar(select(Person.id).where(Person.email == ANA))
        account = db.session.scalar(select(Account.id).where(Account.name == "Acme"))
        return person, account


def trial_ends_in(app, **delta):
    with app.app_context():
        ends_at = now() + dt.timedelta(**delta)
        db.session.execute(update(Trial).values(ends_at=ends_at, due_at=ends_at))
        db.session.commit()


def test_usage_is_shown_against_the_plans_limit(house, ana, worker):
    person, account = ids(house)
    happened(house, "Invoice Sent", times=3, person_id=person, account_id=account)
    worker()

    page = ana.read("/workspace").text

    assert "3 of 10" in page
    assert "Export" in page


def test_a_trial_that_has_ended_says_what_goes_on(house, ana, worker):
    trial_ends_in(house, seconds=-5)
    worker(now=now())

    page = ana.read("/workspace").text

    assert "Your trial has ended" in page
    assert "Your workspace goes on with the Free plan" in page


def test_an_account_that_pays_is_thanked(house, ana, worker):
    person, account = ids(house)
    with house.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()
    happened(house, "Subscription Started", person_id=person, account_id=account)
    worker()

    page = ana.read("/workspace").text

    assert "Your workspace is on the Pro plan." in page
    assert "no limit" in page


def test_back_from_the_checkout_the_page_waits_for_the_payment_and_sells_nothing_twice(house, ana):
    page = ana.read("/workspace?paid=1").text

    assert "Your payment is on its way" in page
    assert '<a href="/workspace?paid=2" data-follow>Look again</a>' in page
    assert "Choose a plan" not in page.split("<main")[1]
    assert "data-follow" not in ana.read("/workspace?paid=16").text
    assert "Tu pago está en camino" in ana.read("/workspace?paid=1&lang=es").text


def test_once_the_payment_is_here_neither_wait_nor_trial_is_shown(house, ana):
    _, account = ids(house)
    with house.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()

    page = ana.read("/workspace?paid=1").text

    assert "Your payment is on its way" not in page
    assert "Your trial runs" not in page
    assert "Your workspace is on the Pro plan." in page


@pytest.mark.parametrize("paid", ["x", "-1", "", "9" * 40])
def test_a_made_up_number_of_looks_breaks_nothing(house, ana, paid):
    assert ana.read(f"/workspace?paid={paid}").status_code == 200


def test_who_belongs_nowhere_is_told_what_to_do(house, ana):
    person, account = ids(house)
    with house.app_context():
        other = accounts.open("Other")
        memberships.add(account, _somebody(), "owner", by="tests")
        memberships.remove(account, person, by="tests")
        db.session.commit()
        assert other.id != account

    assert "You belong to no workspace yet" in ana.read("/workspace").text
    assert ana.read("/workspace/members").status_code == 403


def _somebody():
    from plg.people import people

    return people.add(email="other@acme.example", name="Other", by="tests").id


def test_a_person_changes_between_their_workspaces_and_into_no_other(house, ana):
    person, _ = ids(house)
    with house.app_context():
        second = accounts.open("Second Company")
        memberships.add(second.id, person, "member", by="tests")
        foreign = accounts.open("Foreign Company")
        db.session.commit()

    assert "Go to Second Company" in ana.read("/workspace").text
    ana.submit("/workspace/switch", seen_on="/workspace", account=second.public_id)
    assert "<h1>Second Company</h1>" in ana.read("/workspace").text

    refused = ana.submit("/workspace/switch", seen_on="/workspace", account=foreign.public_id)
    assert refused.status_code == 404
    assert "Foreign" not in ana.read("/workspace").text


def test_every_page_can_be_read_in_the_other_language_and_keeps_it(house, ana):
    assert 'href="/workspace?lang=es"' in ana.read("/workspace").text

    spanish = ana.read("/workspace?lang=es")

    assert '<html lang="es">' in spanish.text
    assert '<html lang="es">' in ana.read("/workspace/members").text
    assert '<html lang="en">' in visitor(house).read("/login").text
    assert '<html lang="en">' in visitor(house).read("/login?lang=<x>").text
