"""Certificates are renewed, by a shorter exam where the course says so, and corrected; nothing of the old is lost."""

import datetime as dt

import pytest
import time_machine
from sqlalchemy import select

from academy import attempts, certificates
from academy.certificate_models import CertificateTask
from academy.certificates import CorrectionFaulty
from academy.certificates.standings import CertificateReplaced, CertificateSuspended
from academy.models import Certificate
from plg.kit.db import db
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.samples import multiple, quiz, single
from tests.academy.test_award_tasks import expired, mails, work
from tests.academy.test_awards import NOON, act, certified, facts

NEW = {"tags": ["new"]}
QUESTIONS = [single("one"), single("two", right="c") | NEW, multiple("three") | NEW, multiple("four") | NEW]
SHORT = {"renewal": {"tags": ["new"], "questions": 2}}
END = dt.datetime(2025, 2, 1, tzinfo=dt.UTC)
IN_WINDOW = END - dt.timedelta(days=30)


def renewed(school, person, moment):
    """Pass again at this moment; the attempt."""
    with time_machine.travel(moment, tick=False):
        return school.pass_quiz(person)


def code_of(school, attempt):
    with school.turn():
        return certificates.of_attempt(school.attempt(attempt)).code


def refused(school, person, moment):
    with time_machine.travel(moment), school.turn():
        try:
            attempts.start(person, KEY)
        except attempts.AlreadyPassed:
            db.session.rollback()
            return True
        db.session.rollback()
        return False


def test_it_is_renewed_from_its_window_on_and_counts_from_the_end_of_the_old_one(school):
    person, code = certified(school)
    assert refused(school, person, END - dt.timedelta(days=62))
    attempt = renewed(school, person, IN_WINDOW)
    new = facts(school, code_of(school, attempt))
    old = facts(school, code)
    assert (new.kind, new.previous, new.chain) == ("renewal", old.code, old.code)
    assert (old.status, old.next) == ("renewed", new.code)
    assert new.expires_on == dt.date(2027, 1, 31) and new.issued_on == IN_WINDOW.date()
    assert refused(school, person, IN_WINDOW + dt.timedelta(days=1))
    assert school.events(person)[-2:] == ["Quiz Passed", "Certificate Renewed"]


def test_within_the_grace_it_follows_the_old_one_and_later_it_begins_anew(school):
    within, later = END + dt.timedelta(days=20), END + dt.timedelta(days=40)
    person, _ = certified(school)
    assert facts(school, code_of(school, renewed(school, person, within))).expires_on == dt.date(2027, 1, 31)
    person, _ = certified(school)
    assert facts(school, code_of(school, renewed(school, person, later))).expires_on == dt.date(2027, 3, 13)


def test_who_renews_in_time_sits_the_short_exam_of_the_live_version(school):
    person, _ = certified(school)
    late, _ = certified(school)
    school.publish(quiz=quiz(questions=QUESTIONS), certificate={"valid_for": "1y"} | SHORT)
    with time_machine.travel(IN_WINDOW), school.turn():
        paper = [slot.question for slot in attempts.slots_of(attempts.start(person, KEY))]
    assert len(paper) == 2 and set(paper) <= {"two", "three", "four"}
    with time_machine.travel(END + dt.timedelta(days=40)), school.turn():
        assert len(attempts.slots_of(attempts.start(late, KEY))) == 4
    attempt = school.last_attempt(person)
    with time_machine.travel(IN_WINDOW), school.turn():
        assert attempts.submit(attempt, school.right(attempt), 0, person_id=person).passed
    told = facts(school, code_of(school, attempt))
    assert told.course_version == 3 and told.expires_on == dt.date(2026, 1, 31)


def test_attempts_to_renew_are_counted_by_themselves(school):
    school.publish(quiz=quiz(max_attempts=1), certificate={"valid_for": "1y"})
    person = school.ready()
    with time_machine.travel(NOON):
        school.pass_quiz(person)
    with time_machine.travel(NOON.replace(year=2024)):
        for expected in (None, attempts.AttemptLimitReached):
            if expected is None:
                attempt = school.start(person)
                with school.turn():
                    assert not attempts.submit(attempt, {}, 0, person_id=person).passed
            else:
                with pytest.raises(expected), school.turn():
                    attempts.start(person, KEY)


def test_nothing_is_mailed_and_nothing_ends_once_it_is_renewed(app, school):
    person, _ = certified(school)
    renewed(school, person, IN_WINDOW - dt.timedelta(days=10))
    with time_machine.travel(END + dt.timedelta(days=1)):
        work(app)
    assert expired(school, person) == 0 and mails(school, "certificate-ends") == []


