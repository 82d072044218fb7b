"""Invitations to a course: addresses are asked by mail, each once; whoever follows the link may begin."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError
from sqlalchemy import select

from academy import courses, enrolments, event_names
from academy.courses import PublishedCourse
from academy.journey_models import CourseInvitation
from academy.models import Enrolment
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import BadRequest, Fault, NotFound, Unprocessable
from plg.kit.texts import normal_address
from plg.people.models import Person

MOST = 500


class AddressesFaulty(Unprocessable):
    """Texts that are no e-mail addresses; each is named."""


class InvitationUnknown(NotFound):
    """The link was never one of ours, or the course is not there any more."""


class InvitationUsed(BadRequest):
    """Somebody else has accepted it."""


@dataclass(frozen=True)
class Invited:
    """An address that is asked now for the first time: the secret of its link, and who it is, where we know them."""

    email: str
    token: str
    person: Person | None


def invite_all(course_key: str, emails: Sequence[str], *, by: str) -> list[Invited]:
    """Ask these addresses to take the live version of the course, all or none; who was asked before is left out, by
    two who ask at the same moment, too. The number of statements does not grow. The caller writes the mails."""
    published = courses.live(course_key)
    tokens = {address: secrets.token_urlsafe(32) for address in _addresses(emails)}
    rows = [
        {"course_key": course_key, "email": address, "token_hash": _hash(token)}
        | {"invited_by": by, "invited_at": now()}
        for address, token in tokens.items()
    ]
    new = insert(CourseInvitation).values(rows).on_conflict_do_nothing().returning(CourseInvitation.email)
    asked = set(db.session.scalars(new)) if rows else set()
    known = _people(asked)
    found = [Invited(each, tokens[each], known.get(each)) for each in tokens if each in asked]
    _tell(published, found, by)
    return found


def _addresses(emails: Sequence[str]) -> list[str]:
    found: list[str] = []
    faults = [Fault("emails", f"are more than {MOST}")] if len(emails) > MOST else []
    for place, text in enumerate(emails):
        try:
            found.append(normal_address(text))
        except EmailNotValidError as error:
            faults.append(Fault(f"emails.{place}", f"{text[:100]!r} is no address: {error}"))
    if faults:
        raise AddressesFaulty(errors=faults)
    return list(dict.fromkeys(found))


def others(emails: Sequence[str], new: Sequence[str]) -> list[str]:
    """Those of sound addresses that are not among the new ones, each once."""
    return [each for each in _addresses(emails) if each not in set(new)]


def _people(addresses: set[str]) -> dict[str, Person]:
    """Who is known by an address: identified people before others, the oldest first."""
    query = select(Person).where(Person.email.in_(addresses), Person.merged_into_id.is_(None))
    rows = db.session.scalars(query.order_by(Person.identified, Person.id.desc()))
    return {person.email: person for person in rows if person.email}


def _tell(published: PublishedCourse, found: Sequence[Invited], by: str) -> None:
    about = {"course": published.key, "version": published.version, "by": by}
    name = event_names.COURSE_INVITATION_SENT
    log.store(
        [log.own(name, person_id=each.person.id if each.person else None, properties=about) for each in found]
    )


def look_at(
    token: str, person_id: int | None, *, for_update: bool = False
) -> tuple[CourseInvitation, PublishedCourse]:
    """The invitation with its course, for whom it is still open; it is not used up. for_update: held until the
    transaction ends."""
    query = select(CourseInvitation).where(CourseInvitation.token_hash == _hash(token))
    row = db.session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise InvitationUnknown("There is no such invitation.")
    if row.person_id not in (None, person_id):
        raise InvitationUsed("This invitation was accepted by somebody else.")
    try:
        return row, courses.live(row.course_key)
    except courses.CourseNotFound:
        raise InvitationUnknown("This course is not there any more.") from None


def accept(token: str, *, by: int, account_id: int | None) -> Enrolment:
    """The person begins the course, whoever it is for otherwise. Repeated by the same person: the same enrolment.
    Raises PrerequisitesMissing, and leaves the invitation open."""
    row, published = look_at(token, by, for_update=True)
    enrolment = enrolments.enrol(by, published.key, account_id=account_id, invited=True)
    row.person_id, row.accepted_at = by, row.accepted_at or now()
    return enrolment


def of_course(course_key: str, *, after: int = 0, limit: int = 100) -> list[CourseInvitation]:
    """Who was invited, the oldest first; after: the id of the last one that was seen."""
    query = select(CourseInvitation).where(CourseInvitation.course_key == course_key)
    query = query.where(CourseInvitation.id > after)
    return list(db.session.scalars(query.order_by(CourseInvitation.id).limit(limit)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
