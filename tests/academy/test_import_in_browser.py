"""Staff import and export questions in a real browser, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from plg.access import credentials
from plg.kit.db import db
from tests.academy.conftest import KEY, School
from tests.academy.test_authoring_in_browser import WIDE, browse  # noqa: F401 - a fixture
from tests.conftest import LiveApp
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EXAM = "::uno::¿Es cierto?{T}\n\nSolo palabras.\n\n¿Cuál?{~%50%a ~%50%b ~c}\n\n[html]<u>¿Cuánto?</u>{#4}\n"


def test_questions_are_imported_on_a_phone_and_exported_at_a_desk(
    live_app: LiveApp,
    browse: Callable[..., Page],  # noqa: F811
    assert_accessible: Callable[[Page], None],
    tmp_path: Path,
) -> None:
    with live_app.app.app_context():
        staff = credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery").id
        db.session.commit()
    School(live_app.app).publish()
    exam = tmp_path / "examen.gift"
    exam.write_text(EXAM, encoding="utf-8")
    page = browse("es", PHONE, staff_id=staff)
    page.goto(f"{live_app.url}/staff/courses/{KEY}/draft/quiz/import_questions")
    assert_accessible(page)
    page.get_by_label("Archivo", exact=True).set_input_files(str(exam))
    page.get_by_role("button", name="Importar").click()
    expect(page.locator("main")).to_contain_text("Se importaron 3 de 4 preguntas.")
    look(page, assert_accessible)
    page = browse("en", DESKTOP, staff_id=staff)
    page.goto(f"{live_app.url}/staff/courses/{KEY}/draft/quiz/export_questions")
    page.get_by_role("button", name="See what it holds").click()
    expect(page.locator("main")).to_contain_text("7 of 7 questions are in the file.")
    look(page, assert_accessible)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the file").click()
    assert "[id:uno]" in Path(download.value.path()).read_text(encoding="utf-8")


def look(page: Page, assert_accessible: Callable[[Page], None]) -> None:
    assert_accessible(page)
    assert page.evaluate(WIDE)
