"""How fast certificates are issued, from the pass to the mail in the outbox, and whether each is issued once.

Learners with an attempt open submit it one after the other, each in a transaction of its own: that makes the award.
Then two workers do what follows from it (credential, PDF, mail) until nothing is left. At the end all is counted.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Flask
from sqlalchemy import String, cast, func, select, update

from academy import attempts, certificate_steps, courses, enrolments, event_names, lessons
from academy.badges.models import Badge
from academy.certificate_models import CertificateTask
from academy.certificates import tasks
from academy.models import Attempt, Certificate
from academy.papers.models import CertificatePaper
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people.models import Person
from tests.bench import measuring
from tests.bench.exam import COURSE, course
from tests.bench.people import customers
from tests.bench.serving import Plg, new_plg

WORKERS = 2
AT_ONCE = 500
EACH = ("certificates", "codes", "credentials", "papers", "events", "mails", "addresses")


def main(argv: list[str]) -> None:
    parser = measuring.arguments(argv, __doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many certificates are issued")
    options = parser.parse_args(argv)
    with new_plg(options.database, folder=None) as plg:
        open_ones = _begin(plg, options.count)
        passing = _timed(lambda: _pass(plg.app, open_ones))
        following = _timed(lambda: _follow(plg.app))
        told = _counted(plg.app)
    expected = dict.fromkeys(EACH, options.count) | {"left": 0}
    assert told == expected, told
    figures: dict[str, Any] = {
        "certificates": options.count,
        "passed_per_s": options.count / passing,
        "followed_per_s": options.count / following,
        "issued_per_s": options.count / (passing + following),
        "doubled": told["certificates"] - told["codes"],
    }
    measuring.report(figures, database=options.database, concurrency=WORKERS, as_json=options.json)


def _timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _begin(plg: Plg, count: int) -> list[tuple[int, str]]:
    """Learners with an attempt open: person and attempt."""
    customers(plg, count, on_trial=False)
    with plg.app.app_context():
        whole = course() | {"certificate": {"valid_for": "2y", "reminders": [60, 30, 7]}}
        courses.publish(COURSE, whole, by="bench")
        address = "user-" + cast(Person.id, String) + "@example.com"
        db.session.execute(update(Person).values(email=address))
        found = list(db.session.scalars(select(Person.id).order_by(Person.id)))[:count]
        begun = []
        for place, person in enumerate(found, 1):
            enrolments.enrol(person, COURSE)
            lessons.complete(person, COURSE, "all")
            begun.append((person, attempts.start(person, COURSE).public_id))
            if place % AT_ONCE == 0:
                db.session.commit()
                db.session.remove()
        db.session.commit()
    return begun


def _pass(app: Flask, begun: list[tuple[int, str]]) -> None:
    for person, attempt in begun:
        with app.app_context():
            row = db.session.scalars(select(Attempt).where(Attempt.public_id == attempt)).one()
            quiz = courses.published(row.version_id).quiz
            slots = [(quiz.question(slot.question), slot.order) for slot in attempts.slots_of(row)]
            right = {n: each.chosen(each.best(order), order) for n, (each, order) in enumerate(slots, 1)}
            attempts.submit(attempt, right, 0, person_id=person)
            db.session.commit()


def _follow(app: Flask) -> None:
    def work() -> None:
        with app.app_context():
            while tasks.do_due(now(), certificate_steps.ISSUING, certificate_steps.TIMED):
                pass

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _counted(app: Flask) -> dict[str, int]:
    def count(*what: Any, **where: Any) -> int:
        return db.session.scalar(select(func.count(*what)).filter_by(**where)) or 0

    with app.app_context():
        waiting = CertificateTask.due_at <= now()
        return {
            "certificates": count(Certificate.id),
            "codes": count(Certificate.attempt_id.distinct()),
            "credentials": count(Badge.code),
            "papers": count(CertificatePaper.sha256.distinct()),
            "events": count(Event.id, name=event_names.CERTIFICATE_ISSUED),
            "mails": count(OutgoingMail.id, template="certificate-issued"),
            "addresses": count(OutgoingMail.email.distinct(), template="certificate-issued"),
            "left": db.session.scalar(select(func.count()).select_from(CertificateTask).where(waiting)) or 0,
        }
