"""The mails about a trial that waits, and about one that no longer does."""

from __future__ import annotations

from flask import current_app

from plg.accounts import accounts
from plg.messaging import mail
from plg.people import people


def tell_held(person_id: int, account_id: int, *, id: str) -> None:
    """Staff look at it: what happens next, and how to reach us. id: the same one is written once."""
    _write("trial-held", person_id, account_id, id)


def tell_released(person_id: int, account_id: int, *, id: str) -> None:
    _write("trial-released", person_id, account_id, id)


def _write(template: str, person_id: int, account_id: int, id: str) -> None:
    person, settings = people.get(person_id), current_app.extensions["plg.settings"]
    if person.email is None:
        return
    context = {
        "name": person.name,
        "account": accounts.get(account_id).name,
        "url": f"{settings.public_url}/workspace",
        "contact": settings.contact,
    }
    locale = person.locale or settings.default_locale
    mail.send(person.email, template, locale, context, id=id, person_id=person.id)
