"""Tables of lessons: facts about their readers, what content in SCORM keeps, answers to surveys, files of courses."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import Json, UtcDateTime, db


class LessonFacts(db.Model):
    """What is known of one person in one lesson; `lesson_kinds.Facts` says what it means.

    present_at, watched_at: until when time was counted; no more is ever counted than has passed since. watched: spans
    in milliseconds.
    """

    __tablename__ = "lesson_facts"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    opened_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    present_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    present_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    scrolled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    watched_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    watched: Mapped[list[list[int]]] = mapped_column(Json, default=list)
    position_ms: Mapped[int] = mapped_column(BigInteger, default=0)


class ScormRun(db.Model):
    """What the content of a lesson keeps about one person, and where they are in it; see `academy.scorm.runs`.

    package: SHA-256 of the content. launch: how often it was opened; sequence: the last word of this launch that was
    heard. values: the elements of SCORM's data model that were written. total_ms: time in earlier launches,
    session_ms: in this one. closed: whether the content said that it ended. completed_at, passed_at: when it first
    said so.
    """

    __tablename__ = "scorm_runs"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    package: Mapped[str] = mapped_column(String(64))
    launch: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    values: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    total_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    session_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    closed: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    passed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class SurveyAnswers(db.Model):
    """What one person answered to a survey, by question. Of an anonymous survey enrolment, person and time are never
    kept, and `id` is drawn, so that not even the order of the rows tells who it was."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "lesson_key"),
        Index("ix_survey_answers_course_key_lesson_key", "course_key", "lesson_key"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=lambda: secrets.token_hex(16))
    course_key: Mapped[str] = mapped_column(String(100))
    lesson_key: Mapped[str] = mapped_column(String(64))
    version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolments.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    answered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    answers: Mapped[dict[str, Any]] = mapped_column(Json)


class CourseFileChunk(db.Model):
    """A piece of a file of courses, `course_media.CHUNK` bytes but for the last. digest: the file's SHA-256."""

    __tablename__ = "course_file_chunks"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
