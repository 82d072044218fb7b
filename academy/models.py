"""Tables of the academy."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id
from plg.kit.versions import Versioned

if TYPE_CHECKING:
    from academy.certificate_models import CertificateStanding

IN_PROGRESS, SUBMITTED, EXPIRED = "in_progress", "submitted", "expired"
"""The states of an attempt. `expired`: closed at its deadline and marked with what had been saved by then."""

SAVE, SUBMIT, EXPIRE = "save", "submit", "expire"
"""The kinds of step in the log of an attempt."""

_OPEN = text(f"state = '{IN_PROGRESS}'")
_UNDECIDED = text("share IS NULL")
_BEGINS_A_CHAIN = text("replaces_id IS NULL")


class CourseVersion(Versioned, db.Model):
    """A published course. definition: `schemas.Course` as JSON; html: its texts as safe HTML, by path.

    source: the files that it was made from, name to text, as their author wrote them; None where it was published
    as a mere definition.
    """

    __tablename__ = "course_versions"

    html: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    source: Mapped[dict[str, str] | None] = mapped_column(Json)


class CourseDraft(db.Model):
    """A course that somebody works on, as the files of its folder, name to text. Nobody is shown it, and it may have
    faults. edition: counts how often it was saved; whoever saves says which one they saw."""

    __tablename__ = "course_drafts"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    files: Mapped[dict[str, str]] = mapped_column(Json)
    edition: Mapped[int]
    saved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[str] = mapped_column(String(100))


class CourseChange(db.Model):
    """What somebody of the staff, or a server, did to a course. what: `created`, `saved`, `discarded`, `published`,
    `rolled_back`, `retired`; about: names of the files that were saved, or the number of the version."""

    __tablename__ = "course_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(100), index=True)
    what: Mapped[str] = mapped_column(String(20))
    about: Mapped[list[str]] = mapped_column(Json)
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Enrolment(db.Model):
    """A person in a course, on the version that was live when they began. account_id: where they learn.

    extra_minutes, extra_attempts: what staff gave them beyond the rules of the quiz.
    """

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("person_id", "course_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    course_key: Mapped[str] = mapped_column(String(100))
    version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    enrolled_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    extra_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    extra_attempts: Mapped[int] = mapped_column(default=0, server_default="0")


class LessonCompletion(db.Model):
    """A lesson that was finished, once."""

    __tablename__ = "lesson_completions"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    completed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Attempt(db.Model):
    """One attempt at a quiz, on the server from its first second.

    slots: the drawn questions and the order of their parts (`paper.Slot`), fixed at the start.
    answers: the current ones by slot number; draft: those among them that were autosaved since the last step of the
    log, which the next step takes over. sequence: how often answers changed; a page that was drawn before the last
    change is stale. score: in millionths of the whole, rounded down; shares: exact, by slot, None for a question that
    a regrade left out. While people have to mark an answer, its share is None, and so are score and passed.
    marked_version_id: the corrected version that it was regraded by. due_at: the deadline;
    nothing is taken later than `attempts.GRACE` after it. finished_at is never later.
    Evidence, where the quiz collects it: answered_at: seconds from the start to each slot's last change; network: a
    keyed hash; left_page: how often the page told that it was left.
    """

    __tablename__ = "quiz_attempts"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "number"),
        Index(
            "uq_quiz_attempts_open", "enrolment_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        Index("ix_quiz_attempts_due", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("att"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=IN_PROGRESS)
    seed: Mapped[str] = mapped_column(String(32))
    slots: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    answers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    sequence: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[int | None]
    passed: Mapped[bool | None]
    shares: Mapped[list[str | None] | None] = mapped_column(Json)
    draft: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    answered_at: Mapped[dict[str, float]] = mapped_column(Json, default=dict, server_default="{}")
    network: Mapped[str | None] = mapped_column(String(64))
    left_page: Mapped[int | None]
    marked_version_id: Mapped[int | None] = mapped_column(ForeignKey("course_versions.id"), index=True)


class AttemptStep(db.Model):
    """The append-only log of an attempt: what each step changed, by slot number.

    kind: `save`, `submit` or `expire`. sequence grows from step to step; autosaves in between leave gaps. Replaying
    the steps against a version gives its mark.
    """

    __tablename__ = "quiz_attempt_steps"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Upload(db.Model):
    """A file that was handed in for one place of an attempt; the last one that was saved as its answer counts."""

    __tablename__ = "quiz_uploads"
    __table_args__ = (Index("ix_quiz_uploads_attempt_id_slot", "attempt_id", "slot"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("upl"))
    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"))
    slot: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class AnswerToMark(db.Model):
    """An answer that people mark. since: the end of its attempt; share: exact, once it is decided."""

    __tablename__ = "quiz_answers_to_mark"
    __table_args__ = (
        Index("ix_quiz_answers_to_mark_open", "since", sqlite_where=_UNDECIDED, postgresql_where=_UNDECIDED),
    )

    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    share: Mapped[str | None] = mapped_column(String(80))


class AnswerMark(db.Model):
    """What one of the staff gave an answer, by criterion of its rubric. turn: 1, 2, or 3 for whoever decides."""

    __tablename__ = "quiz_answer_marks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "slot"], ["quiz_answers_to_mark.attempt_id", "quiz_answers_to_mark.slot"]
        ),
        UniqueConstraint("attempt_id", "slot", "turn"),
    )

    attempt_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    turn: Mapped[int]
    points: Mapped[dict[str, int]] = mapped_column(Json)
    comment: Mapped[str] = mapped_column(Text)
    marked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Certificate(db.Model):
    """An award: what a person earned, as it was on that day; it is never changed. What came later is in newer awards,
    each of which points at the one that it `replaces`, and in its `standings`.

    code: 100 bits that nobody can guess; a correction keeps it and has the next `edition`. kind: `first`, `renewal`
    or `correction`. chain: the code of the first award of this chain. policy: `CertificatePolicy` as JSON. timezone:
    of the workspace in which it was earned, whose calendar says which day it is. expires_at: it holds before that.
    made_at: when this row was written; issued_at, which is printed, stays in a correction. reason, made_by: of one.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("code", "edition"),
        Index(
            "uq_certificates_earned",
            "attempt_id",
            unique=True,
            sqlite_where=_BEGINS_A_CHAIN,
            postgresql_where=_BEGINS_A_CHAIN,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(20))
    edition: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(20), default="first")
    chain: Mapped[str] = mapped_column(String(20), index=True)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"), unique=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    course_key: Mapped[str] = mapped_column(String(100))
    course_version: Mapped[int]
    person_name: Mapped[str] = mapped_column(String(200))
    course_title: Mapped[dict[str, str]] = mapped_column(Json)
    score: Mapped[int]
    pass_mark: Mapped[int]
    policy: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    timezone: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(500))
    standings: Mapped[list[CertificateStanding]] = relationship(
        viewonly=True, order_by="CertificateStanding.number"
    )

    @property
    def revocation(self) -> CertificateStanding | None:
        """By which it holds no more, for good."""
        return self.standings[-1] if self.standings and self.standings[-1].kind == "revocation" else None


