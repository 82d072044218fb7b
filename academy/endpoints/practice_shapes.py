"""Shapes of the API about practice, in and out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field, StrictInt

from academy.endpoints.shapes import ByPerson, QuestionBody


class PracticeTaskOut(QuestionBody):
    id: str = Field(description="Send it with the answer")
    turn: int = Field(description="How often it was answered before; send it with the answer")


class PracticeOut(BaseModel):
    due: int = Field(description="Missed in an attempt, or to be repeated by now")
    new: int = Field(description="Never practised yet")
    next_due_at: dt.datetime | None = Field(description="When the next one of the others is due")


class PracticeNextOut(PracticeOut):
    question: PracticeTaskOut | None = Field(description="The next one; null when nothing is due or new")


class PracticeAnswerIn(ByPerson):
    """answer: as in an attempt; null where the learner does not know."""

    question: str = Field(
        max_length=40, description="Its `id`", json_schema_extra={"example": "0123456789abcdef"}
    )
    turn: StrictInt = Field(ge=0, le=2_000_000_000, json_schema_extra={"example": 0})
    answer: Any = None


class PracticeReviewOut(PracticeTaskOut):
    due_at: dt.datetime = Field(description="When it comes again")


class PracticeAnswerOut(PracticeOut):
    question: PracticeReviewOut
