"""What the academy does because something happened."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from academy import attempts, done_in_product, lesson_facts, practice, surveys
from academy.lesson_models import LessonFacts, SurveyAnswers
from academy.models import EXPIRED, IN_PROGRESS, Attempt, Certificate, Enrolment, Extension, LessonCompletion
from plg.events.stream import Batch
from plg.kit.db import db, insert


def on_people_merged(batch: Batch) -> None:
    """What a merged record learned becomes the survivor's; nothing earned is lost."""
    for event in batch.events:
        gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
        theirs, joining = {each.course_key: each for each in _held(into)}, _held(gone)
        for model in (Attempt, Certificate, LessonFacts, SurveyAnswers):
            db.session.execute(update(model).where(model.person_id == gone).values(person_id=into))
        for enrolment in joining:
            if enrolment.course_key in theirs:
                _join(enrolment, theirs[enrolment.course_key])
            else:
                enrolment.person_id = into
        db.session.flush()


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
    lesson_facts.join(gone, into)
    surveys.join(gone, into)
    practice.join(gone, into)
    into.extra_minutes = max(into.extra_minutes, gone.extra_minutes)
    into.extra_attempts = max(into.extra_attempts, gone.extra_attempts)
    given = update(Extension).where(Extension.enrolment_id == gone.id)
    db.session.execute(given.values(enrolment_id=into.id))
    into.completed_at = into.completed_at or gone.completed_at
    db.session.execute(delete(LessonCompletion).where(LessonCompletion.enrolment_id == gone.id))
    db.session.delete(gone)
