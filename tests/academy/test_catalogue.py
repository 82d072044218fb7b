"""Courses are found by words and filters, without regard to accents; everybody sees what they may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from academy import catalogue, enrolments, lessons, resuming
from academy.catalogue import Wish
from plg.access import user_tokens
from plg.accounts import accounts, memberships
from plg.kit.db import db
from plg.people import identities
from tests.academy.conftest import KEY
from tests.support.queries import count_queries

SHORT = {"quiz": None}


@pytest.fixture
def shelf(school):
    school.publish(
        "invoicing", **SHORT, title={"es": "Facturación fácil", "en": "Easy invoicing"}, minutes=10
    )
    about = {"es": "Sobre la facturación", "en": "On invoicing"}
    school.publish("taxes", **SHORT, title={"es": "Impuestos", "en": "Taxes"}, summary=about, minutes=40)
    school.publish("hidden", **SHORT, audience={"when": {"field": "account.name", "eq": "Acme"}})
    return school


def keys(found):
    return [each.published.key for each in found]


def test_what_is_not_public_is_there_for_who_signs_in_and_courses_cost_no_query_each(shelf):
    ana, bob = shelf.person(), shelf.person("Bob")
    with shelf.turn():
        account = accounts.open("Acme", key="acme", by=ana)
        memberships.add(account.id, ana, "member", by="tests")
        memberships.add(accounts.open("Other", key="other", by=ana).id, ana, "member", by="tests")
    shelf.publish("inside", **SHORT, audience={"public": False})
    with shelf.turn():
        catalogue.entries(ana, account.id)  # reads the versions into memory
    with shelf.turn(), count_queries(db.engine) as few:
        assert "inside" not in keys(catalogue.entries(None, None))
        assert "inside" in keys(catalogue.entries(bob, None))
        assert "hidden" in keys(catalogue.entries(ana, None))
    for number in range(8):
        shelf.publish(f"c{number}", **SHORT, audience={"roles": ["member"]}, requires=[{"course": KEY}])
    with shelf.turn():
        catalogue.entries(ana, account.id)
    with shelf.turn(), count_queries(db.engine) as many:
        for person, where in ((None, None), (bob, None), (ana, None)):
            catalogue.entries(person, where)
    assert many.count == few.count


def test_words_are_found_without_accents_in_both_languages_best_first(shelf):
    with shelf.turn():
        found = catalogue.entries(None, None)
        assert keys(found) == [KEY, "invoicing", "taxes"]
        assert keys(catalogue.search(found, Wish("FACTURACION"))) == ["invoicing", "taxes"]
        assert keys(catalogue.search(found, Wish("invoicing tax"))) == ["taxes"]
        assert keys(catalogue.search(found, Wish("lección"))) == [KEY, "invoicing", "taxes"]
        assert keys(catalogue.search(found, Wish("100%_"))) == []
        assert keys(catalogue.search(found, Wish(minutes=30))) == ["invoicing"]
        assert keys(catalogue.search(found, Wish(certificate=True))) == [KEY]


@given(st.text())
def test_plain_text_is_found_however_it_is_written(words):
    assert catalogue.plain(catalogue.plain(words)) == catalogue.plain(words)
    assert catalogue.plain(words.upper()).split() == catalogue.plain(words).split() or not words.isascii()


def test_everybody_sees_what_they_may_and_goes_on_where_they_were_last(shelf, client, publishable_key):
    ana = shelf.person()
    with shelf.turn():
        identities.claim(ana, "host-ana")
        account = accounts.open("Acme", key="acme", by=ana)
        memberships.add(account.id, ana, "member", by="tests")
        db.session.flush()
        token = user_tokens.sign("host-ana", "acme")
        stranger = user_tokens.sign("host-bob", "other")
    for key in ("taxes", KEY):
        with shelf.turn():
            enrolments.enrol(ana, key)
    with shelf.turn():
        lessons.complete(ana, "taxes", "first")
        place = resuming.last_place(ana)
        assert (place.published.key, place.step.lesson) == ("taxes", "second")

    def seen(asked: str, token: str = token):
        head = {"X-Plg-Key": publishable_key, "Authorization": f"Bearer {token}"}
        answer = client.get(f"/v1/academy/{asked}", headers=head)
        return (
            [each["key"] for each in answer.get_json()["data"]]
            if answer.status_code == 200
            else answer.status_code
        )

    assert seen("courses") == [KEY, "taxes", "hidden", "invoicing"]
    assert seen("courses?state=new&q=course") == ["hidden"]
    assert seen("courses?state=begun&max_minutes=45") == ["taxes"]
    assert seen("courses", stranger) == [KEY, "invoicing", "taxes"]
    assert seen("courses/hidden", stranger) == seen("courses/hidden/access", stranger) == 404
    head = {"X-Plg-Key": publishable_key, "Authorization": f"Bearer {stranger}"}
    refused = client.post("/v1/academy/enrolments", json={"course": "hidden"}, headers=head)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "course_not_for_you")
