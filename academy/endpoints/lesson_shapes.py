"""Shapes of lessons in the API: what their pages tell, surveys, and what is told of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from academy import lesson_facts
from academy.endpoints.shapes import ByPerson, CoursePath, LessonPath, Texts

Seconds = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class FilePath(CoursePath):
    name: str = Field(max_length=100, json_schema_extra={"example": "diagram.png"})


class SurveyPath(LessonPath):
    pass


class Beat(ByPerson):
    """What a reader's page tells from time to time. No more time is counted than has passed since its last word."""

    seconds: Seconds = Field(0, description="How long it was looked at since its last word")
    scrolled: StrictBool = Field(False, description="Its end was reached")
    watched: list[tuple[Seconds, Seconds]] = Field(
        [],
        max_length=200,
        description="Every part of the video that it has played (from, until), however often told",
        json_schema_extra={"example": [[0, 14.5]]},
    )
    position: Seconds | None = Field(None, description="Where the video stands")

    def told(self) -> lesson_facts.Beat:
        """In milliseconds."""
        return lesson_facts.Beat(
            present_ms=_ms(self.seconds),
            scrolled=self.scrolled,
            watched=tuple((_ms(start), _ms(end)) for start, end in self.watched),
            position_ms=None if self.position is None else _ms(self.position),
        )


def _ms(seconds: float) -> int:
    return round(1_000 * seconds)


class FactsOut(BaseModel):
    completed: bool
    opened_at: dt.datetime | None
    seconds: float = Field(description="How long it was looked at, as the server counts")
    scrolled: bool
    watched_seconds: float | None = Field(None, description="Of a video, each second counted once")
    watched_percent: int | None = Field(None, description="Of a video")
    position_seconds: float | None = Field(None, description="Of a video: where it was left, on any device")
    events: dict[str, int] | None = Field(None, description="Of a practice: how often each task was seen")


class ScormWord(BaseModel):
    """What content tells: all that it has written in this launch, with a number that rises."""

    model_config = ConfigDict(extra="forbid")

    sequence: int = Field(ge=1, le=1_000_000_000)
    values: dict[str, StrictStr] = Field(max_length=5_000)
    ended: StrictBool = False


class ScormLaunchOut(BaseModel):
    """For a frame: `<iframe name src sandbox>`, created anew for each launch."""

    launch: int = Field(description="From now on the launch that counts; earlier ones change nothing")
    url: str = Field(description="A signed address, for twelve hours")
    name: str = Field(description="The frame's name: it hands over what the content reads")
    sandbox: str
    origin: str = Field(description="Of messages from the frame that tell what was saved")


class ScormOut(BaseModel):
    status: str = Field(description="As SCORM 1.2 calls it", json_schema_extra={"example": "incomplete"})
    score: float | None
    seconds: float = Field(description="In all launches together")
    launches: int
    values: dict[str, str] = Field(description="Every element of SCORM's data model that was written")


class SurveyIn(ByPerson):
    answers: dict[str, Any] = Field(
        max_length=50,
        description="By question: a number of a scale, a list of options' keys, or a text",
        json_schema_extra={"example": {"useful": 5}},
    )


class SurveyQuestionOut(BaseModel):
    key: str
    kind: str
    text: Texts
    counts: dict[str, int] = Field(description="How often each number or option was given")
    texts: list[str] = Field(description="What was written, in no order")


class SurveyOut(BaseModel):
    course: str
    lesson: str
    anonymous: bool
    answered: int
    hidden: bool = Field(description="An anonymous survey is shown from five answers on")
    questions: list[SurveyQuestionOut]
