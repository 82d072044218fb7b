"""Staff see who signed up and what they did, and make and revoke API keys."""

import re

import pytest
from sqlalchemy import update

from plg.access.models import ApiKey
from plg.events.models import Cursor
from plg.kit.db import db
from tests.support.story import happened, make_person
from tests.web.visits import PASSWORD, count, signed_up, visitor


@pytest.fixture
def marta(house):
    """A member of staff, signed in."""
    from plg.access import credentials
    from plg.kit.db import db

    with house.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    who = visitor(house)
    assert who.submit("/staff/login", email="marta@example.com", password=PASSWORD).location == "/staff"
    return who


def test_home_shows_who_is_new(house, marta):
    assert "Nobody has signed up yet" in marta.read("/staff").text

    signed_up(house)

    page = marta.read("/staff").text
    assert "Ana García" in page
    assert "one new this week" in page


def test_home_shows_how_far_the_readers_of_the_log_are(house, marta, worker):
    assert "No worker has run yet" in marta.read("/staff").text

    worker()

    page = marta.read("/staff").text
    assert "readers of the log are up to date" in page
    assert '<details class="fold">' in page


def test_a_reader_of_the_log_in_trouble_is_not_folded_away(house, marta, worker):
    worker()
    with house.app_context():
        db.session.execute(update(Cursor).where(Cursor.subscriber == "usage").values(last_error="it broke"))
        db.session.commit()

    page = marta.read("/staff").text

    assert "waits after a failure" in page
    assert '<details class="fold">' not in page


def test_people_are_found_by_name_address_and_id(house, marta):
    signed_up(house)
    make_person(house, "bob_100%@acme.example", "Bob")

    assert "Ana García" in marta.read("/staff/people?q=ANA%40acme").text
    assert "Bob" not in marta.read("/staff/people?q=ANA%40acme").text
    assert "Ana García" in marta.read("/staff/people?q=ana+garc").text
    assert "Bob" in marta.read("/staff/people?q=bob_100%25").text
    assert "Nobody found" in marta.read("/staff/people?q=%25").text
    assert "Nobody found" in marta.read("/staff/people?q=_").text


def test_people_stand_on_pages(house, marta):
    for number in range(52):
        make_person(house, f"p{number}@acme.example", f"Person {number}")

    first = marta.read("/staff/people").text
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = marta.read(following).text

    assert "Person 51" in first and "Person 2<" in first and "Person 1<" not in first
    assert "Person 1<" in second and "Person 0<" in second
    assert 'rel="next"' not in second


def test_a_timeline_shows_what_a_person_did_newest_first(house, marta):
    person = make_person(house)
    happened(house, "Invoice Sent", person_id=person, properties={"total": 12, "note": "<b>x</b>"})

    page = marta.read("/staff/people/ana@acme.example").text

    assert "Invoice Sent" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page


def test_a_long_timeline_stands_on_pages(house, marta):
    person = make_person(house)
    happened(house, "Invoice Sent", times=60, person_id=person)

    first = marta.read("/staff/people/ana@acme.example").text
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")

    assert first.count("Invoice Sent") == 50
    assert marta.read(following).text.count("Invoice Sent") == 10


def test_an_unknown_person_is_not_found(house, marta):
    assert marta.read("/staff/people/nobody@acme.example").status_code == 404


@pytest.mark.parametrize(("kind", "prefix"), [("publishable", "pk_"), ("secret", "sk_")])
def test_a_new_key_is_shown_once_and_opens_the_api(house, marta, kind, prefix):
    shown = marta.submit("/staff/keys", name="Website", kind=kind)
    plain = shown.text.split('id="new-key">')[1].split("<")[0]

    assert shown.headers["Cache-Control"] == "no-store"
    assert plain.startswith(prefix)
    assert plain not in marta.read("/staff/keys").text
    answer = house.test_client().get("/v1/accounts/x", headers={"Authorization": f"Bearer {plain}"})
    assert answer.status_code == (404 if kind == "secret" else 403)


def test_a_revoked_key_opens_nothing(house, marta):
    shown = marta.submit("/staff/keys", name="Website", kind="secret")
    plain = shown.text.split('id="new-key">')[1].split("<")[0]

    revoke = re.search(r'action="(/staff/keys/\d+/revoke)"', shown.text)

    marta.submit(revoke[1], seen_on="/staff/keys")

    answer = house.test_client().get("/v1/accounts/x", headers={"Authorization": f"Bearer {plain}"})
    assert answer.status_code == 401
    assert "revoked" in marta.read("/staff/keys").text


@pytest.mark.parametrize("fields", [{"name": "", "kind": "secret"}, {"name": "x", "kind": "master"}])
def test_a_key_without_a_name_or_of_another_kind_is_not_made(house, marta, fields):
    assert marta.submit("/staff/keys", **fields).status_code == 422
    assert count(house, ApiKey) == 0
