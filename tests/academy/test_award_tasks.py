"""What follows from an award is done once: whoever dies meanwhile, however many workers there are."""

import datetime as dt
import functools
import threading
from collections import Counter
from itertools import count

import pytest
import time_machine
from sqlalchemy import select, update

from academy import certificate_steps, certificates, papers
from academy.badges.models import Badge
from academy.certificate_models import CertificateTask
from academy.certificates import tasks
from academy.certificates.tasks import Step
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people.models import Person
from tests.academy.test_awards import NOON, act, certified

SOON = dt.timedelta(seconds=1)


def address(school, person, email="ana@example.com", locale="es"):
    with school.turn():
        db.session.execute(update(Person).where(Person.id == person).values(email=email, locale=locale))


def mails(school, template=None):
    with school.turn():
        query = select(OutgoingMail).order_by(OutgoingMail.id)
        return [each for each in db.session.scalars(query) if template in (None, each.template)]


def work(app, moment=None, issuing=certificate_steps.ISSUING):
    """What the worker does until nothing is due."""
    with app.app_context():
        while tasks.do_due(moment or now(), issuing, certificate_steps.TIMED):
            pass


def expired(school, person):
    return school.events(person).count("Certificate Expired")


def test_the_holder_gets_one_mail_with_the_address_of_the_certificate(app, school):
    person, code = certified(school)
    address(school, person)
    work(app)
    work(app, now() + dt.timedelta(days=1))
    (mail,) = mails(school)  # its reminders are of a day that has passed
    assert mail.subject == "Tu certificado de Course (es)"
    assert f"/certificates/{certificates.grouped(code)}" in mail.text and mail.email == "ana@example.com"
    assert "válido hasta el 31 de enero de 2025" in mail.text and "válido hasta el 31" in mail.html


def test_the_end_is_told_once_and_reminders_come_before_it(app, school):
    person, code = certified(school)
    address(school, person, locale="en")
    work(app, NOON)
    for day in (NOON.replace(year=2024), NOON.replace(year=2025, day=1, hour=10)):
        for _ in range(2):
            with time_machine.travel(day):
                work(app)
    (first,) = mails(school, "certificate-ends")
    assert first.subject == "Your certificate in Course (en) ends in 30 days"
    with time_machine.travel(NOON.replace(year=2025)):
        work(app)
    assert expired(school, person) == 0 and len(mails(school, "certificate-ends")) == 2
    for days in (1, 2):
        with time_machine.travel(NOON.replace(year=2025) + dt.timedelta(days=days)):
            work(app)
    assert expired(school, person) == 1


def test_whoever_lost_the_certificate_hears_nothing_of_its_end(app, school):
    person, code = certified(school)
    address(school, person)
    act(school, certificates.suspend, code)
    with time_machine.travel(NOON.replace(year=2025, day=2)):
        work(app)
        assert mails(school, "certificate-ends") == []
    act(school, certificates.revoke, code)
    with time_machine.travel(NOON.replace(year=2026)):
        work(app)
    assert expired(school, person) == 0


class Killed(BaseException):
    """The process is gone; nothing in it can catch that."""


class Books:
    """Steps that leave a mail each as their trace, and count how often they prepared."""

    def __init__(self):
        self.prepared = Counter()
        self.fails = set()
        self.steps = tuple(
            Step(kind, functools.partial(self._keep, kind), functools.partial(self._prepare, kind))
            for kind in ("credential", "paper", "mail")
        )

    def _prepare(self, kind, task):
        self.prepared[kind] += 1
        if kind in self.fails:
            raise OSError("no disk")
        return f"{kind} of {task.facts.code}"

    def _keep(self, kind, task, result):
        row = OutgoingMail(message_id=f"<{threading.get_ident()}{now()}>", email="x@example.com", locale="es")
        row.template, row.subject, row.text, row.html = kind, result, "", ""
        row.created_at, row.attempts = now(), 0
        db.session.add(row)
        db.session.flush()


def left(school):
    """The traces of all steps, in order."""
    return [mail.template for mail in mails(school)]