def test_what_was_taken_away_meanwhile_is_not_renewed(school):
    person, code = certified(school)
    with time_machine.travel(IN_WINDOW):
        attempt = school.start(person)
        act(school, certificates.suspend, code)
        with school.turn():
            assert attempts.submit(attempt, school.right(attempt), 0, person_id=person).passed
        with school.turn():
            assert certificates.of_attempt(school.attempt(attempt)) is None
    assert refused(school, person, IN_WINDOW)
    assert facts(school, code).status == "suspended"


def test_two_who_end_the_attempt_at_once_renew_once(school):
    person, code = certified(school)
    with time_machine.travel(IN_WINDOW):
        attempt = school.start(person)
        right = school.right(attempt)
        school.at_once([lambda: attempts.submit(attempt, right, 0, person_id=person).passed] * 4)
    with school.turn():
        chain = certificates.chain_of(certificates.find(code))
        assert [each.kind for each in chain] == ["first", "renewal"]


def test_a_correction_keeps_the_code_the_day_and_the_end(app, school):
    person, code = certified(school)
    with school.turn():
        certificates.correct(certificates.find(code), name="Ana  López Ruiz", reason="Misspelt", by="staff:1")
    told = facts(school, code)
    assert (told.person_name, told.kind, told.edition) == ("Ana López Ruiz", "correction", 2)
    assert (told.issued_on, told.expires_on) == (NOON.date(), dt.date(2025, 1, 31))
    with school.turn():
        first, second = certificates.chain_of(certificates.find(code))
        assert (first.person_name, first.code, second.reason) == ("Ana López", second.code, "Misspelt")
        assert [each.edition for each in certificates.of_person(person)] == [2]
        with pytest.raises(CertificateReplaced):
            certificates.suspend(first, "Too late", by="staff:1")
    with school.turn():
        mine = select(CertificateTask.name).where(CertificateTask.certificate_id == second.id)
        names = set(db.session.scalars(mine))
    assert "issuing" in names and "expiry:2025-01-31" in names
    assert school.events(person)[-1] == "Certificate Corrected"


def test_a_correction_during_the_exam_is_what_gets_renewed(school):
    person, code = certified(school)
    with time_machine.travel(IN_WINDOW):
        attempt = school.start(person)
        with school.turn():
            certificates.correct(certificates.find(code), name="Ana", reason="Shorter", by="staff:1")
        with school.turn():
            attempts.submit(attempt, school.right(attempt), 0, person_id=person)
    with school.turn():
        chain = certificates.chain_of(certificates.find(code))
        assert [(each.kind, each.edition) for each in chain] == [
            ("first", 1),
            ("correction", 2),
            ("renewal", 1),
        ]
    assert facts(school, code).status == "renewed"


def test_a_renewal_keeps_the_name_that_was_corrected_until_the_holder_is_called_otherwise(school):
    person, code = certified(school)
    for name in ("Ana Ruis", "Ana Ruiz"):
        with school.turn():
            certificates.correct(certificates.find(code), name=name, reason="Her wish", by="staff:1")
    second = code_of(school, renewed(school, person, IN_WINDOW))
    third = code_of(school, renewed(school, person, IN_WINDOW.replace(year=IN_WINDOW.year + 2)))
    assert [facts(school, each).person_name for each in (second, third)] == ["Ana Ruiz"] * 2
    with school.turn():
        people.get(person).name = "Ana Ruiz Gil"
    fourth = code_of(school, renewed(school, person, IN_WINDOW.replace(year=IN_WINDOW.year + 4)))
    assert facts(school, fourth).person_name == "Ana Ruiz Gil"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, ["name"]),
        ({"name": "Ana López"}, ["name"]),
        ({"name": " "}, ["name"]),
        ({"name": "x" * 201, "title": {"es": "Curso"}}, ["name", "title.en"]),
        ({"name": "A\x00"}, ["name"]),
    ],
)
def test_a_correction_that_corrects_nothing_is_refused(school, change, fields):
    _, code = certified(school)
    with pytest.raises(CorrectionFaulty) as refusal, school.turn():
        certificates.correct(certificates.find(code), **change, reason="Because", by="staff:1")
    assert [fault.field for fault in refusal.value.errors] == fields


def test_a_suspended_certificate_is_not_corrected_and_two_corrections_follow_one_another(school):
    _, code = certified(school)
    with school.turn():
        held = certificates.find(code)

    def correct(name):
        return certificates.correct(held, name=name, reason="Both", by="staff:1").edition

    told = school.at_once([lambda: correct("One"), lambda: correct("Two")])
    assert sorted(map(str, told)) == ["2", "certificate_replaced"]
    act(school, certificates.suspend, code)
    with pytest.raises(CertificateSuspended), school.turn():
        certificates.correct(certificates.find(code), name="Three", reason="No", by="staff:1")
    with school.turn():
        assert db.session.query(Certificate).count() == 2
