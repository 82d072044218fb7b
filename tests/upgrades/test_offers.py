"""The right offer at the right moment, and a request to who may buy, once."""

import pytest
from sqlalchemy import select

from plg.access import user_tokens
from plg.accounts import accounts
from plg.events.models import Event
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.offers.models import Offer
from plg.people import people
from plg.plans import assignments
from plg.upgrades import requests
from plg.upgrades.models import UpgradeRequest
from plg.upgrades.widget import widget_state
from tests.support.story import PLANS, happened, in_parallel, make_account, make_person, publish_plans


@pytest.fixture
def owner(app):
    publish_plans(app)
    return make_person(app, "olga@acme.example", "Olga")


@pytest.fixture
def member(app, owner):
    return make_person(app, "mario@acme.example", "Mario")


@pytest.fixture
def account(app, owner, member):
    return make_account(app, (owner, "owner"), (member, "member"))


@pytest.fixture
def shown(app, client, publishable_key, account):
    """What the widget is told about that person."""

    def state(person_id, locale="en"):
        return client.get(
            f"/v1/widget/state?locale={locale}", headers=headers_of(app, publishable_key, person_id, account)
        ).json

    return state


def headers_of(app, publishable_key, person_id, account):
    with app.app_context():
        token = user_tokens.sign(people.get(person_id).public_id, accounts.get(account).public_id)
        db.session.rollback()
    return {"X-Plg-Key": publishable_key, "Authorization": f"Bearer {token}"}


def use(app, worker, account, person, times):
    happened(app, "Invoice Sent", times=times, account_id=account, person_id=person)
    worker()


def test_no_offer_is_made_before_the_limit_is_near(app, worker, account, owner, shown):
    use(app, worker, account, owner, 3)
    assert shown(owner)["offer"] is None


def test_near_the_limit_the_next_plan_is_offered_and_at_the_limit_it_says_so(
    app, worker, account, owner, shown
):
    use(app, worker, account, owner, 4)
    near = shown(owner)["offer"]
    assert (near["reason"], near["plan"]["key"], near["can_buy"]) == ("limit_near", "pro", True)
    assert near["title"] == "Invoices: 4 of 5 used"
    use(app, worker, account, owner, 1)
    reached = shown(owner)["offer"]
    assert (reached["reason"], reached["id"]) == ("limit_reached", near["id"])
    assert shown(owner, "es")["offer"]["title"] == "Facturas: has llegado al máximo de 5"


def test_the_offers_price_is_in_the_accounts_own_currency(app, worker, account, owner, shown):
    prices = [*PLANS["plans"]["pro"]["prices"], {"amount": 2700, "currency": "eur", "interval": "month"}]
    pro = PLANS["plans"]["pro"] | {"prices": prices}
    publish_plans(app, PLANS | {"plans": PLANS["plans"] | {"pro": pro}})
    with app.app_context():
        accounts.describe(accounts.get(account), {"currency": "EUR"})
        db.session.commit()
    use(app, worker, account, owner, 4)

    assert shown(owner)["offer"]["plan"]["price"]["text"] == "€27 a month"


def test_who_may_not_buy_is_shown_the_offer_as_such(app, worker, account, owner, member, shown):
    use(app, worker, account, owner, 5)
    assert shown(member)["offer"]["can_buy"] is False


def test_a_dismissed_offer_stays_away_until_the_limit_is_reached(
    app, client, publishable_key, worker, account, owner, shown
):
    use(app, worker, account, owner, 4)
    offer = shown(owner)["offer"]["id"]
    headers = headers_of(app, publishable_key, owner, account)
    for _ in range(2):
        assert client.post(f"/v1/widget/offers/{offer}/dismiss", headers=headers).status_code == 200
    assert shown(owner)["offer"] is None
    use(app, worker, account, owner, 1)
    assert shown(owner)["offer"]["reason"] == "limit_reached"


def test_an_offer_of_another_account_cannot_be_dismissed(
    app, client, publishable_key, worker, account, owner, shown
):
    use(app, worker, account, owner, 4)
    offer = shown(owner)["offer"]["id"]
    stranger = make_person(app, "eve@evil.example")
    foreign = headers_of(app, publishable_key, stranger, make_account(app, (stranger, "owner"), name="Evil"))
    answer = client.post(f"/v1/widget/offers/{offer}/dismiss", headers=foreign)
    assert (answer.status_code, answer.json["code"]) == (404, "offer_not_found")
    assert shown(owner)["offer"]["id"] == offer


def test_there_is_nothing_to_offer_to_who_has_the_best_plan(app, worker, account, owner, shown):
    with app.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()
    use(app, worker, account, owner, 50)
    assert shown(owner)["offer"] is None


