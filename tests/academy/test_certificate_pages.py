"""The page of a certificate is the authority on it: it stays up whatever became of it, and says what."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from academy import certificates
from plg.kit.clock import now
from plg.people import people
from tests.academy.conftest import School

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def code(school: School) -> str:
    """Of a certificate that holds for a year."""
    school.publish(certificate={"valid_for": "1y"})
    person = school.ready()
    attempt = school.pass_quiz(person)
    with school.turn():
        return certificates.grouped(certificates.of_attempt(school.attempt(attempt)).code)


@pytest.fixture
def read(client, code):
    def read(language: str = "en") -> str:
        answer = client.get(f"/certificates/{code}?lang={language}")
        assert answer.status_code == 200
        return " ".join(answer.get_data(as_text=True).split())

    return read


def test_it_says_until_when_it_holds_and_that_it_does_today(read):
    page, spanish = read(), read("es")

    assert "This certificate is genuine." in page and "<dt>Status today</dt><dd>Valid</dd>" in page
    assert "<dt>Expires on</dt>" in page
    assert "Este certificado es auténtico." in spanish and "<dd>Vigente</dd>" in spanish


def test_an_expired_one_says_since_when(read):
    with time_machine.travel(now() + dt.timedelta(days=400)):
        page = read()

    assert "This certificate has expired." in page and "it held until" in page
    assert "This certificate is genuine." not in page and "<dd>Expired</dd>" in page


def test_a_suspended_one_says_why_and_comes_back(school, code, read):
    with school.turn():
        certificates.suspend(certificates.find(code), "An exam is looked at again", by="staff:1")
    page = read()
    assert "does not hold at the moment" in page and "An exam is looked at again" in page
    assert "staff:1" not in page
    with school.turn():
        certificates.reinstate(certificates.find(code), "All was well", by="staff:1")
    assert "This certificate is genuine." in read()


def test_a_revoked_one_stays_up_with_its_reason_and_its_file(school, client, code, read):
    before = client.get(f"/certificates/{code}.pdf?lang=en").data
    with school.turn():
        certificates.revoke(certificates.find(code), "<b>Copied</b>", by="staff:1")
    page = read("es")

    assert "&lt;b&gt;Copied&lt;/b&gt;" in page and "<dd>Revocado</dd>" in page
    assert client.get(f"/certificates/{code}.pdf?lang=en").data == before


def test_nobody_learns_an_address_from_it(school, client, code, read):
    with school.turn():
        people.get(certificates.find(code).person_id).email = "ana@acme.example"

    assert "@" not in read()


def test_it_is_asked_for_so_often_and_no_more(make_app, school, code):
    client = make_app(rate_limits=True).test_client()
    answers = [client.get(f"/certificates/{code}.pdf").status_code for _ in range(31)]

    assert answers[:30] == [200] * 30 and answers[30] == 429
