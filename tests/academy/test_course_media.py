"""Files of courses: brought by the folder, kept once, handed out in parts to those who take the course."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from academy import enrolments
from academy.course_folder import course_files
from academy.course_html import render_course
from academy.course_media import CHUNK
from academy.lesson_models import CourseFileChunk
from academy.schemas import Course
from plg import product_folder
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.people import people
from tests.academy.conftest import School
from tests.academy.lesson_samples import FILES, fill, whole
from tests.academy.samples import course, quiz, read, single
from tests.support.visitors import visitor

FILM = FILES["clip.webm"]


@pytest.fixture
def product(tmp_path):
    """A product folder with a course that has a lesson of each kind and an image in a text."""
    folder = fill(tmp_path / "product/academy/films")
    raw = whole()
    raw["files"] = {name: {"digest": "0" * 64, "size": 1} for name in FILES}
    raw["lessons"][2]["body"]["en"] += "\n![A shop](files/shop.png) and [the table](files/table.csv)\n"
    for name, body in course_files(Course.model_validate(raw)).items():
        if name != "files.yaml":
            (folder / name).write_text(body)
    return tmp_path / "product"


@pytest.fixture
def school(app, product):
    with app.app_context():
        product_folder.apply(app, product, prune=False, by="tests")
        db.session.commit()
    return School(app)


@pytest.fixture
def reader(app, school, sign_in):
    def make(*, enrolled: bool = True):
        person = school.person()
        if enrolled:
            with school.turn():
                enrolments.enrol(person, "films")
        client = app.test_client()
        client.csrf = sign_in(client, person_id=person)
        return client

    return make


def address(client, name: str) -> str:
    page = client.get("/academy/films/lessons/downloads").get_data(as_text=True)
    page += client.get("/academy/films/lessons/video").get_data(as_text=True)
    return page.split(f'/{name}"')[0].rpartition('"')[2] + f"/{name}"


def test_the_folder_s_files_are_kept_once_and_written_back(app, school, product, tmp_path):
    with school.turn():
        count = db.session.scalar(select(func.count()).select_from(CourseFileChunk))
        assert count == -(-len(FILM) // CHUNK) + len(FILES) - 1
        plan = product_folder.plan(app, product)
        assert {change.what for change in plan if change.section == "academy"} == {"same"}
        product_folder.export(app, tmp_path / "out")
    written = tmp_path / "out/academy/films"
    assert {path.name: path.read_bytes() for path in (written / "files").iterdir()} == FILES
    assert not (written / "files.yaml").exists()
    (product / "academy/films/files/table.csv").write_bytes(b"other")
    with school.turn():
        (changed,) = [each for each in product_folder.plan(app, product) if each.what == "changed"]
        assert changed.key == "films"


def test_a_file_that_is_missing_or_ill_named_is_a_fault_with_its_place(app, school, product):
    (product / "academy/films/files/clip.webm").rename(product / "academy/films/files/my clip.webm")
    with school.turn(), pytest.raises(FolderFaults) as refusal:
        product_folder.plan(app, product)
    assert refusal.value.errors[0].field == "academy/films/files/my clip.webm"
    (product / "academy/films/files/my clip.webm").unlink()
    with school.turn(), pytest.raises(FolderFaults) as refusal:
        product_folder.plan(app, product)
    assert "needs files/clip.webm" in refusal.value.errors[0].message


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-9", 0, 9), (f"bytes={CHUNK - 5}-{CHUNK + 5}", CHUNK - 5, CHUNK + 5), ("bytes=-7", -7, None)],
)
def test_a_player_gets_the_part_that_it_asks_for(reader, asked, first, last):
    client = reader()
    answer = client.get(address(client, "clip.webm"), headers={"Range": asked})
    wanted = FILM[first:] if last is None else FILM[first : last + 1]
    assert (answer.status_code, answer.data) == (206, wanted)
    assert answer.headers["Content-Range"].endswith(f"/{len(FILM)}")
    assert client.get(address(client, "clip.webm"), headers={"Range": "bytes=9999999-"}).status_code == 416


def test_the_whole_film_comes_without_a_range_and_is_not_sent_twice(reader):
    client = reader()
    answer = client.get(address(client, "clip.webm"))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, FILM, "video/webm")
    assert answer.headers["Accept-Ranges"] == "bytes" and "immutable" in answer.headers["Cache-Control"]
    again = client.get(address(client, "clip.webm"), headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_downloads_are_saved_and_never_opened_as_pages(reader):
    client = reader()
    page = client.get("/academy/films/lessons/downloads").get_data(as_text=True)
    assert "table.csv · 4 B" in page and 'alt="A shop"' in page
    answer = client.get(address(client, "table.csv?keep"))
    assert answer.data == FILES["table.csv"] and answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    image = client.get(address(client, "shop.png"))
    assert image.mimetype == "image/png" and image.headers["Content-Disposition"].startswith("inline")


def test_only_those_who_take_the_course_and_staff_get_its_files(app, reader, client):
    path = address(reader(), "clip.webm")
    assert reader(enrolled=False).get(path).status_code == 404
    assert client.get(path, headers={"Accept": "application/json"}).status_code == 401
    assert reader().get(path.replace("clip.webm", "../course.yaml")).status_code == 404
    assert reader().get(path.replace(path.split("/")[-2], "0" * 16)).status_code == 404
    assert visitor(app, "staff", None).client.get(path).status_code == 200


def test_a_server_fetches_files_and_lessons_on_behalf_of_a_person(school, client, secret_key):
    person = school.person()
    with school.turn():
        enrolments.enrol(person, "films")
        public_id = people.get(person).public_id
    headers = {"Authorization": f"Bearer {secret_key}"}
    base = "/v1/academy/courses/films"
    lesson = client.get(f"{base}/lessons/video?person={public_id}", headers=headers).get_json()
    assert lesson["work"]["kind"] == "video" and lesson["work"]["size"] == len(FILM)
    film = client.get(f"{base}/files/clip.webm?person={public_id}", headers=headers | {"Range": "bytes=0-3"})
    assert (film.status_code, film.data) == (206, b"film")
    told = {"person": public_id, "seconds": 5, "watched": [[0, 5]], "position": 5}
    facts = client.post(f"{base}/lessons/video/facts", json=told, headers=headers).get_json()
    assert (facts["completed"], facts["watched_percent"], facts["position_seconds"]) == (False, 0, 5)
    assert client.get(f"{base}/lessons/video/facts?person={public_id}", headers=headers).get_json() == facts
    refused = client.post(f"{base}/lessons/video/complete", json={"person": public_id}, headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "lesson_not_done")
    for broken in (
        {"watched": [[0, 1]] * 201},
        {"watched": [[0, -1]]},
        {"seconds": 1e300},
        {"position": "x"},
    ):
        body = {"person": public_id} | broken
        assert client.post(f"{base}/lessons/video/facts", json=body, headers=headers).status_code == 422


def test_a_picture_in_a_question_is_shown_from_the_course_s_files_and_must_be_there():
    asked = single("one") | {
        "text": {"es": "¿Cuál? ![Mapa](files/map.png)", "en": "Which? ![Map](files/map.png)"}
    }
    raw = course(quiz=quiz(questions=[asked]))
    with pytest.raises(ValueError, match="the question 'one' needs files/map.png"):
        read(raw)
    whole = read(raw | {"files": {"map.png": {"digest": "a" * 64, "size": 3}}})
    html = render_course("basics", whole)["questions.one.text.en"]
    assert 'src="/academy/basics/files/aaaaaaaaaaaaaaaa/map.png"' in html
