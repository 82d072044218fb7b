"""The page of a certificate is the authority on it: it stays up whatever became of it, and says what."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine

from academy import certificates
from plg.kit.clock import now
from plg.people import people
from tests.academy.conftest import School
from tests.academy.test_award_tasks import mails, work

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
    picture = client.get(f"/certificates/{code}.png?lang=en").data
    with school.turn():
        certificates.revoke(certificates.find(code), "<b>Copied</b>", by="staff:1")
    page = read("es")

    assert client.get(f"/certificates/{code}.png?lang=en").data != picture
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


def file_sent(client, path: str, content: bytes | None) -> tuple[int, str]:
    csrf = client.get(f"{path}?lang=en").get_data(as_text=True).partition('name="csrf_token" value="')[2]
    data = {"csrf_token": csrf.partition('"')[0]}
    if content is not None:
        data["file"] = (io.BytesIO(content), "certificate.pdf")
    answer = client.post(path, data=data)
    return answer.status_code, answer.get_data(as_text=True)


def test_a_corrected_one_keeps_its_address_and_knows_its_earlier_file(school, client, code, read):
    before = client.get(f"/certificates/{code}.pdf?lang=en").data
    with school.turn():
        certificates.correct(certificates.find(code), name="Ana López Ruiz", reason="Married", by="staff:1")
    after = client.get(f"/certificates/{code}.pdf").data
    page = read()

    assert "Ana López Ruiz" in page and "Married" not in page and "This certificate is genuine." in page
    for path in (f"/certificates/{code}", "/verify"):
        assert "Your file is no longer current." in file_sent(client, path, before)[1]
        assert "Your file is genuine." in file_sent(client, path, after)[1]


def test_a_renewed_one_leads_to_the_newer(school, client, code, read):
    with school.turn():
        person = certificates.find(code).person_id
    with time_machine.travel(now() + dt.timedelta(days=340)):
        attempt = school.pass_quiz(person)
        with school.turn():
            newer = certificates.grouped(certificates.of_attempt(school.attempt(attempt)).code)
        page, new = read(), client.get(f"/certificates/{newer}").get_data(as_text=True)

    assert "A newer certificate has taken the place of this one." in page
    assert f'href="/certificates/{newer}"' in page and "This certificate is genuine." in new


def test_a_file_alone_leads_to_its_certificate(school, client, code):
    file = client.get(f"/certificates/{code}.pdf").data
    status, page = file_sent(client, "/verify", file)
    assert status == 200 and code in page and "Your file is genuine." in page

    for content, said in ((file + b" ", "Your file is not genuine."), (None, "Choose the PDF")):
        status, page = file_sent(client, "/verify", content)
        assert status == 422 and said in page and code not in page


def test_the_mail_of_a_certificate_leads_to_its_page_and_its_file(app, school):
    person = school.ready("Eva")
    with school.turn():
        people.get(person).email = "eva@acme.example"
    attempt = school.pass_quiz(person)
    work(app)
    with school.turn():
        code = certificates.grouped(certificates.of_attempt(school.attempt(attempt)).code)
    (mail,) = mails(school, "certificate-issued")

    for body in (mail.text, mail.html):
        assert f"http://127.0.0.1:8000/certificates/{code}.pdf" in body