def test_another_plan_settles_offers_and_grants_requests(
    app, client, publishable_key, worker, account, owner, member
):
    use(app, worker, account, owner, 5)
    headers = headers_of(app, publishable_key, member, account)
    client.post("/v1/widget/upgrade-requests", json={"feature": "invoices"}, headers=headers)
    with app.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests", person_id=owner)
        db.session.commit()
    worker()
    with app.app_context():
        assert db.session.scalars(select(Offer.status)).all() == ["accepted"]
        assert db.session.scalars(select(UpgradeRequest.status)).all() == ["approved"]
        query = select(OutgoingMail.email, OutgoingMail.template).order_by(OutgoingMail.id)
        mails = db.session.execute(query).all()
    assert mails == [("olga@acme.example", "upgrade-request"), ("mario@acme.example", "upgrade-decided")]


def test_however_often_a_member_asks_the_owner_gets_one_mail(app, account, member):
    results = in_parallel(
        app, 6, lambda i: requests.send(account, feature="invoices", note="please", by=member)
    )
    assert len([made for made in results if made is not None]) == 1
    with app.app_context():
        assert db.session.scalars(select(OutgoingMail.email)).all() == ["olga@acme.example"]
        asked = select(Event.name).where(Event.name == "Upgrade Requested")
        assert len(db.session.scalars(asked).all()) == 1


def test_a_declined_request_tells_the_member_why(app, account, owner, member):
    with app.app_context():
        request = requests.send(account, feature="invoices", note="", by=member)
        db.session.commit()
        requests.decline(request.public_id, account_id=account, answer="Not before June.", by=owner)
        db.session.commit()
        mail = db.session.scalars(
            select(OutgoingMail).where(OutgoingMail.template == "upgrade-decided")
        ).one()
        assert mail.email == "mario@acme.example"
        assert "Not before June." in mail.text
        with pytest.raises(requests.UpgradeRequestNotFound):
            requests.decline(request.public_id, account_id=account, answer="", by=owner)


@pytest.mark.parametrize("attempt", range(3))
def test_a_request_that_is_declined_and_granted_at_once_is_answered_once(
    app, account, owner, member, attempt
):
    with app.app_context():
        asked = requests.send(account, feature="invoices", note="", by=member)
        db.session.commit()
    acts = [
        lambda: requests.approve_all(account, by=owner),
        lambda: requests.decline(asked.public_id, account_id=account, answer="No.", by=owner),
        lambda: requests.send(account, feature="seats", note="", by=member),
    ]

    results = in_parallel(app, 3, lambda i: acts[i]())

    failed = [each for each in results if isinstance(each, Exception)]
    assert all(isinstance(each, requests.UpgradeRequestNotFound) for each in failed)
    with app.app_context():
        status = db.session.scalar(select(UpgradeRequest.status).where(UpgradeRequest.id == asked.id))
        decided = select(OutgoingMail.text).where(OutgoingMail.template == "upgrade-decided")
        told = ["No." in text for text in db.session.scalars(decided)]
    assert told.count(True) == (status == "declined")


@pytest.mark.parametrize(
    "address", ["http://[", "//elsewhere.example", "javascript:alert(1)", "http://user@elsewhere.example/"]
)
def test_a_checkout_leads_back_to_the_product_or_to_plg_alone(
    app, client, publishable_key, account, owner, address
):
    headers = headers_of(app, publishable_key, owner, account)
    answer = client.post("/v1/widget/checkout", json={"plan": "pro", "return_url": address}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (422, "foreign_return_url")


def test_a_request_of_another_account_cannot_be_decided(app, account, owner, member):
    elsewhere = make_account(app, (owner, "owner"), name="Elsewhere")
    with app.app_context():
        request = requests.send(account, feature="invoices", note="", by=member)
        db.session.commit()
        with pytest.raises(requests.UpgradeRequestNotFound):
            requests.decline(request.public_id, account_id=elsewhere, answer="", by=owner)


def test_the_state_of_trial_usage_and_offer_is_one_query(app, account, owner):
    from plg.kit.caller import Caller
    from tests.support.queries import count_queries

    caller = Caller("user", person_id=owner, account_id=account, role="owner")
    with app.app_context():
        widget_state(caller, "en")
        with count_queries(db.engine) as queries:
            widget_state(caller, "en")
        assert queries.count == 1, queries


def test_the_hundredth_offer_of_a_worker_is_raised_like_the_first(app, worker, owner):
    """PostgreSQL plans a statement anew, without its values, after it has run a few times."""
    accounts_of_many = [make_account(app, (owner, "owner"), name=f"a{i}") for i in range(20)]
    for each in accounts_of_many:
        happened(app, "Invoice Sent", times=4, account_id=each, person_id=owner)
    worker()
    for each in accounts_of_many:
        happened(app, "Invoice Sent", account_id=each, person_id=owner)
    worker()
    with app.app_context():
        found = db.session.execute(select(Offer.account_id, Offer.reason, Offer.status)).all()
    assert sorted(found) == [(each, "limit_reached", "open") for each in sorted(accounts_of_many)]
