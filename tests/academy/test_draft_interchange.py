"""Questions of other formats come into drafts, and go out: by page, by API and by command, with one report."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from academy import drafts
from plg.kit.strict_yaml import read_yaml
from tests.academy.conftest import KEY, School
from tests.academy.test_authoring_pages import Staff, files
from tests.academy.test_cli import done, plg, refused  # noqa: F401 - a fixture among them
from tests.academy.test_moodle_xml import PIXEL, answer

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

GIFT = b"::one::Is it?{T}\n\nOnly words.\n\nWhich?{~%50%a ~%50%b ~c}\n"
IMPORT, EXPORT = f"/{KEY}/draft/quiz/import_questions", f"/{KEY}/draft/quiz/export_questions"


@pytest.fixture
def staff(app: Flask, school: School, sign_in: Callable[..., str]) -> Staff:
    return Staff(app, sign_in)


def sent(name: str, data: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def questions(app: Flask, part: str = "quiz.yaml") -> list[dict[str, object]]:
    return list(read_yaml(files(app)[part])["questions"])


def test_staff_look_first_then_import_into_the_quiz_and_read_what_was_left_out(
    app: Flask, staff: Staff
) -> None:
    before = len(questions(app))
    staff.get(IMPORT)
    page = staff.post(IMPORT, 200, file=sent("a.gift", GIFT), do="look")
    assert "2 of 3 questions can be imported. Nothing was saved." in page
    assert "is a description without a question" in page and "choosing everything would earn marks" in page
    assert len(questions(app)) == before
    page = staff.post(IMPORT, 200, file=sent("a.gift", GIFT), do="import")
    assert "2 of 3 questions were imported." in page and "2 questions are in the draft." in page
    keys = [each["key"] for each in questions(app)]
    assert len(keys) == before + 2 and "one-2" in keys, "the quiz has a question of that key already"
    with app.app_context():
        assert drafts.check(drafts.work(KEY).files).faults == []


def test_pictures_come_with_the_questions_into_a_bank(app: Flask, staff: Staff) -> None:
    question = (
        '<question type="truefalse"><name><text>Seen</text></name><questiontext format="html">'
        "<text>&lt;img src='@@PLUGINFILE@@/map.png' alt='Map'&gt;</text>"
        f'<file name="map.png" encoding="base64">{PIXEL}</file></questiontext>'
        f"{answer(100, 'true')}{answer(0, 'false')}</question>"
    )
    staff.get(IMPORT)
    sent_file = sent("exam.xml", f"<quiz>{question}</quiz>".encode())
    staff.post(IMPORT, 200, file=sent_file, into="bank", bank="maps", do="import")
    (held,) = questions(app, "banks/maps.yaml")
    name = held["text"]["en"].partition("files/")[2].rstrip(">)")  # type: ignore[index]
    assert name in read_yaml(files(app)["files.yaml"])
    assert "maps" in staff.get(IMPORT)


def test_two_files_are_one_in_both_languages(app: Flask, staff: Staff) -> None:
    es, en = (
        "::uno::¿Es verdad?{T#No.}\n\n¿Capital?{=Madrid}\n",
        "::one::Is it true?{T#No!}\n\nCapital?{=Madrid city}\n",
    )
    staff.get(IMPORT)
    both = {"file": sent("a.es.gift", es.encode()), "english": sent("a.en.gift", en.encode())}
    staff.post(IMPORT, 200, **both, into="bank", bank="vat", do="import")
    first, second = questions(app, "banks/vat.yaml")
    assert first["text"] == {"es": "¿Es verdad?", "en": "Is it true?"} and first["key"] == "uno"
    assert [each["text"] for each in second["answers"]] == ["Madrid", "Madrid city"]  # type: ignore[attr-defined]
    fewer = {"file": sent("a.gift", es.encode()), "english": sent("b.gift", b"Is it?{T}")}
    assert "b.gift: has 1 questions" in staff.post(IMPORT, 422, **fewer, do="import")
    unlike = {"file": sent("a.gift", b"Es?{T}"), "english": sent("b.gift", b"Is it?{F}")}
    assert "differ in more than words" in staff.post(IMPORT, 200, **unlike, do="look")


@pytest.mark.parametrize("bank", ["", "vat"])
def test_a_course_without_a_quiz_gets_one(app: Flask, school: School, staff: Staff, bank: str) -> None:
    school.publish("plain", quiz=None)
    path = "/plain/draft/quiz/import_questions"
    staff.get(path)
    staff.post(path, 200, file=sent("a.gift", GIFT), into="bank" if bank else "quiz", bank=bank, do="import")
    with app.app_context():
        checked = drafts.check(drafts.work("plain").files)
        assert (
            checked.faults == []
            and checked.course
            and checked.course.quiz
            and checked.course.quiz.length == 2
        )


def test_what_cannot_be_read_and_what_somebody_else_saved_meanwhile_is_told(app: Flask, staff: Staff) -> None:
    staff.get(IMPORT)
    assert "Choose a file first." in staff.post(IMPORT, 422, do="import")
    page = staff.post(IMPORT, 422, file=sent("x.xml", b"<quiz>\n<question></quiz>"), do="import")
    assert "x.xml: line 2: is no XML" in page
    assert "A bank is named by small letters" in staff.post(
        IMPORT, 422, file=sent("a.gift", GIFT), into="bank", bank="No Bank", do="import"
    )
    staff.post(IMPORT, 200, file=sent("a.gift", GIFT), do="import")
    staff.seen = "0"
    page = staff.post(IMPORT, 409, file=sent("a.gift", GIFT), do="import")
    assert "Somebody else saved this draft meanwhile" in page


def test_staff_see_what_a_format_cannot_hold_and_download_the_file(app: Flask, staff: Staff) -> None:
    page = staff.get(f"{EXPORT}?format=moodle&language=en&part=all")
    assert "4 of 4 questions are in the file." in page and "a file holds one language" in page
    answer = staff.client.get(f"/staff/courses{EXPORT}?format=moodle&language=en&part=all&download=1")
    assert answer.mimetype == "application/xml" and "attachment" in answer.headers["Content-Disposition"]
    assert b"Question one (en)" in answer.data and b"(es)" not in answer.data
    assert "There is no question to write." in staff.get(f"{EXPORT}?format=gift&part=none")


def test_a_server_imports_and_exports(client: FlaskClient, secret_key: str, school: School) -> None:
    headers = {"Authorization": f"Bearer {secret_key}"}
    body = {"name": "a.gift", "content": base64.b64encode(GIFT).decode()}
    url = f"/v1/academy/courses/{KEY}/draft/questions"
    tried = client.post(f"{url}/import", json=body | {"dry_run": True}, headers=headers)
    assert (tried.status_code, tried.json["edition"], tried.json["report"]["carried"]) == (200, None, 2)
    kept = client.post(f"{url}/import", json=body | {"bank": "vat", "edition": 0}, headers=headers)
    assert kept.json["edition"] == 1 and len(kept.json["questions"]) == 2
    stale = client.post(f"{url}/import", json=body | {"edition": 0}, headers=headers)
    assert (stale.status_code, stale.json["code"]) == (409, "draft_changed")
    out = client.get(f"{url}/export?format=aiken&bank=vat", headers=headers).json
    assert (out["name"], out["report"]["found"], out["report"]["carried"]) == (f"{KEY}.es.aiken.txt", 2, 1)
    assert b"ANSWER: A" in base64.b64decode(out["content"])
    for wrong, code in (({"format": "word"}, "format_unknown"), ({"format": "moodle"}, "file_unreadable")):
        answer = client.post(f"{url}/import", json=body | wrong, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (422, code)
    assert client.post(f"{url}/import", json=body).status_code == 401
    assert client.get(f"{url}/export?bank=none", headers=headers).status_code == 404


def test_a_command_brings_a_folder_and_writes_a_file(plg, school: School, app: Flask, tmp_path: Path) -> None:  # noqa: F811
    folder = tmp_path / "exams"
    folder.mkdir()
    (folder / "a.gift").write_bytes(GIFT)
    (folder / "c.es.gift").write_bytes("¿Sí?{T}".encode())
    (folder / "c.en.gift").write_bytes(b"Yes?{T}")
    (folder / "b.xml").write_bytes(b"<quiz><question>")
    assert "Give --course, or --dry-run" in refused(plg("questions", "import", str(folder)))
    tried = refused(plg("questions", "import", str(folder), "--dry-run", "--json"))
    first, second, third = json.loads(tried)
    assert (first["carried"], second["refused"][0]["where"]) == (2, "b.xml: line 1")
    assert (third["file"], third["questions"]) == ("c.es.gift", ["question-1"])
    told = refused(plg("questions", "import", str(folder), "--course", KEY, "--bank", "vat"))
    assert "a.gift: 2 of 3 questions carried (GIFT)" in told and "b.xml: line 1: is no XML" in told
    brought = questions(app, "banks/vat.yaml")
    assert len(brought) == 3, "the sound files are brought all the same"
    assert brought[2]["text"] == {"es": "¿Sí?", "en": "Yes?"}
    out = tmp_path / "out.gift"
    done(plg("questions", "export", KEY, "--format", "gift", "--bank", "vat", "--out", str(out)))
    assert out.read_text().count("[id:") == 3
