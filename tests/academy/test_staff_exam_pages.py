"""What the staff do about an exam: mark it again by a corrected version, and give people more time or attempts."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from academy import attempts, certificates, enrolments, regrades
from academy.models import Enrolment, Extension, MarkChange
from plg.access import credentials
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.samples import SCRIPT, quiz, single
from tests.academy.test_pages import Reader
from tests.academy.test_quiz_analysis import take
from tests.support.story import make_account

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PATH = f"/staff/quizzes/{KEY}"


@pytest.fixture
def staff(app, school, sign_in):
    with school.turn():
        member = credentials.add_staff("eva@firm.example", "Eva Sanz", "a long enough pass phrase").id
    client = app.test_client()
    return Reader(client, member, sign_in(client, staff_id=member))


@pytest.fixture
def exam(school):
    """The key of `two` says c in version 2, and d in version 3, which is right."""
    school.publish(
        quiz=quiz(questions=[single("one"), single("two", right="c")], pass_mark=100, time_limit_minutes=9)
    )
    return school


def correct(school, right="d", **changes):
    questions = [single("one"), single("two", right=right, **changes)]
    school.publish(quiz=quiz(questions=questions, pass_mark=100, time_limit_minutes=9))


def test_a_regrade_is_tried_done_and_remembered(exam, staff):
    take(exam, exam.ready("Right <b>"), {"one": "b", "two": "d"})
    by_mistake = take(exam, exam.ready("By mistake"), {"one": "b", "two": "c"})
    correct(exam)
    assert "No result was ever changed" in staff.get(f"{PATH}/regrades")
    choice = {"version": "2", "against": "3", "policy": "revoke"}
    tried = staff.post(f"{PATH}/regrades", status=200, act="try", **choice).get_data(as_text=True)
    assert "2 results would change" in tried and "Right &lt;b&gt;" in tried
    assert "passes now" in tried and "passes no more" in tried
    with exam.turn():
        assert db.session.scalars(select(MarkChange)).all() == []
    bare = staff.post(f"{PATH}/regrades", status=422, act="run", **choice).get_data(as_text=True)
    assert "A reason is needed" in bare and "2 results would change" in bare
    staff.post(f"{PATH}/regrades", act="run", reason=f"The key {SCRIPT}", **choice)
    page = staff.get(f"{PATH}/regrades")
    assert "2 results were changed." in page and "2 by 3" in page and "Eva Sanz" in page
    assert "&lt;script&gt;" in page and SCRIPT not in page
    with exam.turn():
        assert exam.attempt(by_mistake.public_id).passed is False
    assert "Recalificaciones" in staff.get(f"{PATH}/regrades?lang=es")


def test_a_version_that_cannot_mark_them_is_said_and_nothing_changes(exam, staff):
    take(exam, exam.ready(), {"one": "b", "two": "d"})
    correct(exam, right="c", options="abc")
    choice = {"version": "2", "against": "3", "policy": "keep", "reason": "x"}
    page = staff.post(f"{PATH}/regrades", status=422, act="run", **choice).get_data(as_text=True)
    assert "This version cannot mark these attempts" in page and "has no option" in page
    staff.post(f"{PATH}/regrades", status=404, act="try", version="2", against="99")


def test_who_loses_a_certificate_and_passes_again_gets_another_one(exam):
    row = take(exam, exam.ready(), {"one": "b", "two": "c"})
    correct(exam)
    correct(exam, right="c")
    for against in (3, 2):
        with exam.turn():
            regrades.apply(KEY, version=2, against=against, policy="revoke", reason="Again", by="tests")
    with exam.turn():
        held = certificates.of_person(row.person_id)
        assert [each.revocation is None for each in held] == [True, False]
        assert certificates.of_attempt(exam.attempt(row.public_id)).code == held[0].code


def test_one_person_gets_more_time_and_the_reason_stays(exam, staff):
    person = exam.ready("Ana <i>")
    running = exam.start(person)
    with exam.turn():
        who, due = people.get(person).public_id, exam.attempt(running).due_at
    fields = {
        "whom": "person",
        "who": who,
        "minutes": "15",
        "attempts": "1",
        "reason": f"Reads slowly {SCRIPT}",
    }
    staff.post(f"{PATH}/extensions", **fields)
    page = staff.get(f"{PATH}/extensions")
    assert "Given to one person." in page and "Ana &lt;i&gt;" in page and "Eva Sanz" in page
    assert "Reads slowly &lt;script&gt;" in page and SCRIPT not in page
    with exam.turn():
        assert exam.attempt(running).due_at == due + dt.timedelta(minutes=15)
        assert enrolments.of(person, KEY).extra_attempts == 1
        assert db.session.scalars(select(Extension.given_by)).one() == f"staff:{staff.person}"
    assert "Ampliaciones" in staff.get(f"{PATH}/extensions?lang=es")


def test_a_whole_account_gets_more_attempts(exam, staff, app):
    ana, luis, eva = (exam.ready(name) for name in ("Ana", "Luis", "Other"))
    account = make_account(app, key="acme")
    with exam.turn():
        for person in (ana, luis):
            enrolments.of(person, KEY).account_id = account
    running = exam.start(ana)
    staff.post(
        f"{PATH}/extensions", whom="account", who="acme", attempts="2", minutes="5", reason="Power cut"
    )
    assert "Given to 2 people." in staff.get(f"{PATH}/extensions")
    with exam.turn():
        rows = {each.person_id: each.extra_attempts for each in db.session.scalars(select(Enrolment))}
        assert rows == {ana: 2, luis: 2, eva: 0}
        row = exam.attempt(running)
        assert row.due_at == row.started_at + dt.timedelta(minutes=14)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"minutes": "-1"}, "A whole number from 0 to 10080"),
        ({"minutes": "1e3"}, "A whole number from 0 to 10080"),
        ({"attempts": "101"}, "A whole number from 0 to 100"),
        ({"reason": " "}, "Say why"),
        ({"who": "nobody@example.com"}, "Nobody is known by that"),
        ({"who": "nobody@example.com", "whom": "account"}, "Nobody is known by that"),
        ({"who": "STRANGER"}, "They have not begun this course"),
    ],
)
def test_what_cannot_be_given_is_said_beside_its_field(exam, staff, fields, fault):
    ana, other = exam.ready(), exam.person("Stranger")
    with exam.turn():
        who, stranger = people.get(ana).public_id, people.get(other).public_id
    given = {"whom": "person", "who": who, "minutes": "5", "attempts": "0", "reason": "Why"} | fields
    given["who"] = given["who"].replace("STRANGER", stranger)
    page = staff.post(f"{PATH}/extensions", status=422, **given).get_data(as_text=True)
    assert fault in page and re.search(r'aria-invalid="true"', page)
    with exam.turn():
        assert db.session.scalars(select(Extension)).all() == [] and attempts.extensions(KEY) == []


def test_only_staff_see_and_do_it(exam, app, sign_in):
    client, person = app.test_client(), exam.ready()
    ana = Reader(client, person, sign_in(client, person_id=person))
    for path in (f"{PATH}/regrades", f"{PATH}/extensions"):
        assert client.get(path, headers={"Accept": "application/json"}).status_code == 403
        ana.post(path, status=403, accept="application/json", act="run", reason="Mine")


def test_a_server_gives_extensions_to_one_or_to_all(exam, app, client, secret_key):
    person, account = exam.ready(), make_account(app, key="acme")
    with exam.turn():
        who = people.get(person).public_id
        enrolments.of(person, KEY).account_id = account
    auth, path = {"Authorization": f"Bearer {secret_key}"}, f"/v1/academy/quizzes/{KEY}/extensions"

    def give(status, **body):
        answer = client.post(path, json={"extra_attempts": 2, "reason": "Why"} | body, headers=auth)
        assert answer.status_code == status
        return answer.get_json()

    assert give(200, person=who)["people"] == 1
    told = give(200, account="acme", extra_attempts=3)
    assert (told["person"], told["account"], told["people"], told["extra_attempts"]) == (None, "acme", 1, 3)
    assert give(422)["code"] == give(422, person=who, account="acme")["code"] == "one_of_two_needed"
    assert give(404, account="nothing")["code"] == "account_not_found"
    other = make_account(app, key="empty")
    assert other and give(404, account="empty")["code"] == "nobody_enrolled"
