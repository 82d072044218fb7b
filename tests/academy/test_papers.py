"""Certificates as files: PDF/A-3a and PDF/UA-1 with the same facts as the page, the same bytes each time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import json
import threading

import pytest
from pypdf import PdfReader

from academy import certificates, papers
from academy.certificates import CertificateFacts
from academy.papers import PaperNotPrintable, brand, handing_out, sheet, typesetting
from academy.papers.brand import Brand
from tests.academy.conftest import KEY

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ADDRESS = "https://facturo.example/certificates/9F3K-7QWX-2M8D-VT4H-P6RB"
FACTS = CertificateFacts(
    code="9F3K-7QWX-2M8D-VT4H-P6RB",
    person_name="Íñigo Núñez",
    email="inigo@example.com",
    course_key=KEY,
    course_version=3,
    title={"es": "Fundamentos de facturación", "en": "Invoicing basics"},
    score=69.9999,
    pass_mark=66.5,
    issued_at=dt.datetime(2026, 11, 21, 23, 30, tzinfo=dt.UTC),
    issued_on=dt.date(2026, 11, 22),
    expires_at=dt.datetime(2027, 11, 23, tzinfo=dt.UTC),
    expires_on=dt.date(2027, 11, 22),
    status="valid",
)
BRAND = Brand("Facturo", "#0c6a57", None)
LONG = (
    "María de los Ángeles Guadalupe Fernández-Echeverría y Álvarez de Toledo Núñez de la Peña Ibargüengoitia"
)
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="9" height="9"><circle r="9"/></svg>'


@pytest.fixture
def printed(app):
    """The PDF of these facts, changed like this: `printed("es", person_name=…)`."""

    def printed(locale: str = "en", brand: Brand = BRAND, **changes) -> bytes:
        facts = dataclasses.replace(FACTS, **changes)
        with app.app_context():
            inputs = sheet.inputs(facts, brand, ADDRESS, locale)
        return typesetting.pdf(inputs, facts.issued_at, None)

    return printed


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


@ONE
@pytest.mark.parametrize("locale", ["es", "en"])
def test_the_file_says_that_it_is_made_for_archives_and_for_everybody(printed, locale):
    file = read(printed(locale))
    root, xmp = file.trailer["/Root"], file.xmp_metadata.stream.get_data().decode()

    assert "<pdfaid:part>3</pdfaid:part>" in xmp and "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert root["/MarkInfo"]["/Marked"].value and "/StructTreeRoot" in root
    assert root["/Lang"] == locale and root["/ViewerPreferences"]["/DisplayDocTitle"].value
    title = {"es": "Certificado: Fundamentos de facturación", "en": "Certificate: Invoicing basics"}[locale]
    assert file.metadata.title == title and file.metadata.author == "Facturo"
    assert file.metadata.creation_date == FACTS.issued_at


@ONE
def test_it_says_what_the_page_says(printed):
    spanish, english = words(printed("es")), words(printed("en"))

    for each in ("Íñigo Núñez", FACTS.code, ADDRESS, "Facturo"):
        assert each in spanish and each in english
    for each in ("22 de noviembre de 2026", "22 de noviembre de 2027", "69,9 % (se pedía 66,5 %)"):
        assert each in spanish.replace("\N{NO-BREAK SPACE}", " ")
    for each in ("November 22, 2026", "November 22, 2027", "69.9% (66.5% needed)", "Invoicing basics"):
        assert each in english


@ONE
def test_what_never_expires_says_no_day(printed):
    assert "Expires" not in words(printed(expires_at=None, expires_on=None))


@ONE
def test_the_same_facts_make_the_same_bytes_and_others_do_not(printed):
    assert printed("es") == printed("es") != printed("en")
    assert printed() != printed(person_name="Íñigo Núñes")


@ONE
@pytest.mark.parametrize("name", [LONG, "W" * 200, "Ana " * 50, "a\u0301\u0302b", "Олена Шевченко", ""])
def test_any_name_stays_on_one_sheet(printed, name):
    file = printed(person_name=name, title={"es": "T " * 100, "en": "Electronic " * 18})

    assert len(read(file).pages) == 1
    if name == LONG:
        assert LONG in words(file).replace("- ", "-")


@ONE
@pytest.mark.parametrize(
    "name", ["#panic()", "$x$ *b* _i_ `r`", '"); #import "@preview/x:1.0.0"', "\\ @a <b> =c"]
)
def test_names_are_data_and_never_instructions(printed, name):
    assert " ".join(name.split()) in words(printed(person_name=name))


@ONE
def test_what_no_font_can_write_is_refused_by_name(printed):
    with pytest.raises(PaperNotPrintable, match="田"):
        printed(person_name="田中 太郎")


@ONE
def test_a_logo_stands_in_for_the_name_with_the_name_as_its_text(printed):
    plain, with_logo = printed(), printed(brand=dataclasses.replace(BRAND, logo=LOGO))

    assert words(plain).count("Facturo") == 1 and words(with_logo).count("Facturo") == 0
    assert b"Facturo" in with_logo and b"<pdfuaid:part>1" in with_logo


@ONE
def test_a_png_logo_is_framed_as_svg(app, printed, make_app, tmp_path):
    with app.app_context():
        png = typesetting.png(sheet.inputs(FACTS, BRAND, ADDRESS, "en"), None)
    path = tmp_path / "logo.png"
    path.write_bytes(png)
    found = brand.of(make_app(certificate_logo=path).extensions["plg.settings"])

    assert found.logo and 'viewBox="0 0 1204 852"' in found.logo
    assert len(printed(brand=found)) > len(printed())


@ONE
def test_many_threads_print_at_once(app):
    with app.app_context():
        every = [sheet.inputs(FACTS, BRAND, ADDRESS, locale) for locale in ("es", "en")]
    made: list[str] = []

    def work(place: int) -> None:
        pdf = typesetting.pdf(every[place % 2], FACTS.issued_at, None)
        made.append(f"{place % 2} {hashlib.sha256(pdf).hexdigest()}")

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8 and len(set(made)) == 2


# --- doors ------------------------------------------------------------------------------------------


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


def test_the_address_is_the_public_one():
    assert handing_out.address_of(FACTS, "https://facturo.example") == ADDRESS
