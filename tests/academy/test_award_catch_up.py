"""When the product changed, holders of older certificates are asked to catch up: said before it is done."""

import datetime as dt
import re

import pytest
import time_machine

from academy import attempts, certificates
from academy.certificate_models import CertificateStanding
from academy.certificates import catching_up
from academy.certificates.catching_up import CatchUpFaulty, Holders
from academy.certificates.standings import ReasonFaulty
from academy.moving import VersionNotLive
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.samples import quiz
from tests.academy.test_award_renewals import QUESTIONS, SHORT
from tests.academy.test_award_tasks import address, mails, work
from tests.academy.test_awards import act, facts
from tests.academy.test_cli import done, plg  # noqa: F401 - a fixture
from tests.academy.test_staff_exam_pages import staff  # noqa: F401 - a fixture

DAY = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
PATH = f"/staff/academy/learners/{KEY}/catch-up"


def earn(school, moment=DAY, name="Ana López"):
    person = school.ready(name)
    with time_machine.travel(moment):
        attempt = school.pass_quiz(person)
    with school.turn():
        return person, certificates.of_attempt(school.attempt(attempt)).code


@pytest.fixture
def changed(school):
    """Three who hold an older certificate, one of them for ten days yet; and a new version with a shorter exam."""
    school.publish(certificate={"valid_for": "2y", "reminders": [7]})
    held = {name: earn(school, name=name) for name in ("Ana", "Eva", "Gone")}
    held["Late"] = earn(school, DAY.replace(year=2022) + dt.timedelta(days=10), "Late")
    act(school, certificates.revoke, held["Gone"][1])
    school.publish(quiz=quiz(questions=QUESTIONS), certificate={"valid_for": "2y"} | SHORT)
    return held


def apply(school, **changes):
    with time_machine.travel(DAY), school.turn():
        said = {"to": 3, "within": "60d", "reason": "New rules", "by": "staff:1"} | changes
        return catching_up.apply(KEY, **said)


def test_a_dry_run_tells_whom_it_concerns_and_writes_nothing(school, changed):
    with time_machine.travel(DAY), school.turn():
        found = catching_up.plan(KEY, to=3, within="60d")
    assert found.holders == (Holders(2, sooner=2, as_before=1),)
    assert (found.last_on, found.questions, found.is_short) == (dt.date(2024, 4, 30), 2, True)
    with school.turn():
        assert db.session.query(CertificateStanding).count() == 1


def test_certificates_end_sooner_and_their_holders_hear_of_it(app, school, changed):
    person, code = changed["Ana"]
    address(school, person, locale="en")
    assert apply(school).sooner == 2
    told = facts(school, code)
    assert told.expires_on == dt.date(2024, 4, 30)
    assert facts(school, changed["Late"][1]).expires_on == dt.date(2024, 3, 11)
    assert school.events(person)[-1] == "Certificate Shortened"
    with time_machine.travel(DAY + dt.timedelta(minutes=1)):
        work(app)
    (mail,) = mails(school, "certificate-shortened")
    assert "until April 30, 2024" in mail.text and f"/academy/{KEY}" in mail.text
    assert apply(school).holders == (Holders(2, sooner=0, as_before=3),)


def test_they_renew_at_once_by_the_short_exam_and_count_from_that_end(app, school, changed):
    person, code = changed["Ana"]
    with time_machine.travel(DAY), pytest.raises(attempts.AlreadyPassed), school.turn():
        attempts.start(person, KEY)
    apply(school)
    with time_machine.travel(DAY + dt.timedelta(days=1)):
        attempt = school.pass_quiz(person)
        with school.turn():
            assert len(attempts.slots_of(school.attempt(attempt))) == 2
            new = certificates.facts_of(certificates.of_attempt(school.attempt(attempt)))
        assert (new.course_version, new.expires_on) == (3, dt.date(2026, 4, 30))
        assert facts(school, code).status == "renewed"


