"""Shapes of the API about finding, beginning and following courses, in and out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StrictInt

from academy.catalogue import State
from academy.endpoints.shapes import ByPerson, In, PersonQuery, Query, Texts


class CatalogueQuery(PersonQuery):
    q: str = Field(
        "", max_length=200, description="Words that all occur in title, summary or titles of lessons"
    )
    state: State | None = Field(None, description="Where the person is; needs one")
    max_minutes: int | None = Field(None, ge=1, le=525_600, description="Courses that take at most so long")
    certificate: bool = Field(False, description="Only courses with a quiz that certifies")


class PrerequisiteOut(BaseModel):
    course: str
    certified: bool = Field(description="Whether it takes its certificate")


class LockOut(BaseModel):
    """What is waited for; all that is given."""

    opens_at: dt.datetime | None
    after_lesson: str | None
    after_percent: int | None


class LessonAccess(BaseModel):
    lesson: str | None = Field(description="Null for the quiz")
    lock: LockOut


class NextOut(BaseModel):
    course: str
    kind: Literal["lesson", "quiz", "done"]
    lesson: str | None
    lock: LockOut | None = Field(description="Why it cannot be opened yet")


class AccessOut(BaseModel):
    course: str
    version: int = Field(description="The version that the person is on, else the live one")
    enrolled: bool
    open: bool = Field(description="Whether they may begin, or go on")
    obstacles: list[Literal["course_not_for_you", "prerequisites_missing"]]
    missing: list[PrerequisiteOut] = Field(description="Courses that come first")
    locked: list[LessonAccess] = Field(description="What is not open yet")
    next: NextOut | None
    why: dict[str, Any] | None = Field(
        description="For servers: the audience as a rule, with `holds` and `found` in each part"
    )


class ContinueOut(BaseModel):
    next: NextOut | None = Field(description="Null where no course is under way")


class PathPath(BaseModel):
    path: str = Field(max_length=100, json_schema_extra={"example": "facturo-from-scratch"})


class PathCourseOut(BaseModel):
    course: str
    optional: bool
    completed: bool


class PathProgressOut(BaseModel):
    done: int = Field(description="Required courses that are completed")
    total: int
    percent: int


class PathOut(BaseModel):
    key: str
    version: int
    title: Texts
    summary: Texts
    courses: list[PathCourseOut] = Field(description="In the order in which they are best taken")
    started_at: dt.datetime | None
    completed_at: dt.datetime | None
    progress: PathProgressOut


class PathList(BaseModel):
    data: list[PathOut]


class StartPath(ByPerson):
    pass


class InvitationsIn(In):
    emails: list[Annotated[str, Field(max_length=320)]] = Field(
        min_length=1, max_length=500, json_schema_extra={"example": ["ana@example.com"]}
    )
    locale: Literal["es", "en"] = Field("en", description="Of the mail to those whose language is not known")


class InvitationsOut(BaseModel):
    invited: list[str] = Field(description="They get a mail")
    already_invited: list[str] = Field(description="They have got one before, and get no other")


class InvitationsQuery(Query):
    after: int = Field(0, ge=0, le=2**62, description="`next` of the page before")
    limit: int = Field(100, ge=1, le=500)


class InvitationOut(BaseModel):
    email: str
    invited_at: dt.datetime
    accepted_at: dt.datetime | None


class InvitationList(BaseModel):
    data: list[InvitationOut]
    next: int | None = Field(description="Give it as `after` to read on; null at the end")


class MigrationIn(In):
    to: StrictInt = Field(
        ge=1, le=1_000_000, description="The live version", json_schema_extra={"example": 2}
    )
    map: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=64)]] = Field(
        default={},
        max_length=99,
        description='Lesson of the old versions -> lesson of the new one; "" for what counts no more',
        json_schema_extra={"example": {"first-invoice": "your-first-invoice"}},
    )
    dry_run: bool = True


class LeavingOut(BaseModel):
    version: int
    moved: int = Field(description="How many are moved from this version")
    waiting: int = Field(description="Of these: in the middle of an attempt, moved when it has ended")
    further: int = Field(description="Of these: for whom the share that is done grows")
    back: int = Field(description="Of these: for whom it shrinks")
    completed: int = Field(description="Who has completed the course, and stays")


class MigrationOut(BaseModel):
    course: str
    to: int
    dry_run: bool
    leaving: list[LeavingOut]
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    moved: int
    waiting: int
