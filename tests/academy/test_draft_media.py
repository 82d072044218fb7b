"""Images and downloads are uploaded into a draft, shown in its preview, published with it, and exported again."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from academy import courses, draft_media, drafts, publishing
from academy.course_folder import course_files
from academy.section import SECTION
from plg.kit.db import db
from tests.academy.conftest import KEY, School
from tests.academy.samples import course, read
from tests.academy.test_authoring_pages import Staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1200
PDF = b"%PDF-1.7 a plan"
LESSON = "# Lesson 1\n\n![A shop](files/the-shop.png) and [the plan](files/plan.pdf)\n"


@pytest.fixture
def staff(app: Flask, school: School, sign_in: Callable[..., str]) -> Staff:
    with app.app_context():
        drafts.save(KEY, course_files(read(course())), instead_of=0, by="staff:9")
        db.session.commit()
    staff = Staff(app, sign_in)
    staff.get(f"/{KEY}/draft/files")
    return staff


def upload(staff: Staff, *files: tuple[str, bytes], status: int = 303) -> str:
    sent = [(io.BytesIO(content), name) for name, content in files]
    return staff.post(f"/{KEY}/draft/files", status, do="upload", file=sent)


def test_uploaded_files_are_seen_in_the_preview_published_and_exported(
    app: Flask, staff: Staff, tmp_path: Path
) -> None:
    page = upload(staff, ("The Shop.PNG", PNG), ("plan.pdf", PDF))
    assert "files/the-shop.png" in page and "![What it is](files/the-shop.png)" in page
    looked = staff.post(f"/{KEY}/draft/lessons/first", 200, do="look", es=LESSON, en=LESSON)
    address = re.findall(r'<img[^>]*src="([^"]+)"', looked)[0]
    assert address.startswith(f"/academy/{KEY}/files/")
    assert staff.client.get(address).data == PNG, "staff see it before it is published"
    staff.post(f"/{KEY}/draft/lessons/first", es=LESSON, en=LESSON)
    assert f'src="{address}"' in staff.get(f"/{KEY}/draft/preview/lessons/first?shown_in=en")
    staff.post(f"/{KEY}/draft/publish")
    with app.app_context():
        assert {name: about.size for name, about in courses.live(KEY).course.files.items()} == {
            "the-shop.png": len(PNG),
            "plan.pdf": len(PDF),
        }
        SECTION.write(tmp_path, SECTION.live())
        folder = tmp_path / "academy" / KEY
        assert (folder / "files" / "the-shop.png").read_bytes() == PNG
        assert (folder / "01-first.en.md").read_text() == LESSON
        definition = SECTION.read(tmp_path)[KEY]
        assert definition == SECTION.live()[KEY], "it says the same"


def test_what_is_no_picture_is_refused_by_name_and_keeps_nothing(app: Flask, staff: Staff) -> None:
    for name, content in (
        ("page.html", b"<script>alert(1)</script>"),
        ("shop.png", b"<script>alert(1)</script>"),
        ("none.pdf", b""),
        ("large.pdf", PDF + bytes(draft_media.MAX_BYTES)),
    ):
        page = upload(staff, ("plan.pdf", PDF), (name, content), status=422)
        assert f"{name} was not taken" in page, name
    assert "Choose a file first." in staff.post(f"/{KEY}/draft/files", 422, do="upload")
    with app.app_context():
        assert "files.yaml" not in drafts.work(KEY).files
    upload(staff, ("plan.pdf", PDF))
    staff.post(f"/{KEY}/draft/files", do="remove|files/plan.pdf")
    with app.app_context():
        assert "files.yaml" not in drafts.work(KEY).files


def test_a_list_that_cannot_be_read_is_not_overwritten(app: Flask, staff: Staff) -> None:
    staff.post(f"/{KEY}/draft/files/files.yaml", text="[[[")
    assert "mended as text first" in upload(staff, ("plan.pdf", PDF), status=422)
    staff.post(f"/{KEY}/draft/files", 422, do="remove|files/plan.pdf")
    with app.app_context():
        assert drafts.work(KEY).files["files.yaml"] == "[[["


def test_a_draft_that_names_what_is_not_here_says_so_when_it_is_published(app: Flask, staff: Staff) -> None:
    missing = f"ghost.pdf:\n  digest: {'ab' * 32}\n  size: 3\n"
    staff.post(f"/{KEY}/draft/files/files.yaml", text=missing)
    page = staff.post(f"/{KEY}/draft/publish")
    assert "files/ghost.pdf" in page
    with app.app_context():
        assert publishing.versions_of(KEY)[0].version == 1


def test_a_server_sends_files_as_base64(client: FlaskClient, secret_key: str, school: School) -> None:
    headers = {"Authorization": f"Bearer {secret_key}"}
    body = {"files": course_files(read(course())), "media": {"plan.pdf": base64.b64encode(PDF).decode()}}
    saved = client.put(f"/v1/academy/courses/{KEY}/draft", json=body, headers=headers).get_json()
    assert saved["faults"] == [] and "plan.pdf:" in saved["files"]["files.yaml"]
    body["media"] = {"x.svg": base64.b64encode(b"<svg/>").decode()}
    refused = client.put(f"/v1/academy/courses/{KEY}/draft", json=body, headers=headers)
    assert refused.status_code == 422 and refused.get_json()["code"] == "upload_refused"
