"""Content is handed out under signed addresses alone, shut in, and only what its package holds."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from academy import drafts, publishing
from academy.course_folder import read_course
from academy.packages import importing
from academy.packages.archive import PackageFaulty
from academy.scorm import packages, passes
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Refusal
from tests.academy.conftest import School
from tests.academy.package_samples import zipped
from tests.academy.scorm_samples import RESOURCE, SCO, item, manifest, package, resource
from tests.support.visitors import a_customer, visitor

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COURSE, LESSON = "seguridad", "safety-at-work"
PLACE = f"/v1/academy/courses/{COURSE}/lessons/{LESSON}/scorm"


@pytest.fixture
def school(app):
    school = School(app)
    with school.turn():
        importing.make_draft(zipped(package()), by="tests")
        publishing.publish(COURSE, by="tests")
    return school


def begun(app):
    """A signed user who has begun the course, and the content as it was opened for them."""
    with School(app).turn():
        importing.make_draft(zipped(package()), by="tests")
        publishing.publish(COURSE, by="tests")
        customer = a_customer("ours", "Our Own Company")
    user = visitor(app, "user", customer)
    assert user.open("POST", "/v1/academy/enrolments", json={"course": COURSE}).status_code in (200, 201)
    return user, user.open("POST", PLACE, json={}).get_json()


@pytest.fixture
def learning(app):
    return begun(app)


@pytest.fixture
def learner(learning):
    return learning[0]


@pytest.fixture
def frame(learning):
    return learning[1]


def refused(files) -> dict[str, str]:
    with pytest.raises(PackageFaulty) as found:
        importing.inspect(zipped(files))
    return {fault.field: fault.message for fault in found.value.errors}


def test_a_package_becomes_a_course_and_stays_one_file_of_it():
    packed = zipped(package())
    found = importing.inspect(packed)
    course = read_course(found.files)
    work = course.lesson(LESSON).work
    assert (work.launch, work.mastery_score, work.done_by) == ("sco/index.html", 80, "completed")
    assert course.files[work.package].size == len(packed.getvalue()) and found.faults == []


def test_several_items_become_several_lessons_in_modules():
    rules = """<adlcp:prerequisites type="aicc_script">a</adlcp:prerequisites>
      <adlcp:datafromlms>x=1</adlcp:datafromlms>
      <adlcp:maxtimeallowed>0000:30:00</adlcp:maxtimeallowed><adlcp:timelimitaction>exit,message</adlcp:timelimitaction>
      <adlcp:masteryscore>n/a</adlcp:masteryscore>"""
    items = item("One", inside=item("First", "a") + item("Second", "b", rules=rules)) + item("Asset", "c")
    resources = resource("a", "a.html?x=1") + resource("b", "b.html") + resource("c", "c.html", "asset")
    files = {
        "imsmanifest.xml": manifest(items, resources),
        **dict.fromkeys(("a.html", "b.html", "c.html"), SCO),
    }
    found = importing.inspect(zipped(files))
    course = read_course(found.files)
    assert [each.key for each in course.lessons] == ["first", "second", "asset"]
    assert [each.first for each in course.modules] == ["first", "asset"]
    first, second, asset = (each.work for each in course.lessons)
    assert first.parameters == "?x=1" and asset.done_by == "opened"
    assert (second.launch_data, second.max_time_allowed, second.time_limit_action) == (
        "x=1",
        "0000:30:00",
        "exit,message",
    )
    assert {each.what for each in found.content.report.lost} == {"prerequisites", "mastery_score"}


@pytest.mark.parametrize("version", ["2004 3rd Edition", "2004 4th Edition", "CAM 1.3"])
def test_scorm_2004_is_refused_with_the_reason(version):
    told = refused(package() | {"imsmanifest.xml": manifest(version=version)})["imsmanifest.xml"]
    assert told.startswith(f"is SCORM {version}") and "export the package as SCORM 1.2" in told


def test_a_broken_package_is_refused_with_every_reason():
    items = item("Gone", "gone") + item("None", "none") + item("Out", "out") + item("Fine", "sco")
    resources = RESOURCE + resource("gone", "gone.html") + resource("out", "https://x.example/")
    assert refused(package(items=items, resources=resources)) == {
        "Gone": "opens 'gone.html', which is not in the package",
        "None": "points at no resource of the package",
        "Out": "opens 'https://x.example/', which is no file of the package",
    }


@sqlite
def test_files_come_shut_in_and_are_cached_for_as_long_as_their_address_holds(app, frame):
    base = frame["url"].removesuffix("sco/index.html")
    found = app.test_client().get(base + "sco/look.css")
    assert found.status_code == 200 and found.mimetype == "text/css" and b"font" in found.data
    policy = found.headers["Content-Security-Policy"]
    assert f"default-src {base} data: blob:" in policy and f"connect-src {base} " in policy
    assert "sandbox allow-scripts" in policy and "allow-same-origin" not in policy
    assert "allow-top-navigation" not in policy and "allow-same-origin" not in frame["sandbox"]
    assert found.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in found.headers
    assert "max-age=43200" in found.headers["Cache-Control"]
    part = app.test_client().get(base + "sco/look.css", headers={"Range": "bytes=0-3"})
    assert part.status_code == 206 and part.data == b"body"


@sqlite
def test_pages_load_the_api_before_their_own_scripts(app, frame):
    page = app.test_client().get(frame["url"]).get_data(as_text=True)
    address = re.search(r'<head><script src="([^"]+)"></script>', page)[1]
    assert address == urlsplit(frame["url"]).path.removesuffix("sco/index.html") + "~plg/runtime.js"
    assert b"LMSInitialize" in app.test_client().get(address).data


@sqlite
@pytest.mark.parametrize(
    "name", ["../x", "%2e%2e/secret", "sco/none.html", "imsmanifest.xml/..", "~plg/none", "/etc/passwd"]
)
def test_nothing_but_the_package_is_handed_out(app, frame, name):
    base = frame["url"].removesuffix("sco/index.html")
    assert app.test_client().get(base + name).status_code in (404, 308)


@sqlite
def test_an_address_that_is_changed_or_old_leads_nowhere(app, frame, learner):
    path = urlsplit(frame["url"]).path
    changed = path[:30] + ("a" if path[30] != "a" else "b") + path[31:]
    assert app.test_client().get(changed).status_code == 404
    with time_machine.travel(now().timestamp() + passes.LASTS_SECONDS + 60):
        assert app.test_client().get(path).status_code == 404


@sqlite
def test_content_writes_its_own_run_by_its_address(app, frame, learner):
    place = frame["url"].removesuffix("sco/index.html") + "~plg/run"
    word = {
        "sequence": 1,
        "values": {"cmi.core.lesson_status": "completed", "cmi.core.score.raw": "90"},
        "ended": True,
    }
    said = app.test_client().post(place, json=word)
    assert said.get_json() == {"sequence": 1, "status": "passed", "ended": True}
    assert said.headers["Access-Control-Allow-Origin"] == "*"
    told = learner.open("GET", PLACE).get_json()
    assert told["score"] == 90 and told["launches"] == 1
    faulty = app.test_client().post(place, json={"sequence": 2, "values": {"cmi.core.score.raw": "high"}})
    assert faulty.status_code == 422 and faulty.get_json()["errors"][0]["message"] == "405"
    for body in (b"", b"{", b'{"sequence": 0, "values": {}}', b'{"sequence": 3, "values": {"x": 1}}'):
        assert app.test_client().post(place, data=body).status_code == 422


@sqlite
def test_content_that_never_stops_talking_is_slowed_down(make_app):
    app = make_app(rate_limits=True)
    _, frame = begun(app)
    place = frame["url"].removesuffix("sco/index.html") + "~plg/run"
    client = app.test_client()
    answers = [client.post(place, json={"sequence": 1, "values": {}}).status_code for _ in range(241)]
    assert answers[-1] == 429 and answers[:240] == [200] * 240


@sqlite
def test_an_earlier_launch_is_over(app, frame, learner):
    learner.open("POST", PLACE, json={})
    place = frame["url"].removesuffix("sco/index.html") + "~plg/run"
    said = app.test_client().post(place, json={"sequence": 1, "values": {}})
    assert said.status_code == 409 and said.get_json()["code"] == "scorm_launch_over"


@sqlite
def test_nobody_opens_content_of_a_course_that_they_did_not_begin(app, learner):
    with School(app).turn():
        foreign = a_customer("theirs", "Foreign Company")
    stranger = visitor(app, "user", foreign)
    for method in ("POST", "GET"):
        body = {"json": {}} if method == "POST" else {}
        assert stranger.open(method, PLACE, **body).status_code in (403, 404, 409)


@sqlite
def test_a_host_of_its_own_shows_content_and_nothing_else(make_app):
    app = make_app(public_url="http://plg.example", content_url="http://content.example")
    client, (_, frame) = app.test_client(), begun(app)
    assert (
        frame["url"].startswith("http://content.example/content/") and "allow-same-origin" in frame["sandbox"]
    )
    path = urlsplit(frame["url"])
    outer = client.get(f"{path.path}?{path.query}", base_url="http://content.example")
    assert b'<iframe src="../sco/index.html"' in outer.data
    policy = outer.headers["Content-Security-Policy"]
    assert "frame-ancestors http://plg.example http://content.example" in policy
    assert client.get(path.path, base_url="http://plg.example").status_code == 404
    for other in ("/", "/academy", "/login", "/v1/openapi.json", "/static/page.js"):
        assert client.get(other, base_url="http://content.example").status_code == 404


def test_the_host_of_content_is_another_one():
    from plg.settings import Settings

    with pytest.raises(ValueError, match="another host than public_url"):
        Settings(public_url="https://plg.example", content_url="https://plg.example/")


@pytest.mark.parametrize(
    ("page", "before"),
    [
        (b"<!doctype html><html><head lang=x><title>", b"<head lang=x>"),
        (b"<!DOCTYPE html><html lang=es><body>", b"<html lang=es>"),
        (b"<!doctype html><p>", b"<!doctype html>"),
        (b"<p>", b""),
    ],
)
def test_the_script_comes_first_in_any_page(page, before):
    assert packages.with_script(page, "x.js") == page.replace(
        before, before + b'<script src="x.js"></script>', 1
    )


@sqlite
def test_a_preview_by_staff_keeps_nothing(app, school, sign_in):
    from tests.academy.test_authoring_pages import Staff

    staff = Staff(app, sign_in)
    place = f"/staff/courses/{COURSE}/draft/preview/lessons/{LESSON}/scorm"
    found = staff.client.post(place, data={"csrf_token": staff.token}).get_json()
    word = {"sequence": 1, "values": {"cmi.core.lesson_status": "completed"}, "ended": True}
    said = app.test_client().post(found["url"].removesuffix("sco/index.html") + "~plg/run", json=word)
    assert said.status_code == 200
    with app.app_context():
        from academy.lesson_models import ScormRun

        assert db.session.query(ScormRun).count() == 0


@sqlite
def test_a_course_that_is_there_is_not_overwritten(app, school):
    with app.app_context(), pytest.raises(Refusal) as refusal:
        importing.make_draft(zipped(package()), by="tests")
    assert isinstance(refusal.value, drafts.CourseExists)


names = st.text(st.sampled_from("aé <&'\"/.:\\"), max_size=8)
trees = st.recursive(
    st.builds(
        lambda title, key: (title, key, ()), names, st.sampled_from(["sco", "asset", "gone", "none", ""])
    ),
    lambda inner: st.builds(lambda title, some: (title, "", tuple(some)), names, st.lists(inner, max_size=4)),
    max_leaves=12,
)
rules = st.dictionaries(
    st.sampled_from(["masteryscore", "maxtimeallowed", "timelimitaction", "datafromlms", "prerequisites"]),
    st.sampled_from(["80", "-1", "high", "00:30:00", "exit,message", "x" * 5_000, "1e999"]),
)


@given(st.lists(trees, max_size=4), rules)
def test_any_tree_becomes_a_sound_course_or_is_refused(some, said):
    told = "".join(f"<adlcp:{name}>{value}</adlcp:{name}>" for name, value in said.items())

    def written(tree) -> str:
        title, key, inside = tree
        return item(escape(title), key, "".join(map(written, inside)), told)

    resources = RESOURCE + resource("asset", "sco/look.css", "asset") + resource("gone", "gone.html")
    try:
        found = importing.inspect(zipped(package(items="".join(map(written, some)), resources=resources)))
    except PackageFaulty as refusal:
        assert refusal.errors
    else:
        assert found.faults == [] and read_course(found.files).lessons
