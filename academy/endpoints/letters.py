"""The academy's mails."""

from __future__ import annotations

from collections.abc import Sequence

from academy import courses
from academy.invitations import Invited
from plg.messaging import mail
from plg.web.pages.addresses import public_url


def send_invitations(course_key: str, found: Sequence[Invited], locale: str) -> None:
    """To each in their own language, else in that one. A mail that was put into the outbox before is left out."""
    course = courses.live(course_key).course
    rows = []
    for each in found:
        language = (each.person.locale if each.person else None) or locale
        context = {
            "name": each.person.name if each.person else "",
            "course": course.title.in_language(language[:2]),
            "summary": course.summary.in_language(language[:2]),
            "minutes": course.minutes,
            "url": public_url("academy_invitations.show", token=each.token),
        }
        once, person = f"course-invitation:{course_key}:{each.email}", each.person and each.person.id
        rows.append(mail.write(each.email, "course-invitation", language, context, id=once, person_id=person))
    mail.post(rows)
