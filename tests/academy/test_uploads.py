"""Files that are handed in: checked, kept with their attempt, and only ever handed out as downloads."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select

from academy import uploads
from academy.models import Upload
from plg.access import credentials
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.kind_samples import FILE, SHORT
from tests.academy.samples import quiz
from tests.academy.test_pages import Reader, attempt_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PDF = b"%PDF-1.7 \0\xff <script>alert(1)</script>"


@pytest.fixture
def reader(app, school, sign_in):
    school.publish(quiz=quiz(questions=[FILE, SHORT]))

    def make(person: int) -> Reader:
        client = app.test_client()
        return Reader(client, person, sign_in(client, person_id=person))

    return make


@pytest.fixture
def ana(school, reader):
    return reader(school.ready())


@pytest.fixture
def attempt(school, ana):
    """An attempt, and where its file and its text stand."""
    public_id = attempt_of(ana.post(f"/academy/{KEY}/quiz"))
    with school.turn():
        keys = [slot["question"] for slot in school.attempt(public_id).slots]
    return public_id, keys.index("file") + 1, keys.index("short") + 1


def send(ana, attempt, content=PDF, name="my work.pdf", sequence=0, number=None, **more):
    public_id, file, _ = attempt
    path = f"/academy/attempts/{public_id}/files/{number or file}"
    data = {
        "csrf_token": ana.csrf,
        "sequence": str(sequence),
        f"file-{number or file}": (io.BytesIO(content), name),
    }
    return ana.client.post(
        path, data=data | more, content_type="multipart/form-data", headers={"Accept": "text/html"}
    )


def test_a_file_is_kept_with_the_other_answers_and_comes_back_as_a_download(school, ana, attempt):
    public_id, file, short = attempt
    assert send(ana, attempt, **{f"answer-{short}": "Secretword"}).status_code == 302
    page = ana.get(f"/academy/attempts/{public_id}")
    assert "Your file is here" in page and 'value="Secretword"' in page
    path = f"/academy/attempts/{public_id}/files/{file}"
    assert f'href="{path}"' in page
    answer = ana.client.get(path)
    assert answer.data == PDF and answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my work.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    kept = re.search(rf'name="answer-{file}" value="(upl_\w+)"', page)
    assert kept
    result = ana.get(ana.answer(public_id, {file: kept[1], short: "Secretword"}, sequence=1).location)
    assert "Awaiting marks" in result and f'href="{path}"' in result


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.pdf"), (b"MZ\x90", "a.pdf"), (PDF, "a.exe"), (PDF, "a"), (PDF, ""),
        (b"%PDF-" + b"x" * 5_000_001, "a.pdf"),
    ],
    ids=["empty", "not what it says", "another type", "no type", "no name", "too large"],
)  # fmt: skip
def test_a_file_of_another_type_or_size_is_refused_and_the_other_answers_are_kept(
    school, ana, attempt, content, name
):
    public_id, file, short = attempt
    send(ana, attempt, content, name, **{f"answer-{short}": "Secretword"})
    assert "was not taken" in ana.get(f"/academy/attempts/{public_id}")
    with school.turn():
        assert school.attempt(public_id).answers == {str(short): "Secretword"}
        assert db.session.scalar(select(func.count()).select_from(Upload)) == 0


def test_a_name_cannot_leave_its_folder_nor_its_header(school, ana, attempt):
    send(ana, attempt, name="..\\../x/año\u202e.pdf")
    answer = ana.client.get(f"/academy/attempts/{attempt[0]}/files/{attempt[1]}")
    assert answer.status_code == 200 and ".." not in answer.headers["Content-Disposition"]
    with school.turn():
        assert db.session.scalars(select(Upload.name)).one() == "año.pdf"


def test_nobody_else_reads_or_sends_it(school, reader, ana, attempt, app, client, sign_in):
    send(ana, attempt)
    path = f"/academy/attempts/{attempt[0]}/files/{attempt[1]}"
    stranger = reader(school.ready("Stranger"))
    assert stranger.client.get(path).status_code == 404
    assert send(stranger, attempt).status_code == 404
    theirs = attempt_of(stranger.post(f"/academy/{KEY}/quiz"))
    with school.turn():
        upload = db.session.scalars(select(Upload.public_id)).one()
        place = [slot["question"] for slot in school.attempt(theirs).slots].index("file") + 1
    stranger.answer(theirs, {place: upload}, act="save")
    assert stranger.client.get(f"/academy/attempts/{theirs}/files/{place}").status_code == 404
    assert app.test_client().get(path, headers={"Accept": "application/json"}).status_code in (302, 401)


def test_whoever_marks_opens_it_once_it_is_handed_in(school, ana, attempt, app, sign_in):
    public_id, file, _ = attempt
    send(ana, attempt)
    with school.turn():
        staff = credentials.add_staff("s@firm.example", "Staff", "a long enough pass phrase").id
    client = app.test_client()
    sign_in(client, staff_id=staff)
    path = f"/staff/academy/marking/{public_id}/{file}"
    assert client.get(f"{path}/file").status_code == 404
    with school.turn():
        kept = school.attempt(public_id).answers[str(file)]
    ana.answer(public_id, {file: kept}, sequence=1)
    assert f'href="{path}/file"' in client.get(path).get_data(as_text=True)
    assert client.get(f"{path}/file").data == PDF


def test_no_more_files_are_kept_than_anybody_hands_in(school, ana, attempt, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 1)
    send(ana, attempt)
    assert send(ana, attempt, sequence=1).status_code == 409
    assert send(ana, attempt, number=attempt[2]).status_code == 404


def test_a_stale_page_sends_no_file(school, ana, attempt):
    public_id, _, short = attempt
    ana.answer(public_id, {short: "x"}, act="save")
    assert send(ana, attempt).status_code == 302
    assert "another window" in ana.get(f"/academy/attempts/{public_id}")
    with school.turn():
        assert db.session.scalar(select(func.count()).select_from(Upload)) == 0


def test_a_server_hands_in_a_file_for_somebody(school, ana, attempt, client, secret_key):
    public_id, file, _ = attempt
    auth = {"Authorization": f"Bearer {secret_key}"}
    path = f"/v1/academy/attempts/{public_id}/files/{file}"

    def post(content=PDF, name="work.pdf", **fields):
        data = {"file": (io.BytesIO(content), name), "sequence": "0"} | fields
        return client.post(path, data=data, headers=auth | {"Idempotency-Key": f"{name} {fields}"})

    faulty = post(name="work.exe")
    assert (faulty.status_code, faulty.get_json()["code"]) == (422, "upload_faulty")
    assert post(sequence="7").get_json()["code"] == "stale_answers"
    kept, again = post(), post()
    assert kept.status_code == 200 and again.headers["Idempotent-Replayed"] == "true"
    told = kept.get_json()
    assert told["sequence"] == 1 and told["questions"][file - 1]["answer"][0].startswith("upl_")
    assert client.get(path, headers=auth).data == PDF
    assert client.get(path[:-1] + "9", headers=auth).status_code == 404
    other = school.person("Stranger")
    with school.turn():
        assert db.session.scalar(select(func.count()).select_from(Upload)) == 1
        stranger = people.get(other).public_id
    assert client.get(f"{path}?person={stranger}", headers=auth).status_code == 404
    assert post(sequence="1", person=stranger).status_code == 404
    assert client.post(path, data={"sequence": "x"}, headers=auth).status_code == 422
