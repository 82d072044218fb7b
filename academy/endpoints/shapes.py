"""Shapes of the API, in and out."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from academy.schemas import Part
from plg.kit.query import Query

PersonId = Annotated[
    str | None,
    Field(
        None,
        max_length=400,
        description="Any id: plg's, yours, or the e-mail address; needed with a secret key",
        json_schema_extra={"example": "user-42"},
    ),
]
Locale = Annotated[Literal["es", "en"], Field("en", description="Language of the texts")]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonQuery(Query):
    person: PersonId = None


class LocaleQuery(PersonQuery):
    locale: Locale = "en"


class CoursePath(BaseModel):
    course: str = Field(max_length=100, json_schema_extra={"example": "facturo-essentials"})


class LessonPath(CoursePath):
    lesson: str = Field(max_length=64)


class AttemptPath(BaseModel):
    attempt: str = Field(max_length=40)


class CertificatePath(BaseModel):
    code: str = Field(max_length=100)


class ByPerson(In):
    """Who it is done for."""

    person: PersonId = None


class NewEnrolment(ByPerson):
    course: str = Field(max_length=100, json_schema_extra={"example": "facturo-essentials"})


class NewAttempt(NewEnrolment):
    pass


class Answer(In):
    """answer: the place of the chosen option ("2"); a list of places for a multiple choice; a list with what stands
    in each of the `fields` (a place, a text, or null) for questions that have them; or null."""

    question: StrictInt = Field(ge=1, le=1000)
    answer: Any = None


class Answers(ByPerson):
    """sequence: the attempt's, as it was last read. Questions that are left out stay as they are."""

    sequence: StrictInt = Field(ge=0, json_schema_extra={"example": 0})
    answers: list[Answer] = Field(
        max_length=1000, json_schema_extra={"example": [{"question": 1, "answer": "2"}]}
    )


class SavedAnswers(Answers):
    """draft: kept as the draft of the next step, which replaces itself, instead of as a step of the attempt's log."""

    draft: bool = False


class Texts(BaseModel):
    es: str
    en: str


class LessonHead(BaseModel):
    key: str
    title: Texts
    kind: str = Field(description="text, video, downloads, practice or survey")


class ModuleOut(BaseModel):
    title: Texts
    first: str = Field(description="The lesson with which it begins")


class QuizRules(BaseModel):
    title: Texts
    questions: int = Field(description="How many questions one attempt holds")
    pass_mark: int = Field(description="Percentage that is needed")
    time_limit_minutes: int | None
    max_attempts: int | None
    cool_down_minutes: int | None
    closes_at: dt.datetime | None
    evidence: bool = Field(
        description="Whether times, network and tab switches are kept for a person to look at"
    )


class CourseOut(BaseModel):
    key: str
    version: int
    title: Texts
    summary: Texts
    minutes: int | None
    modules: list[ModuleOut]
    lessons: list[LessonHead]
    quiz: QuizRules | None


class CourseList(BaseModel):
    data: list[CourseOut]


class LessonOut(BaseModel):
    course: str
    version: int
    key: str
    title: str
    html: str = Field(
        description="The lesson as safe HTML. Files of the course are named by the addresses that plg's own pages"
        " have; `GET …/files/{name}` hands them to a server"
    )
    work: dict[str, Any] = Field(
        description="What is to be done beside reading, by its `kind`: text, video, downloads, practice, survey"
    )
    completed: bool


class ProgressOut(BaseModel):
    done: int
    total: int
    percent: int


class EnrolmentOut(BaseModel):
    course: str
    version: int = Field(description="The version that the person is on")
    enrolled_at: dt.datetime
    completed_at: dt.datetime | None
    lessons_completed: list[str]
    quiz_passed: bool
    progress: ProgressOut


class EnrolmentList(BaseModel):
    data: list[EnrolmentOut]


class OptionOut(BaseModel):
    place: str
    html: str
    chosen: bool | None = Field(None, description="After the attempt")
    correct: bool | None = Field(None, description="After the attempt, where the answers are told")
    feedback_html: str | None = Field(None, description="After the attempt, on an option that was chosen")


class FieldOut(BaseModel):
    type: Literal["select", "number", "line", "area", "file"]
    html: str | None = Field(None, description="What stands beside it")
    options: list[OptionOut] | None = Field(None, description="Of a select; else those of the question")
    given: str | None = Field(None, description="After the attempt: what was written")
    given_html: str | None = Field(None, description="After the attempt: what was chosen")
    right: str | None = Field(None, description="After the attempt, where the answers are told")
    right_html: str | None = Field(None, description="After the attempt, where the answers are told")


class QuestionBody(BaseModel):
    kind: str
    html: str = Field(description="In a cloze, [[1]] is where the first field stands")
    options: list[OptionOut] = []
    fields: list[FieldOut] = []
    answer: Any = Field(description="What is saved: a place, a list of places or texts, or null")
    feedback_html: str | None = Field(None, description="After the attempt")
    locked: bool = Field(False, description="Reviewed: the answer cannot change any more")
    answer_feedback_html: str | None = Field(None, description="After the attempt: on this very answer")
    result: Literal["right", "partly", "wrong", "unanswered", "awaiting"] | None = None
    share: float | None = Field(None, description="The share of the mark, -1 to 1")


class QuestionOut(QuestionBody):
    question: int
    section_html: str | None = Field(None, description="The heading of the section that begins here")
    comments: list[str] | None = Field(None, description="What the people said who marked it")


class AttemptOut(BaseModel):
    id: str
    course: str
    version: int
    number: int
    state: Literal["in_progress", "submitted", "expired"]
    sequence: int = Field(description="Send it with the next answers")
    started_at: dt.datetime
    due_at: dt.datetime | None
    seconds_left: int | None
    told: list[Part] = Field(description="What may be told about it now")
    questions: list[QuestionOut]
    finished_at: dt.datetime | None = None
    score_percent: float | None = None
    passed: bool | None = Field(None, description="Null while it runs, and while people mark it")
    pass_mark: int | None = None
    score_feedback_html: str | None = Field(None, description="What is said about such a score")
    certificate: str | None = Field(None, description="Code of the certificate that it earned")


class CertificateFactsOut(BaseModel):
    code: str = Field(json_schema_extra={"example": "9F3K-7QWX-2M8D-VT4H-P6RB"})
    edition: int = Field(description="A correction keeps the code, and counts one more")
    kind: Literal["first", "renewal", "correction"]
    name: str
    course: str
    title: Texts
    version: int
    score_percent: float
    pass_mark: float
    issued_at: dt.datetime
    issued_on: dt.date = Field(description="By the calendar of the workspace in which it was earned")
    expires_at: dt.datetime | None = Field(description="From then on it holds no more")
    expires_on: dt.date | None = Field(description="The last day on which it holds")
    status: Literal["valid", "expired", "suspended", "revoked", "renewed"]
    reason: str | None = Field(description="Why it is revoked or suspended")
    revoked_at: dt.datetime | None = Field(description="Since when it holds no more")
    previous: str | None = Field(description="Code of the certificate that it replaced")
    next: str | None = Field(description="Code of the certificate that replaced it")


class CertificateOut(CertificateFactsOut):
    url: str = Field(description="The public page, which is the authority on it")
    pdf_url: str = Field(description="To print and to keep; `?lang=es` or `en`")


class CertificateList(BaseModel):
    data: list[CertificateOut]
