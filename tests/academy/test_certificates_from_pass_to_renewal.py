"""The life of one certificate, told through the doors that people use, with the worker between."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.people import people
from plg.trials import trials
from plg.usage import entitlements
from plg.webhooks import webhook_endpoints
from tests.academy.conftest import KEY, School
from tests.academy.test_pages import Reader, attempt_of
from tests.support.story import make_account
from tests.support.turns import Turns
from tests.support.visitors import Customer, csrf_of, visitor
from tests.trials.wording import publish as publish_trial
from tests.trials.wording import start as start_trial
from tests.webhooks.receiver import Receiver, receiving

START = dt.datetime(2030, 1, 31, 18, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
EVENTS = ("Issued", "Corrected", "Suspended", "Reinstated", "Expired", "Renewed", "Revoked")
POLICY = {
    "valid_for": "3 months",
    "renew_from": "30d",
    "grace": "30d",
    "reminders": [7],
    "rewards": [{"feature": "export"}, {"trial_days": 5}],
}


@dataclass
class Story:
    """Ana, the owner of Acme, whose trial has just begun; the day that it is; and what everybody sees."""

    school: School
    worker: Turns
    clock: time_machine.Traveller
    ana: int
    acme: int
    company: Receiver
    codes: list[str] = field(default_factory=list)

    def later(self, days: int) -> None:
        """So many days after the start; the worker has done what fell due."""
        self.clock.move_to(START + days * DAY)
        self.works()

    def works(self) -> None:
        self.worker(now=now() + dt.timedelta(seconds=5))

    def as_(self, kind: str) -> Reader:
        """A browser of Ana or of one of the staff, who has signed in today."""
        who = visitor(self.school.app, kind, Customer("acme", "Acme", self.acme, self.ana))
        return Reader(who.client, self.ana, who.csrf)

    def passes(self) -> None:
        """Ana sits the exam on its page, and is shown her certificate."""
        browser = self.as_("person")
        attempt = attempt_of(browser.post(f"/academy/{KEY}/quiz"))
        result = browser.get(browser.answer(attempt, self.school.right(attempt)).location)
        self.codes.append(re.search(r'href="/certificates/([^"]+)"', result)[1])
        for _ in ("credential", "paper", "mail"):
            self.works()

    def staff(self, door: str, **fields: str) -> None:
        self.as_("staff").post(f"/staff/certificates/{self.codes[-1]}/{door}", **fields)
        self.works()

    def public(self, path: str = "") -> bytes:
        """What anybody gets under the address of the certificate."""
        answer = self.school.app.test_client().get(f"/certificates/{self.codes[-1]}{path}")
        assert answer.status_code == 200
        return answer.data

    def page(self) -> str:
        return self.public("?lang=en").decode()

    def checked(self, path: str, content: bytes) -> str:
        """What a page that checks files says of this one, to whoever was sent it."""
        client = self.school.app.test_client()
        form = {"csrf_token": csrf_of(client), "file": (io.BytesIO(content), "sent")}
        answer = client.post(f"{path}?lang=en", data=form)
        return re.search(r'class="alert [^>]*>.*?<strong>([^<]+)</strong>', answer.text, re.S)[1]

    def mails(self) -> list[tuple[str, str]]:
        with self.school.turn():
            query = select(OutgoingMail).where(OutgoingMail.template.startswith("certificate"))
            return [
                (row.template, row.subject) for row in db.session.scalars(query.order_by(OutgoingMail.id))
            ]

    def events(self, start: str = "Certificate ") -> list[str]:
        with self.school.turn():
            query = select(Event.name).where(Event.name.startswith(start)).order_by(Event.position)
            return list(db.session.scalars(query))

    def told(self) -> list[str]:
        """What came to the company's own server, in the order of the alphabet."""
        self.school.app.extensions["plg.webhooks"].wait()
        return sorted(self.company.names)

    def may_export(self) -> bool:
        with self.school.turn():
            return entitlements.of_account(self.acme).feature("export").allowed

    def trial_days(self) -> int:
        with self.school.turn():
            trial = trials.of_account(self.acme)
            return (trial.ends_at - trial.started_at).days

    def table(self, standing: str) -> list[list[str]]:
        """The rows of the team's CSV."""
        told = self.as_("person").get(f"/workspace/certificates.csv?standing={standing}")
        return list(csv.reader(io.StringIO(told)))[1:]


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(webhooks_private_addresses=True)