def test_who_does_not_catch_up_ends_then_and_once(app, school, changed):
    person, _ = changed["Eva"]
    apply(school)
    for day in (DAY + dt.timedelta(days=62), DAY.replace(year=2027)):
        with time_machine.travel(day):
            work(app)
    assert school.events(person).count("Certificate Expired") == 1


def test_a_correction_keeps_the_sooner_end(school, changed):
    _, code = changed["Ana"]
    apply(school)
    with time_machine.travel(DAY + dt.timedelta(days=1)), school.turn():
        certificates.correct(certificates.find(code), name="Ana Ruiz", reason="Married", by="staff:1")
    assert facts(school, code).expires_on == dt.date(2024, 4, 30)


def test_what_is_not_clear_is_refused(school, changed):
    with pytest.raises(VersionNotLive):
        apply(school, to=2)
    with pytest.raises(CatchUpFaulty):
        apply(school, within="soon")
    with pytest.raises(ReasonFaulty):
        apply(school, reason=" ")


def test_two_who_ask_at_once_shorten_once(school, changed):
    ask = {"to": 3, "within": "60d", "reason": "Both", "by": "staff:1"}
    with time_machine.travel(DAY):
        told = school.at_once([lambda: catching_up.apply(KEY, **ask).sooner] * 3)
    assert sorted(told) == [0, 0, 2]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_servers_and_the_command_line_ask_the_same(school, changed, client, secret_key, staff, plg):  # noqa: F811
    school.publish(certificate={})
    person, code = earn(school, dt.datetime.now(dt.UTC) - dt.timedelta(hours=1), "Now")
    school.publish(quiz=quiz(questions=QUESTIONS), certificate={"valid_for": "2y"} | SHORT)
    headers = {"Authorization": f"Bearer {secret_key}"}
    body = {"to": 5, "within": "3 months", "reason": "New rules"}
    tried = client.post(f"/v1/academy/courses/{KEY}/catch-ups", json=body, headers=headers).get_json()
    assert tried["dry_run"] and tried["holders"] == [{"version": 4, "sooner": 1, "as_before": 0}]
    assert "1 end sooner" in done(plg("catch-up", KEY, "--to", "5", "--within", "90d", "--dry-run"))
    shown = staff.post(PATH, status=200, act="try", to="5", within="60d").get_data(as_text=True)
    assert "One certificate would end sooner" in shown and "exam of 2 questions" in shown
    bare = staff.post(PATH, status=422, act="run", to="5", within="60d", reason="")
    assert "Say why" in bare.get_data(as_text=True)
    assert "A time such as" in staff.post(PATH, status=422, act="try", to="5", within="x").get_data(
        as_text=True
    )
    staff.post(PATH, status=409, act="try", to="4", within="60d")
    staff.post(PATH, act="run", to="5", within="60d", reason="New rules")
    assert facts(school, code).expires_on is not None
    assert "would end sooner." in staff.post(PATH, status=200, act="try", to="5", within="60d").get_data(
        as_text=True
    )
    assert re.search("catch-up", staff.get(f"/staff/academy/learners/{KEY}"))
    assert "Ends sooner" in staff.get(f"/staff/certificates/{certificates.grouped(code)}")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_settings_page_says_how_long_certificates_hold(school, staff):  # noqa: F811
    page = f"/staff/courses/{KEY}/draft/settings"
    whole = staff.get(page)
    assert "How long it holds" in whole
    seen = re.search(r'name="seen" value="(\d+)"', whole)
    fields = {"course.certificate.valid_for": "18 months", "course.certificate.reminders": "60, 7"}
    assert seen
    fields |= {"seen": seen[1], "csrf_token": staff.csrf}
    answer = staff.client.post(page, data=fields)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    again = staff.get(page)
    assert 'value="18 months"' in again and 'value="60, 7"' in again
    text = staff.get(f"/staff/courses/{KEY}/draft/files/course.yaml")
    assert "valid_for: 18 months" in text and "- 60" in text
