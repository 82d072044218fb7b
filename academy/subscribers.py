"""What the academy does because something happened."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, func, select, update

from academy import attempts, by_rule, done_in_product, event_names, lesson_facts, paths, practice, surveys
from academy.certificates import rewards
from academy.journey_models import CourseInvitation, PathEnrolment
from academy.lesson_models import LessonFacts, ScormRun, SurveyAnswers
from academy.models import EXPIRED, IN_PROGRESS, Attempt, Certificate, Enrolment, Extension, LessonCompletion
from academy.scorm import runs
from plg.events.stream import Batch
from plg.kit.clock import now
from plg.kit.db import db, insert


def on_people_merged(batch: Batch) -> None:
    """What a merged record learned becomes the survivor's; nothing earned is lost."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        theirs, joining = {each.course_key: each for each in _held(into)}, _held(gone)
        for model in (Attempt, Certificate, CourseInvitation, LessonFacts, ScormRun, SurveyAnswers):
            db.session.execute(update(model).where(model.person_id == gone).values(person_id=into))
        for enrolment in joining:
            if enrolment.course_key in theirs:
                _join(enrolment, theirs[enrolment.course_key])
            else:
                enrolment.person_id = into
        db.session.flush()
        _join_paths(gone, into)


def on_courses_completed(batch: Batch) -> None:
    """Who completed a course may have completed a learning path by it."""
    paths.settle({event.person_id for event in batch.events if event.person_id is not None}, now())


STANDING: Final = frozenset(
    {
        event_names.CERTIFICATE_ISSUED,
        event_names.CERTIFICATE_RENEWED,
        event_names.CERTIFICATE_CORRECTED,
        event_names.CERTIFICATE_EXPIRED,
        event_names.CERTIFICATE_REVOKED,
        event_names.CERTIFICATE_SUSPENDED,
        event_names.CERTIFICATE_REINSTATED,
    }
)
"""What `on_certificates_changed` hears."""


def on_certificates_changed(batch: Batch) -> None:
    """What certificates promise is given while they hold, and taken back when they do not."""
    rewards.follow({event.properties["chain"] for event in batch.events if "chain" in event.properties})


def on_any_event(batch: Batch) -> None:
    """Whoever acts may be one of those whom a course enrols by rule."""
    by_rule.enrol({(event.person_id, event.account_id) for event in batch.events})


def _join_paths(gone: int, into: int) -> None:
    """Two people on one path become one, on the survivor's version."""
    query = select(PathEnrolment).where(PathEnrolment.person_id.in_((gone, into))).order_by(PathEnrolment.id)
    held = list(db.session.scalars(query.with_for_update()))
    theirs = {each.path_key: each for each in held if each.person_id == into}
    for path in held:
        if path.person_id == gone and path.path_key in theirs:
            kept = theirs[path.path_key]
            kept.completed_at = kept.completed_at or path.completed_at
            db.session.delete(path)
        elif path.person_id == gone:
            path.person_id = into
    db.session.flush()
    paths.settle([into], now())


def on_product_events(batch: Batch) -> None:
    """What learners do in the product finishes the lessons that ask for it; whoever begins a course may have done it
    before."""
    done_in_product.take(batch.events)


def _held(person_id: int) -> list[Enrolment]:
    query = select(Enrolment).where(Enrolment.person_id == person_id).order_by(Enrolment.id)
    return list(db.session.scalars(query.with_for_update()))


def _join(gone: Enrolment, into: Enrolment) -> None:
    """Two enrolments of one person in one course become one, on the survivor's version."""
    open_one = select(Attempt).where(Attempt.enrolment_id == gone.id, Attempt.state == IN_PROGRESS)
    attempt = db.session.scalar(open_one.with_for_update())
    if attempt is not None:
        attempts.finish(attempt, into, EXPIRED)
    done = select(LessonCompletion.lesson_key, LessonCompletion.completed_at)
    for lesson, moment in db.session.execute(done.where(LessonCompletion.enrolment_id == gone.id)):
        row = {"enrolment_id": into.id, "lesson_key": lesson, "completed_at": moment}
        db.session.execute(insert(LessonCompletion).values(row).on_conflict_do_nothing())
    last = db.session.scalar(select(func.max(Attempt.number)).where(Attempt.enrolment_id == into.id)) or 0
    moved = update(Attempt).where(Attempt.enrolment_id == gone.id)
    db.session.execute(moved.values(enrolment_id=into.id, number=Attempt.number + last))
    practice.join(gone, into)
    into.extra_minutes = max(into.extra_minutes, gone.extra_minutes)
    into.extra_attempts = max(into.extra_attempts, gone.extra_attempts)
    given = update(Extension).where(Extension.enrolment_id == gone.id)
    db.session.execute(given.values(enrolment_id=into.id))
    lesson_facts.join(gone, into)
    runs.join(gone, into)
    surveys.join(gone, into)
    into.completed_at = into.completed_at or gone.completed_at
    db.session.execute(delete(LessonCompletion).where(LessonCompletion.enrolment_id == gone.id))
    db.session.delete(gone)
