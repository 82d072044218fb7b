"""Mails about certificates, each in its holder's language; written while nothing is held, then posted."""

from __future__ import annotations

from typing import Any

from babel.dates import format_date
from flask import current_app

from academy.certificates.tasks import Task
from academy.texts import LANGUAGES
from plg.messaging import mail
from plg.people import people
from plg.people.models import Person


def issued(task: Task) -> dict[str, Any] | None:
    """That the certificate is there, or was renewed or corrected; None where it was revoked
    meanwhile, and for somebody without an address."""
    if task.facts.status == "revoked":
        return None
    once = f"certificate:{task.certificate.code}:{task.certificate.edition}"
    return _written(task, "certificate-issued", once, {"kind": task.facts.kind})


def reminder(task: Task) -> dict[str, Any] | None:
    """That the certificate ends in so many days, and how it is renewed."""
    once, days = f"certificate-{task.name}:{task.certificate.code}", int(task.about.rpartition(":")[2])
    renewal = _address(f"/academy/{task.certificate.course_key}")
    return _written(task, "certificate-ends", once, {"days": days, "renewal": renewal})


def notice(task: Task) -> dict[str, Any] | None:
    """That the certificate ends sooner, since the course changed, and how it is renewed."""
    once, renewal = (
        f"certificate-{task.name}:{task.certificate.code}",
        _address(f"/academy/{task.certificate.course_key}"),
    )
    return _written(task, "certificate-shortened", once, {"renewal": renewal})


def post(_task: Task, written: dict[str, Any] | None) -> None:
    """Put it into the outbox, once."""
    if written is not None:
        mail.post([written])


def _written(task: Task, template: str, once: str, more: dict[str, Any]) -> dict[str, Any] | None:
    person = people.get(task.certificate.person_id)
    if not person.email:
        return None
    locale, ends = _locale(person), task.facts.expires_on
    context = {
        "name": task.facts.person_name,
        "course": task.facts.title[locale],
        "until": format_date(ends, "long", locale=locale) if ends else "",
        "url": _address(f"/certificates/{task.facts.code}"),
        "contact": current_app.extensions["plg.settings"].contact,
    }
    return mail.write(person.email, template, locale, context | more, id=once, person_id=person.id)


def _address(path: str) -> str:
    return f"{current_app.extensions['plg.settings'].public_url}{path}"


def _locale(person: Person) -> str:
    default: str = current_app.extensions["plg.settings"].default_locale
    chosen = (person.locale or default)[:2]
    return chosen if chosen in LANGUAGES else "en"
