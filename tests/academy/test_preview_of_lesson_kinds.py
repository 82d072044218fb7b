"""A draft's lessons of every kind are previewed on the learner's own page, and nothing is taken down of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from academy import course_media, drafts
from academy.course_folder import course_files
from academy.lesson_models import CourseFileChunk, LessonFacts, SurveyAnswers
from academy.models import Enrolment, LessonCompletion
from academy.schemas import Course
from plg.events.models import Event
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.lesson_samples import WORKS, fill, whole
from tests.academy.test_authoring_pages import Staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TABLES = (Enrolment, LessonCompletion, LessonFacts, SurveyAnswers, Event, CourseFileChunk)


def rows(app: Flask) -> list[int]:
    with app.app_context():
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES]


def test_every_kind_of_lesson_is_previewed_without_a_trace(
    app: Flask, sign_in: Callable[..., str], tmp_path: Path
) -> None:
    fill(tmp_path)
    with app.app_context():
        course_media.keep_all(tmp_path)
        files = course_files(Course.model_validate(whole(files=course_media.listed(tmp_path))))
        drafts.create(KEY, files, by="tests")
        db.session.commit()
    staff = Staff(app, sign_in)
    before, kinds = rows(app), list(WORKS)
    for kind in kinds:
        page = staff.get(f"/{KEY}/draft/preview/lessons/{kind}?shown_in=en")
        assert f"Lesson {kind}" in page and f'"/academy/{KEY}/lessons' not in page, kind
        told = staff.client.post(
            f"/staff/courses/{KEY}/draft/preview/lessons/{kind}/facts", data={"csrf_token": staff.token}
        )
        assert told.get_json()["completed"] is False
        onward = staff.post(f"/{KEY}/draft/preview/lessons/{kind}?shown_in=en", **{"answer-useful": "4"})
        following = [*kinds[1:], "question"][kinds.index(kind)]
        assert f"Lesson {following}" in onward or "Mark these answers" in onward
    film = staff.get(f"/{KEY}/draft/preview/lessons/video").partition('<source src="')[2].partition('"')[0]
    assert staff.client.get(film).status_code == 200, "the draft's own video plays"
    assert rows(app) == before
    assert '<a href="/staff/courses/basics/draft/files/02-video.yaml">' in staff.get(
        f"/{KEY}/draft/lessons/video"
    )
