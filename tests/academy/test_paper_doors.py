"""The doors of printed certificates: downloads, comparing a file with what was handed out, sharing."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from academy import certificates, papers
from academy.papers import brand
from tests.academy.test_papers import LOGO, ONE, read


@pytest.fixture
def earned(school):
    """The code of a certificate that Ana earned."""
    person = school.ready()
    school.pass_quiz(person)
    with school.turn():
        (certificate,) = certificates.of_person(person)
        return certificates.grouped(certificate.code)


def token(client, path: str) -> str:
    return client.get(path).get_data(as_text=True).partition('name="csrf_token" value="')[2].partition('"')[0]


def compared(client, code: str, content: bytes | None) -> tuple[int, str]:
    data = {"csrf_token": token(client, f"/certificates/{code}?lang=en")}
    if content is not None:
        data["file"] = (io.BytesIO(content), "certificate.pdf")
    answer = client.post(f"/certificates/{code}", data=data)
    return answer.status_code, answer.get_data(as_text=True)


def test_the_page_knows_every_file_that_it_handed_out(client, earned):
    got = {lang: client.get(f"/certificates/{earned}.pdf?lang={lang}") for lang in ("es", "en")}
    page = client.get(f"/certificates/{earned}").get_data(as_text=True)

    for lang, answer in got.items():
        assert answer.mimetype == "application/pdf" and answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{earned}-{lang}.pdf"'
        assert hashlib.sha256(answer.data).hexdigest() in page
        assert compared(client, earned, answer.data)[1].count("Your file is genuine.") == 1
    assert client.get(f"/certificates/{earned}.pdf?lang=es").data == got["es"].data
    assert "Your file is not genuine." in compared(client, earned, got["es"].data + b"\n")[1]
    assert "Your file is not genuine." in compared(client, earned, b"%PDF-1.7")[1]
    status, html = compared(client, earned, None)
    assert status == 422 and "Choose the PDF that you were given." in html


def test_a_file_that_was_handed_out_before_the_logo_changed_is_still_known(
    make_app, school, earned, tmp_path
):
    logo = tmp_path / "logo.svg"
    logo.write_text(LOGO)
    before = school.app.test_client().get(f"/certificates/{earned}.pdf").data
    client = make_app(certificate_logo=logo).test_client()
    after = client.get(f"/certificates/{earned}.pdf").data

    assert before != after
    for file in (before, after):
        assert "Your file is genuine." in compared(client, earned, file)[1]


def test_many_who_ask_at_once_leave_one_sum(school, earned):
    def ask():
        return papers.hand_out(certificates.find(earned), "es").sha256

    given = school.at_once([ask] * 6)
    with school.turn():
        kept = [each.sha256 for each in papers.sums(certificates.find(earned))]
    assert len(set(given)) == 1 and kept == given[:1]


@ONE
def test_a_file_of_another_certificate_is_not_taken_for_this_one(school, client, earned):
    other = school.ready("Other Person")
    school.pass_quiz(other)
    with school.turn():
        code = certificates.grouped(certificates.of_person(other)[0].code)
    file = client.get(f"/certificates/{code}.pdf").data

    assert "Your file is not genuine." in compared(client, earned, file)[1]


@ONE
@pytest.mark.parametrize("ending", ["pdf", "png"])
def test_a_code_that_was_never_issued_has_no_file(client, school, ending):
    assert client.get(f"/certificates/0000-0000-0000-0000-0000.{ending}").status_code == 404


@ONE
def test_a_name_that_cannot_be_printed_is_told_and_the_page_stands(school, client):
    person = school.ready("田中 太郎")
    school.pass_quiz(person)
    with school.turn():
        code = certificates.grouped(certificates.of_person(person)[0].code)
    answer = client.get(f"/certificates/{code}.pdf")

    assert answer.status_code == 409 and "cannot be printed yet" in answer.get_data(as_text=True)
    assert "田中 太郎" in client.get(f"/certificates/{code}").get_data(as_text=True)


@ONE
def test_a_shared_link_shows_a_picture_and_linkedin_is_filled_in(school, sign_in, client, earned):
    page = client.get(f"/certificates/{earned}?lang=es").get_data(as_text=True)
    picture = client.get(f"/certificates/{earned}.png?lang=es")

    assert (
        f'<meta property="og:image" content="http://127.0.0.1:8000/certificates/{earned}.png?lang=es">'
        in page
    )
    assert '<meta property="og:title" content="Course (es): Ana López">' in page
    assert picture.mimetype == "image/png" and picture.data.startswith(brand.PNG)
    assert "linkedin.com" not in page
    with school.turn():
        holder = certificates.find(earned).person_id
    sign_in(client, person_id=holder)
    own = client.get(f"/certificates/{earned}?lang=en").get_data(as_text=True)
    assert (
        "https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME&amp;name=Course+%28en%29&amp;"
        in own
    )
    assert f"certId={earned}" in own and "organizationName=plg" in own and "expirationYear" not in own


@ONE
def test_servers_download_it_too(app, client, secret_key, earned):
    headers = {"Authorization": f"Bearer {secret_key}"}
    told = client.get(f"/v1/academy/certificates/{earned}", headers=headers).json
    answer = client.get(f"/v1/academy/certificates/{earned}/pdf?locale=es", headers=headers)

    assert told["pdf_url"] == f"http://127.0.0.1:8000/certificates/{earned}.pdf"
    assert answer.mimetype == "application/pdf" and read(answer.data).trailer["/Root"]["/Lang"] == "es"
    assert client.get(f"/v1/academy/certificates/{earned}/pdf?locale=fr", headers=headers).status_code == 422
    assert client.get(f"/v1/academy/certificates/{earned}/pdf").status_code == 401


@ONE
def test_the_signed_credential_travels_inside_the_file(client, earned):
    file = read(client.get(f"/certificates/{earned}.pdf").data)
    told = client.get(f"/certificates/{earned}/credential.json").json

    ((name, (content,)),) = file.attachments.items()
    assert name == "credential.json" and json.loads(content) == told and "proof" in told
    (spec,) = (each.get_object() for each in file.trailer["/Root"]["/AF"])
    assert spec["/AFRelationship"] == "/Alternative" and "Open Badges" in spec["/Desc"]
    assert spec["/EF"]["/F"]["/Subtype"] == "/application/vc+ld+json"
