"""Tables of learning paths, of invitations to courses, and of moves between the versions of a course."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.versions import Versioned

_UNDER_WAY = text("finished_at IS NULL")


class PathVersion(Versioned, db.Model):
    """A published learning path. definition: `path_shape.Path` as JSON."""

    __tablename__ = "path_versions"


class PathEnrolment(db.Model):
    """A person on a path, in the version that was live when they began. account_id: where they learn."""

    __tablename__ = "path_enrolments"
    __table_args__ = (UniqueConstraint("person_id", "path_key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    path_key: Mapped[str] = mapped_column(String(100))
    version_id: Mapped[int] = mapped_column(ForeignKey("path_versions.id"), index=True)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class CourseInvitation(db.Model):
    """An address that was asked to take a course, once. person_id: who accepted it.

    token_hash: of the secret in the link; whoever has the link may accept, and only the first.
    """

    __tablename__ = "course_invitations"
    __table_args__ = (UniqueConstraint("course_key", "email"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_key: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(320))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(String(100))
    invited_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class CourseMove(db.Model):
    """Learners of other versions being moved to one. lessons: old key -> new key, "" for what counts no more.

    Only one is under way for a course. waiting: who is in the middle of an attempt, and is moved when it has ended.
    """

    __tablename__ = "course_moves"
    __table_args__ = (
        Index(
            "uq_course_moves_under_way",
            "course_key",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course_key: Mapped[str] = mapped_column(String(100))
    to_version_id: Mapped[int] = mapped_column(ForeignKey("course_versions.id"), index=True)
    lessons: Mapped[dict[str, str]] = mapped_column(Json)
    moved: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    started_by: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