@pytest.fixture
def story(app, school, worker) -> Iterator[Story]:
    with receiving() as company, time_machine.travel(START, tick=False) as clock:
        publish_trial(app)
        school.publish(certificate=POLICY)
        ana = school.ready()
        with school.turn():
            person = people.get(ana)
            person.email, person.locale = "ana@acme.example", "en"
        acme = make_account(app, (ana, "owner"), key="acme")
        start_trial(app, acme)
        with school.turn():
            heard = [f"Certificate {what}" for what in EVENTS]
            webhook_endpoints.add(company.url, events=heard, by="tests")
        worker()
        yield Story(school, worker, clock, ana, acme, company)


def test_from_the_pass_to_the_renewal_and_the_revocation(story):
    story.passes()
    first, pdf, badge = story.codes[0], story.public(".pdf?lang=en"), story.public("/badge.png")
    assert story.mails() == [("certificate-issued", "Your certificate in Course (en)")]
    assert "This certificate is genuine." in story.page() and "April 30, 2030" in story.page()
    assert story.checked("/verify", pdf) == "Your file is genuine."
    assert story.checked("/verify/badge", badge) == "This badge is valid."
    assert story.trial_days() == 19

    story.later(1)
    story.staff(
        "corrections", name="Ana Ruiz", title_es="Course (es)", title_en="Course (en)", why="She married"
    )
    corrected = story.public("/badge.svg")
    assert "Ana Ruiz" in story.page() and "Ana López" not in story.page()
    assert story.checked("/verify", pdf) == "Your file is no longer current."
    assert story.checked("/verify/badge", badge) == "This badge was corrected since."
    assert story.checked("/verify/badge", corrected) == "This badge is valid."
    assert story.trial_days() == 19

    story.staff("standing", act="suspend", reason="The exam is looked at")
    assert story.checked("/verify/badge", corrected) == "This badge is suspended."
    assert story.trial_days() == 14 and story.table("holds") == []
    story.staff("standing", act="reinstate", reason="All was well")
    assert story.checked("/verify/badge", corrected) == "This badge is valid."
    assert story.trial_days() == 19

    story.later(20)  # the trial is over: what it gave for the time of trying is gone, what was earned is not
    assert story.may_export() and story.events("Trial Ended") == ["Trial Ended"]
    story.later(85)
    assert story.mails()[-1] == ("certificate-ends", "Your certificate in Course (en) ends in 7 days")
    story.later(91)
    assert story.checked("/verify/badge", corrected) == "This badge has expired."
    assert not story.may_export() and story.events()[-1] == "Certificate Expired"

    story.later(100)
    story.passes()
    second = story.codes[-1]
    assert second != first and "Ana Ruiz" in story.page() and "July 30, 2030" in story.page()
    assert story.may_export() and story.events()[-1] == "Certificate Renewed"
    assert story.checked("/verify/badge", corrected) == "A newer badge has taken the place of this one."
    said = ["Ana López", "ana@acme.example", KEY, "Course (en)", "valid", "2030-05-11", "2030-07-30", "100.0"]
    assert story.table("holds") == [[*said, second]]

    story.staff("standing", act="revoke", reason="Somebody else sat the exam")
    assert not story.may_export() and "Somebody else sat the exam" in story.page()
    assert story.checked("/verify/badge", story.public("/badge.png")) == "This badge was revoked."
    assert story.table("holds") == [] and [row[4] for row in story.table("lapsed")] == ["revoked"]
    assert story.events() == [f"Certificate {what}" for what in EVENTS]
    assert story.told() == sorted(story.events())