class MarkChange(db.Model):
    """What a regrade changed of an attempt's mark. version_id: the corrected version that it was marked by."""

    __tablename__ = "quiz_mark_changes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    old_score: Mapped[int]
    old_passed: Mapped[bool]
    old_shares: Mapped[list[str | None]] = mapped_column(Json)
    score: Mapped[int]
    passed: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Extension(db.Model):
    """What staff gave somebody beyond the rules of a quiz, instead of what they had before. given_by: the actor."""

    __tablename__ = "quiz_extensions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    extra_minutes: Mapped[int]
    extra_attempts: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    given_by: Mapped[str] = mapped_column(String(100))
    given_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class PracticeCard(db.Model):
    """How well somebody knows a question that they practise (see `practice_schedule.Memory`), and their last answer.

    turns: how often it was answered; a page that was drawn before the last one is stale.
    """

    __tablename__ = "practice_cards"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    question_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    turns: Mapped[int]
    answer: Mapped[Any | None] = mapped_column(Json)
    state: Mapped[int]
    step: Mapped[int | None]
    stability: Mapped[float]
    difficulty: Mapped[float]
    reviewed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Immutable(Exception):  # noqa: N818 - a fault of the program, never an answer to anybody
    """Something tried to change a row that is written once."""


def _refuse(_mapper: Any, _connection: Any, row: Any) -> None:
    raise Immutable(f"{type(row).__name__} is written once and never changed")


def write_once(*models: type[db.Model]) -> None:
    """Refuse every change of their rows."""
    for model in models:
        event.listen(model, "before_update", _refuse)
        event.listen(model, "before_delete", _refuse)


write_once(Certificate, AttemptStep, MarkChange, AnswerMark, Upload, Extension, CourseChange)
