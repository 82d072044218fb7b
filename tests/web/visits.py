"""A visitor of the hosted pages without JavaScript: reads pages, fills in their forms, opens mails."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.signups import signups
from tests.support.visitors import sign_in

PASSWORD = "correct horse battery"
SIGN_UP = {"name": "Ana García", "email": "ana@acme.example", "password": PASSWORD, "company": "Acme"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Visitor:
    """One browser."""

    client: FlaskClient
    language: str = "en"

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": "text/html", "Accept-Language": self.language}

    def read(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers, **options)

    def send(self, path: str, **fields: str) -> TestResponse:
        """A POST as it stands, without a page's token."""
        return self.client.post(path, data=fields, headers=self.headers)

    def submit(self, path: str, *, seen_on: str | None = None, **fields: str) -> TestResponse:
        """Fill in a form of the page `seen_on` (where not said: of the same path) and send it to `path`."""
        page = self.read(seen_on or path, follow_redirects=True).text
        found = _TOKEN.search(page)
        assert found, f"no form on {seen_on or path}:\n{page[:2000]}"
        return self.send(path, csrf_token=found[1], **fields)


def visitor(app: Flask, language: str = "en") -> Visitor:
    return Visitor(app.test_client(), language)


def mails(app: Flask, to: str) -> list[OutgoingMail]:
    """Every mail to an address, oldest first."""
    with app.app_context():
        query = select(OutgoingMail).where(OutgoingMail.email == to).order_by(OutgoingMail.id)
        return list(db.session.scalars(query))


def link_to(app: Flask, address: str, template: str) -> str:
    """The path of the first link in the newest mail of this template."""
    newest = [mail for mail in mails(app, address) if mail.template == template][-1]
    link = re.search(r"https?://\S+", newest.text)
    assert link, newest.text
    return urlsplit(link[0]).path


def count(app: Flask, model: type, *where: object) -> int:
    with app.app_context():
        found = db.session.scalar(select(func.count()).select_from(model).where(*where))  # type: ignore[arg-type]
        return found or 0


def sign_up(app: Flask, who: Visitor | None = None, **changed: str) -> Visitor:
    """A visitor who has signed up, and not yet confirmed."""
    who = who or visitor(app)
    answer = who.submit("/signup", **(SIGN_UP | changed))
    assert answer.status_code == 303, answer.text
    return who


def signed_up(app: Flask, **changed: str) -> Visitor:
    """A visitor who has signed up, confirmed, and is signed in (the tests of the sign-up walk through its pages)."""
    form = SIGN_UP | changed
    with app.app_context():
        fields = (form[name] for name in ("email", "password", "name", "company"))
        zone = form.get("timezone", "UTC")
        made = signups.sign_up(*fields, confirmed=True, locale="en", timezone=zone)
        assert made.person is not None
        db.session.commit()
        person_id = made.person.id
    who = visitor(app)
    sign_in(who.client, person_id=person_id)
    return who
