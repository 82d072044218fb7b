"""Staff, servers and the command line correct certificates, suspend, reinstate and revoke them."""

import pytest

from academy import certificates
from academy.certificates import tasks
from academy.certificates.tasks import Step
from plg.kit.clock import now
from tests.academy.samples import SCRIPT
from tests.academy.test_awards import facts
from tests.academy.test_cli import done, plg  # noqa: F401 - a fixture
from tests.academy.test_staff_exam_pages import staff  # noqa: F401 - a fixture

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def code(school):
    """The code of a certificate that Ana López earned, as people read it."""
    person = school.ready()
    attempt = school.pass_quiz(person)
    with school.turn():
        return certificates.grouped(certificates.of_attempt(school.attempt(attempt)).code)


@pytest.fixture
def ask(client, secret_key):
    def run(method, path, body=None, status=200):
        headers = {"Authorization": f"Bearer {secret_key}"}
        answer = client.open(f"/v1/academy/certificates/{path}", method=method, json=body, headers=headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    return run


def test_a_server_suspends_reinstates_and_revokes_with_a_reason(ask, code):
    told = ask("POST", f"{code}/standing", {"act": "suspend", "reason": "Asked"})
    assert (told["status"], told["reason"]) == ("suspended", "Asked")
    assert ask("POST", f"{code}/standing", {"act": "reinstate", "reason": "Right"})["status"] == "valid"
    assert ask("POST", f"{code}/standing", {"act": "revoke", "reason": "Wrong"})["revoked_at"]
    again = ask("POST", f"{code}/standing", {"act": "suspend", "reason": "Asked"}, status=409)
    assert again["code"] == "certificate_revoked"
    history = ask("GET", f"{code}/history")["data"]
    assert [(each["what"], each["reason"]) for each in history] == [
        ("first", None),
        ("suspension", "Asked"),
        ("reinstatement", "Right"),
        ("revocation", "Wrong"),
    ]
    assert all(each["by"].startswith("key:") for each in history[1:])


def test_a_server_corrects_name_and_title(ask, code):
    body = {"name": "Ana Ruiz", "title": {"es": "Curso", "en": "Course"}, "reason": "Married"}
    told = ask("POST", f"{code}/corrections", body)
    assert (told["code"], told["edition"], told["name"], told["title"]["es"]) == (
        code,
        2,
        "Ana Ruiz",
        "Curso",
    )
    same = ask("POST", f"{code}/corrections", body, status=422)
    assert same["errors"][0]["field"] == "name"


def test_what_is_malformed_or_unknown_is_told(ask, code):
    assert ask("POST", f"{code}/standing", {"act": "burn", "reason": "Asked"}, status=422)
    assert ask("POST", f"{code}/standing", {"act": "suspend", "reason": ""}, status=422)
    assert ask("POST", "nobody/standing", {"act": "suspend", "reason": "x"}, status=404)
    assert ask("GET", "nobody/history", status=404)["code"] == "certificate_not_found"


def test_only_servers_change_certificates(client, publishable_key, code):
    headers = {"Authorization": f"Bearer {publishable_key}"}
    for path, body in (("standing", {"act": "revoke", "reason": "x"}), ("corrections", {"reason": "x"})):
        answer = client.post(f"/v1/academy/certificates/{code}/{path}", json=body, headers=headers)
        assert answer.status_code in (401, 403)


def test_staff_find_correct_and_suspend_it(school, staff, code):  # noqa: F811
    listed = staff.get("/staff/certificates")
    assert "Ana López" in listed and f"/staff/certificates/{code}" in listed and "Valid" in listed
    assert "Nobody with that" in staff.get("/staff/certificates?q=nobody@example.com")
    found = staff.client.get(f"/staff/certificates?q={code.lower()}")
    assert found.status_code == 302
    page = f"/staff/certificates/{code}"
    titles = {"title_es": "Course (es)", "title_en": "Course (en)"}
    bare = staff.post(f"{page}/corrections", status=422, name="Ana López", why="Nothing", **titles)
    assert "It has to differ" in bare.get_data(as_text=True)
    staff.post(f"{page}/corrections", name="Ana <b>", why="Her wish", **titles)
    told = facts(school, code)
    assert (told.person_name, told.edition) == ("Ana <b>", 2) and "Ana &lt;b&gt;" in staff.get(page)
    nothing = staff.post(f"{page}/standing", status=422, act="suspend", reason=" ")
    assert "Say why" in nothing.get_data(as_text=True)
    staff.post(f"{page}/standing", act="suspend", reason=SCRIPT)
    shown = staff.get(page)
    assert "Reinstate it" in shown and SCRIPT not in shown and "Eva Sanz" in shown
    staff.post(f"{page}/standing", act="revoke", reason="Enough")
    assert "Change how it stands" not in staff.get(page)
    late = staff.post(f"{page}/standing", status=409, act="reinstate", reason="Sorry")
    assert "Nothing was changed" in late.get_data(as_text=True)


def test_staff_see_what_failed(app, school, staff, code):  # noqa: F811
    def fails(_task):
        raise OSError("the disk is full")

    with app.app_context():
        for _ in range(2):
            tasks.do_due(now(), (Step("paper", lambda *_: None, fails),), ())
    assert "One step of issuing failed" in staff.get("/staff/certificates")
    assert "the disk is full" in staff.get(f"/staff/certificates/{code}")


def test_the_command_line_does_the_same(school, plg, code):  # noqa: F811
    assert "valid" in done(plg("certificate", "show", code))
    assert done(plg("certificate", "suspend", code, "--reason", "Asked")) == "It is suspended.\n"
    assert done(plg("certificate", "reinstate", code, "--reason", "Right")) == "It is valid.\n"
    corrected = plg("certificate", "correct", code, "--name", "Ana Ruiz", "--reason", "Married")
    assert done(corrected) == "It is edition 2 now.\n"
    assert done(plg("certificate", "revoke", code, "--reason", "Wrong")) == "It is revoked.\n"
    shown = done(plg("certificate", "show", code))
    assert "Ana Ruiz" in shown and "by command line: Wrong" in shown
    refused = plg("certificate", "suspend", code, "--reason", "Asked")
    assert refused.exit_code == 1 and "is revoked" in refused.output
    assert "no certificate" in plg("certificate", "show", "nobody").output


def test_a_page_of_fifty_goes_on_where_the_last_one_ended(school, staff, monkeypatch):  # noqa: F811
    from academy.certificates import listing

    monkeypatch.setattr(listing, "PAGE", 2)
    for name in ("One", "Two", "Three"):
        school.pass_quiz(school.ready(name))
    first = staff.get("/staff/certificates")
    assert "Three" in first and "Two" in first and ">One<" not in first
    with school.turn():
        rows, more = listing.newest()
    assert [row.person_name for row in rows] == ["Three", "Two"]
    assert ">One<" in staff.get(f"/staff/certificates?before={more}")
