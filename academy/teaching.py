"""What the academy tells the rest of the house: where a course is, and what was learned."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from flask import url_for
from sqlalchemy import func, select

from academy import courses
from academy.certificates.finding import ends_at, taken
from academy.courses import CourseNotFound
from academy.models import Certificate, Enrolment
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.wing import Learned, Learning


def address(course: str) -> str | None:
    """The path of a course's page, None where the catalogue has no such course."""
    try:
        return url_for("academy.course", course=courses.live(course).key)
    except CourseNotFound:
        return None


def learned(account_id: int, since: dt.datetime) -> list[Learned]:
    """The courses that people of the account completed since then, those of the most people first."""
    query = select(Enrolment.course_key, func.max(Enrolment.version_id), func.count())
    query = query.where(Enrolment.account_id == account_id, Enrolment.completed_at >= since)
    query = query.group_by(Enrolment.course_key).order_by(func.count().desc(), Enrolment.course_key)
    certified = select(Certificate.course_key).join(
        Enrolment,
        (Enrolment.person_id == Certificate.person_id) & (Enrolment.course_key == Certificate.course_key),
    )
    certified = certified.where(Enrolment.account_id == account_id, Certificate.issued_at >= since).distinct()
    keys = set(db.session.scalars(certified))
    return [
        Learned(courses.published(version).course.title.model_dump(exclude_none=True), people, key in keys)
        for key, version, people in db.session.execute(query)
    ]


def certificates(person_ids: Collection[int]) -> Mapping[int, Sequence[Mapping[str, str]]]:
    """Person -> the titles of what they are certified in now, the newest first."""
    query = select(Certificate).where(Certificate.person_id.in_(person_ids)).order_by(Certificate.id.desc())
    found: dict[int, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for each in db.session.scalars(query):
        ends = ends_at(each)
        if taken(each) is None and (ends is None or ends > now()):
            found[each.person_id].setdefault(each.course_key, each.course_title)
    return {person_id: list(titles.values()) for person_id, titles in found.items()}


LEARNING = Learning(address, learned, certificates)
