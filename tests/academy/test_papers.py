"""Certificates as files: PDF/A-3a and PDF/UA-1 with the same facts as the page, the same bytes each time."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import io
import subprocess
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pypdf import PdfReader

from academy.certificates import CertificateFacts
from academy.papers import PaperNotPrintable, brand, handing_out, sharing, sheet, typesetting
from academy.papers.brand import Brand
from plg.app import create_app
from plg.settings import Settings
from tests.academy.conftest import KEY
from tests.support import node

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
def test_all_that_a_reader_program_needs_is_inside(printed):
    """Fonts with their letters' meanings, the colour profile, and tags in reading order with words for pictures."""
    file = read(printed("es", dataclasses.replace(BRAND, logo=LOGO)))
    root, sheet = file.trailer["/Root"], file.pages[0]

    for font in (each.get_object() for each in sheet["/Resources"]["/Font"].values()):
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/ToUnicode" in font and "/FontFile3" in described
    assert "/DestOutputProfile" in root["/OutputIntents"][0].get_object() and not file.is_encrypted
    assert sheet["/Tabs"] == "/S"
    tags = list(tagged(root["/StructTreeRoot"]))
    kinds = [kind for kind, _ in tags]
    assert kinds[0] == "/Document" and kinds.count("/H1") == 1 and "/Link" in kinds
    told = [words for kind, words in tags if kind == "/Figure"]
    assert told[0] == "Facturo" and told[1].startswith("Código QR") and len(told) == 2


def tagged(node):
    """Each tag below, in reading order, with the words that stand for it."""
    node = node.get_object()
    if not hasattr(node, "get"):
        return
    if "/S" in node:
        yield str(node["/S"]), node.get("/Alt")
    inner = node.get("/K", [])
    inner = inner.get_object() if hasattr(inner, "get_object") else inner
    for each in inner if isinstance(inner, list) else [inner]:
        yield from tagged(each)


@ONE
def test_it_says_what_the_page_says(printed):
    spanish, english = words(printed("es")), words(printed("en"))

    for each in ("Íñigo Núñez", FACTS.code, ADDRESS, "Facturo"):
        assert each in spanish and each in english
    for each in ("22 de noviembre de 2026", "22 de noviembre de 2027", "69,9 % (se pedía 66,5 %)"):
        assert each in spanish.replace("\N{NO-BREAK SPACE}", " ")
    for each in ("November 22, 2026", "November 22, 2027", "69.9% (66.5% needed)", "Invoicing basics"):
        assert each in english


READER = """
const {PNG} = require("pngjs"), read = require("jsqr"), {readFileSync} = require("fs");
const {data, width, height} = PNG.sync.read(readFileSync(0));
process.stdout.write(read(new Uint8ClampedArray(data), width, height)?.data ?? "");
"""


@ONE
@pytest.mark.parametrize("stamp", ["", "REVOCADO"])
def test_another_program_reads_the_address_from_the_qr_code(app, stamp):
    folder = node.folder_with("qr", "jsqr@1.4.0", "pngjs@7.0.0")
    with app.app_context():
        inputs = sheet.inputs(FACTS, BRAND, ADDRESS, "es")
    picture = typesetting.png(inputs | ({"stamp": stamp} if stamp else {}), None)
    reading = ["node", "-e", READER]
    found = subprocess.run(reading, cwd=folder, input=picture, capture_output=True, timeout=60)
    assert found.stdout.decode() == ADDRESS, found.stderr.decode()


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
def test_a_wide_logo_is_made_to_fit(printed):
    wide = LOGO.replace("0 0 9 9", "0 0 900 9").replace('width="9"', 'width="900"')
    assert len(read(printed(brand=dataclasses.replace(BRAND, logo=wide))).pages) == 1


@pytest.fixture(scope="module")
def an_app(tmp_path_factory):
    return create_app(Settings(environment="test", data_dir=tmp_path_factory.mktemp("papers")))


@given(name=st.text(max_size=200), title=st.text(max_size=120))
@settings(max_examples=25)
def test_whatever_is_to_be_printed_is_one_sheet_or_a_refusal(an_app, name, title):
    facts = dataclasses.replace(FACTS, person_name=name, title={"es": title, "en": title})
    with an_app.app_context():
        inputs = sheet.inputs(facts, BRAND, ADDRESS, "en")
    with contextlib.suppress(PaperNotPrintable):
        assert len(read(typesetting.pdf(inputs, FACTS.issued_at, None)).pages) == 1


@ONE
def test_a_png_logo_is_framed_as_svg(app, printed, make_app, tmp_path):
    with app.app_context():
        png = typesetting.png(sheet.inputs(FACTS, BRAND, ADDRESS, "en"), None)
    path = tmp_path / "logo.png"
    path.write_bytes(png)
    found = brand.of(make_app(certificate_logo=path).extensions["plg.settings"])

    assert found.logo and 'viewBox="0 0 1204 852"' in found.logo
    assert len(printed(brand=found)) > len(printed())


@pytest.mark.parametrize(
    ("name", "value"),
    [("logo", "a text"), ("logo", None), ("color", "red"), ("color", "#12345g"), ("fonts", None)],
)
def test_a_brand_that_cannot_be_printed_is_refused_at_the_start(tmp_path, name, value):
    path = tmp_path / "logo.svg"
    if name == "logo" and value:
        path.write_text(value)
    given = value if name == "color" else path
    with pytest.raises(ValidationError, match=f"certificate_{name}"):
        Settings(data_dir=tmp_path, **{f"certificate_{name}": given})


def test_linkedin_is_told_until_when_it_holds():
    told = parse_qs(urlsplit(sharing.linkedin_url(FACTS, "Facturación", "Facturo & Co", ADDRESS)).query)

    assert told == {
        "startTask": ["CERTIFICATION_NAME"],
        "name": ["Facturación"],
        "organizationName": ["Facturo & Co"],
        "issueYear": ["2026"],
        "issueMonth": ["11"],
        "expirationYear": ["2027"],
        "expirationMonth": ["11"],
        "certUrl": [ADDRESS],
        "certId": [FACTS.code],
    }


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


def test_the_address_is_the_public_one():
    assert handing_out.address_of(FACTS, "https://facturo.example") == ADDRESS
