"""Staff and servers import packages: looked at first, made a draft, refused with every reason, in both languages."""

from __future__ import annotations

import io
import random

import pytest

from academy import drafts
from plg.access import credentials
from plg.kit.db import db
from tests.academy.package_samples import cartridge, zipped
from tests.academy.scorm_samples import manifest, package
from tests.academy.test_authoring_in_browser import WIDE, browse  # noqa: F401 - the fixture
from tests.academy.test_authoring_pages import Staff
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PLACE = "/import_package"


@pytest.fixture
def staff(app, sign_in):
    return Staff(app, sign_in)


def file(files, name="curso.imscc"):
    return zipped(files), name


def is_draft(app, key: str) -> bool:
    with app.app_context():
        return drafts.is_there(key)


def test_staff_look_first_and_then_make_the_draft(app, staff):
    assert PLACE in staff.get()
    looked = staff.post(PLACE, 200, file=file(cartridge()), do="look")
    assert "This would become the draft facturar-bien. Nothing was saved." in looked
    assert "there are no discussions here" in looked and not is_draft(app, "facturar-bien")
    made = staff.post(PLACE, 200, file=file(cartridge()), do="make")
    assert "The draft facturar-bien was made." in made and "/facturar-bien/draft" in made
    assert "Primera factura" in staff.get("/facturar-bien/draft")
    again = staff.post(PLACE, 422, file=file(cartridge()), do="make")
    assert "There is a course with this key already." in again
    other = staff.post(PLACE, 200, file=file(cartridge()), do="make", key="facturas")
    assert "The draft facturas was made." in other


def test_a_package_that_is_not_taken_is_answered_with_every_reason(app, staff):
    harmful = cartridge() | {"../x": "x", "/y": "y"}
    told = staff.post(PLACE, 422, file=file(harmful, "mal.zip"), do="make")
    assert (
        "mal.zip was not taken." in told
        and "leads out of the package" in told
        and "is an absolute path" in told
    )
    newer = package() | {"imsmanifest.xml": manifest(version="2004 4th Edition")}
    assert "SCORM 2004 is not run here" in staff.post(PLACE, 422, file=file(newer), do="make")
    assert "Choose a file first." in staff.post(PLACE, 422, do="make")
    assert "A key has small letters" in staff.post(PLACE, 422, file=file(package()), do="make", key="No Key")
    assert not is_draft(app, "seguridad")


def test_a_large_package_is_taken_from_staff_and_from_nobody_else(app, staff, client, secret_key):
    large = cartridge() | {"files/big.csv": random.Random(1).randbytes(27_000_000)}
    said = staff.post(PLACE, 200, file=file(large), do="look")
    assert "nothing that was carried points at it" in said
    data = {"file": file(large), "dry_run": "true"}
    headers = {"Authorization": f"Bearer {secret_key}"}
    assert client.post("/v1/academy/imports", data=data, headers=headers).status_code == 413
    anonymous = client.post(f"/staff/courses{PLACE}", data={"file": file(large)})
    assert anonymous.status_code in (302, 303, 401)


def test_a_server_imports_a_package(app, client, secret_key):
    headers = {"Authorization": f"Bearer {secret_key}"}
    dry = client.post(
        "/v1/academy/imports", data={"file": file(package()), "dry_run": "true"}, headers=headers
    )
    told = dry.get_json()
    assert (told["course"], told["edition"], told["lessons"]) == ("seguridad", None, 1) and not told["faults"]
    made = client.post(
        "/v1/academy/imports", data={"file": file(package()), "course": "safety"}, headers=headers
    )
    assert made.get_json()["edition"] == 1 and is_draft(app, "safety")
    again = client.post(
        "/v1/academy/imports", data={"file": file(package()), "course": "safety"}, headers=headers
    )
    assert (again.status_code, again.get_json()["code"]) == (409, "course_exists")
    refused = client.post("/v1/academy/imports", data={"file": (io.BytesIO(b"\0"), "x.zip")}, headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "package_faulty")
    assert client.post("/v1/academy/imports", data={"file": file(package())}).status_code == 401


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_the_report_is_accessible_and_fits_the_screen(
    live_app, browse, assert_accessible, tmp_path, locale, viewport  # noqa: F811
):  # fmt: skip
    with live_app.app.app_context():
        member = credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery")
        db.session.commit()
    page = browse(locale, viewport, staff_id=member.id)
    packed = tmp_path / "curso.imscc"
    packed.write_bytes(zipped(cartridge()).getvalue())
    page.goto(f"{live_app.url}/staff/courses{PLACE}")
    page.set_input_files("input[type=file]", packed)
    page.locator("button[value=look]").click()
    page.wait_for_selector("#report")
    words = "aquí no hay debates" if locale == "es" else "there are no discussions here"
    assert words in page.content()
    assert_accessible(page)
    assert page.evaluate(WIDE)