def test_steps_follow_one_another_and_one_that_fails_is_tried_again(app, school):
    school.pass_quiz(school.ready())
    books = Books()
    books.fails.add("paper")
    work(app, issuing=books.steps)
    assert left(school) == ["credential"]
    work(app, now() + dt.timedelta(seconds=30), issuing=books.steps)
    with school.turn():
        row = db.session.scalars(select(CertificateTask).where(CertificateTask.name == "paper")).one()
        assert row.failures == 1 and "no disk" in row.error
    books.fails.clear()
    work(app, now() + dt.timedelta(minutes=2), issuing=books.steps)
    assert left(school) == ["credential", "paper", "mail"]


def test_a_worker_that_dies_at_any_point_loses_nothing_and_doubles_nothing(app, school, monkeypatch):
    commit, point = db.session.commit, {"falls_at": None, "at": 0}

    def step():
        point["at"] += 1
        if point["at"] == point["falls_at"]:
            raise Killed

    def watched():
        step()
        commit()
        step()

    books = Books()
    for falls_at in count(1):
        school.pass_quiz(school.ready())
        monkeypatch.setattr(db.session, "commit", watched)
        point |= {"falls_at": falls_at, "at": 0}
        died = False
        with app.app_context():
            try:
                while tasks.do_due(now(), books.steps, ()):
                    pass
            except Killed:
                died = True
                db.session.rollback()
        monkeypatch.setattr(db.session, "commit", commit)
        work(app, now() + tasks.LEASE + SOON, books.steps)
        assert left(school) == ["credential", "paper", "mail"] * falls_at
        if not died:
            break
    assert falls_at > 15


def test_the_steps_that_there_are_survive_a_death_at_any_point(app, school, monkeypatch):
    """Credential, paper and mail of one certificate, each there once, wherever the worker fell."""
    commit, point = db.session.commit, {"falls_at": None, "at": 0}

    def watched():
        commit()
        point["at"] += 1
        if point["at"] == point["falls_at"]:
            raise Killed

    for falls_at in count(1):
        person = school.ready(f"Ana {falls_at}")
        address(school, person, f"ana{falls_at}@example.com")
        school.pass_quiz(person)
        monkeypatch.setattr(db.session, "commit", watched)
        point |= {"falls_at": falls_at, "at": 0}
        died = False
        with app.app_context():
            try:
                while tasks.do_due(now(), certificate_steps.ISSUING, ()):
                    pass
            except Killed:
                died = True
                db.session.rollback()
        monkeypatch.setattr(db.session, "commit", commit)
        work(app, now() + tasks.LEASE + SOON)
        with school.turn():
            (certificate,) = certificates.of_person(person)
            assert db.session.query(Badge).filter_by(code=certificate.code).count() == 1
            assert [each.locale for each in papers.sums(certificate)] == ["es"]
        assert [mail.email for mail in mails(school)][falls_at - 1 :] == [f"ana{falls_at}@example.com"]
        if not died:
            break
    assert falls_at > 7


def test_of_two_workers_each_does_what_the_other_does_not(app, school):
    people = [school.ready(f"Person {number}") for number in range(6)]
    for person in people:
        school.pass_quiz(person)
    books = Books()

    def run():
        with app.app_context():
            for _ in range(12):
                tasks.do_due(now() + tasks.LEASE + SOON, books.steps, (), limit=2)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert Counter(left(school)) == dict.fromkeys(("credential", "paper", "mail"), 6)
    assert len({mail.subject for mail in mails(school)}) == 18


def test_what_was_prepared_twice_is_kept_once(app, school):
    """A slow worker whose lease is over comes back when another one is done."""
    school.pass_quiz(school.ready())
    books = Books()

    def hangs(task):
        with app.app_context():
            work(app, now() + tasks.LEASE + SOON, books.steps)
        return "late"

    late = (Step("credential", books.steps[0].keep, hangs), *books.steps[1:])
    with app.app_context():
        assert tasks.do_due(now() + SOON, books.steps, ()) == 1
        assert tasks.do_due(now() + SOON, late, ()) == 1
    assert left(school) == ["credential", "paper", "mail"]
    assert "late" not in {mail.subject for mail in mails(school)}


@pytest.mark.parametrize("kind", ["reminder", "expiry"])
def test_tasks_of_a_calendar_wait_for_their_day(app, school, kind):
    certified(school)
    with time_machine.travel(NOON):
        work(app)
        with school.turn():
            query = select(CertificateTask).where(CertificateTask.name.startswith(kind))
            assert all(row.done_at is None and row.due_at > NOON for row in db.session.scalars(query))
