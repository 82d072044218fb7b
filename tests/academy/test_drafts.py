"""A course is written as a draft, which nobody is shown, and published as versions, which never change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from academy import courses, drafts, enrolments, outline, publishing
from academy.course_folder import course_files, read_course
from academy.courses import CourseFaulty, CourseNotFound
from academy.drafts import (
    CourseExists,
    CourseKeyInvalid,
    DraftChanged,
    DraftNotFound,
    DraftTooLarge,
    FilesUnusable,
)
from academy.publishing import VersionNotFound
from academy.section import SECTION
from plg.kit.db import db
from plg.kit.errors import Refusal
from tests.academy.conftest import KEY, School
from tests.academy.samples import course, multiple, quiz, read, single

FILES = course_files(read(course()))
COMMENTED = FILES | {
    "course.yaml": "# Written by Marta\n" + FILES["course.yaml"] + "minutes: 30  # measured\n"
}


@pytest.fixture
def writing(app: Flask) -> School:
    """A school without a course."""
    return School(app)


def kept(school: School, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """What the verb returns, committed; the code of what it refuses."""
    try:
        with school.turn():
            return act(*given, **more)
    except Refusal as refusal:
        with school.app.app_context():
            db.session.rollback()
        return refusal.code


def test_a_draft_is_shown_to_nobody_until_it_is_sound_and_published(writing: School) -> None:
    faulty = {
        **FILES,
        "quiz.yaml": "title: x\npass_mark: 170\n",
        "03-odd.md": "",
        "course.yaml": "title: [\n",
    }
    assert kept(writing, drafts.create, KEY, faulty, by="staff:1").edition == 1
    with writing.turn():
        faults = {(fault.field.partition(":")[0], fault.line) for fault in drafts.check(faulty).faults}
        assert {("quiz.yaml", 1), ("quiz.yaml", 2), ("03-odd.md", None), ("course.yaml", 2)} <= faults
        with pytest.raises(CourseFaulty) as refusal:
            publishing.publish(KEY, by="staff:1")
        assert len(refusal.value.errors) == len(drafts.check(faulty).faults)
        with pytest.raises(CourseNotFound):
            courses.live(KEY)
    assert kept(writing, drafts.save, KEY, FILES, instead_of=1, by="staff:1").edition == 2
    assert kept(writing, publishing.publish, KEY, edition=1, by="staff:1") == "draft_changed"
    assert kept(writing, publishing.publish, KEY, edition=2, by="staff:1").version == 1
    with writing.turn():
        assert courses.live(KEY).course == read(course())
        with pytest.raises(DraftNotFound):
            drafts.find(KEY)
        told = [(each.what, each.by) for each in publishing.changes(KEY)]
    assert told == [("published", "staff:1"), ("saved", "staff:1"), ("created", "staff:1")]


def test_of_two_who_save_at_once_one_is_told_and_nothing_is_lost(writing: School) -> None:
    kept(writing, drafts.create, KEY, FILES, by="staff:1")
    mine, theirs = FILES | {"01-first.en.md": "# Mine\n"}, FILES | {"01-first.en.md": "# Theirs\n"}

    results = writing.at_once(
        [
            lambda files=files: drafts.save(KEY, files, instead_of=1, by="staff:1").edition
            for files in (mine, theirs)
        ]
    )

    assert sorted(map(str, results)) == ["2", "draft_changed"]
    with writing.turn():
        assert drafts.work(KEY).files in (mine, theirs)
    first = writing.at_once(
        [lambda: drafts.save("new", FILES, instead_of=0, by="x").edition for _ in range(2)]
    )
    assert sorted(map(str, first)) == ["1", "draft_changed"]


def test_what_was_written_comes_back_from_an_export_byte_for_byte(writing: School, tmp_path: Path) -> None:
    kept(writing, drafts.create, KEY, COMMENTED, by="staff:1")
    kept(writing, publishing.publish, KEY, by="staff:1")
    with writing.turn():
        assert drafts.work(KEY).files == COMMENTED, "an editor begins with what was written"
        SECTION.write(tmp_path, SECTION.live())
    written = {path.name: path.read_text() for path in (tmp_path / "academy" / KEY).iterdir()}
    assert written == COMMENTED
    with writing.turn():
        SECTION.bring(tmp_path, [KEY])
        definition = SECTION.read(tmp_path)[KEY]
        SECTION.publish(KEY, definition, "cli")
        assert courses.live(KEY).version == 1, "it says the same"
        SECTION.publish("other", definition, "cli")
        assert read_course(drafts.work("other").files) == read_course(COMMENTED), (
            "of a folder what it says is known"
        )
    with writing.turn():
        (tmp_path / "academy" / KEY / "course.yaml").write_text(COMMENTED["course.yaml"] + "# by hand\n")
        SECTION.bring(tmp_path, [KEY])
        SECTION.publish(KEY, definition, "cli")
        assert drafts.work(KEY).files["course.yaml"].endswith("# by hand\n"), "so are a folder's own words"
    only_comments = COMMENTED | {"course.yaml": COMMENTED["course.yaml"] + "# and checked\n"}
    kept(writing, drafts.save, KEY, only_comments, instead_of=0, by="staff:1")
    with writing.turn():
        assert not publishing.plan(KEY).is_new
    assert kept(writing, publishing.publish, KEY, by="staff:1").version == 1
    with writing.turn():
        assert drafts.work(KEY).files == only_comments


def test_a_plan_says_what_changes_and_for_whom_and_going_back_is_publishing_again(school: School) -> None:
    ana = school.ready()
    changed = read(
        course(
            minutes=20,
            quiz=quiz(pass_mark=50, questions=[single("one", right="c"), multiple("three"), single("x")]),
        )
    )
    files = outline.add(
        outline.move(course_files(changed), "second", -1), "third", {"es": "Tres", "en": "Three"}
    )
    kept(school, drafts.save, KEY, files, instead_of=0, by="staff:1")
    with school.turn():
        plan = publishing.plan(KEY)
        assert (plan.live_version, plan.learners, plan.faults, plan.is_new) == (1, {1: 1}, [], True)
        found = plan.difference
        assert found.lessons == {"second": "moved", "first": "moved", "third": "added"}
        assert found.questions == {"one": "changed", "x": "added", "two": "removed", "four": "removed"}
        assert found.settings == ["minutes", "quiz.pass_mark"]
        assert ("+", "minutes: 20") in found.lines["course.yaml"]
    assert kept(school, publishing.publish, KEY, by="staff:1").version == 2
    with school.turn():
        assert courses.published(enrolments.of(ana, KEY).version_id).version == 1, "who began stays"
        assert courses.live(KEY).course.minutes == 20
    assert kept(school, publishing.roll_back, KEY, 1, by="staff:2").version == 3
    assert kept(school, publishing.roll_back, KEY, 1, by="staff:2").version == 3, "it is live already"
    kept(school, publishing.retire, KEY, by="staff:2")
    with school.turn():
        assert courses.published(enrolments.of(ana, KEY).version_id).version == 1
        with pytest.raises(CourseNotFound):
            courses.live(KEY)
        with pytest.raises(VersionNotFound):
            publishing.version_of(KEY, 9)
        assert drafts.work(KEY).files == drafts.files_of(publishing.version_of(KEY, 3)), (
            "it can be written anew"
        )
        (known,) = publishing.all_courses()
        assert (known.key, known.is_live, known.learners, known.draft) == (KEY, False, 1, None)
        assert [each.what for each in publishing.changes(KEY)][:3] == [
            "retired",
            "rolled_back",
            "rolled_back",
        ]


def test_what_no_folder_could_hold_is_refused_with_every_reason(writing: School) -> None:
    with writing.turn():
        for key in ("Not A Key", "attempts", "x" * 65, ""):
            with pytest.raises(CourseKeyInvalid):
                drafts.create(key, FILES, by="x")
        bad = {
            "../evil": "",
            "a/b/c": "",
            "big.md": "x" * 1_000_001,
            "nul.md": "\0",
            "half.md": "\ud800",
            ".git": "",
        }
        with pytest.raises(FilesUnusable) as refusal:
            drafts.create(KEY, bad, by="x")
        assert {fault.field for fault in refusal.value.errors} == {*bad}
        with pytest.raises(DraftTooLarge):
            drafts.create(KEY, {f"{n}.md": "x" * 900_000 for n in range(5)}, by="x")
        drafts.create(KEY, {"course.yaml": "a: 1\r\nb: 2\r"}, by="x")
        assert drafts.work(KEY).files == {"course.yaml": "a: 1\nb: 2\n"}
        with pytest.raises(CourseExists):
            drafts.create(KEY, FILES, by="x")
        with pytest.raises(DraftChanged):
            drafts.save(KEY, FILES, instead_of=0, by="x")
        drafts.discard(KEY, by="x")
        with pytest.raises(DraftNotFound):
            drafts.discard(KEY, by="x")
        with pytest.raises(CourseNotFound):
            drafts.work(KEY)


moves = st.lists(st.tuples(st.sampled_from(["first", "second", "third"]), st.integers(-3, 3)), max_size=6)


@settings(max_examples=40)
@given(moves, st.sampled_from(["first", "second", "third"]))
def test_however_lessons_are_moved_each_keeps_its_files(steps: list[tuple[str, int]], gone: str) -> None:
    files = outline.add(FILES, "third", {"es": "Tres", "en": "Three"}) | {"01-first.yaml": "kind: video\n"}
    for key, by in steps:
        files = outline.move(files, key, by)
        assert [each.number for each in outline.lines(files)] == [1, 2, 3]
    first = outline.line(files, "first")
    assert files[f"{first.number:02d}-first.yaml"] == "kind: video\n"
    assert {text for name, text in files.items() if name.endswith(".md")} == {
        *(text for name, text in FILES.items() if name.endswith(".md")),
        "# Tres\n",
        "# Three\n",
    }
    left = outline.lines(outline.remove(files, gone))
    assert [(each.number, each.key) for each in left] == list(
        enumerate((each.key for each in outline.lines(files) if each.key != gone), 1)
    )


def test_a_lesson_is_renamed_with_all_of_its_files_and_its_title_stands_in_its_text() -> None:
    files = outline.rename(FILES | {"01-first.yaml": "kind: video\n"}, "first", "begin")
    assert {name for name in files if name.startswith("01-")} == {
        "01-begin.en.md", "01-begin.es.md", "01-begin.yaml",
    }  # fmt: skip
    assert outline.line(files, "begin").titles == {"es": "Lección 1", "en": "Lesson 1"}
    for bad in ("second", "Not A Key", ""):
        with pytest.raises(outline.LessonKeyInvalid):
            outline.rename(files, "begin", bad)
    with pytest.raises(outline.LessonNotFound):
        outline.move(files, "nowhere", 1)
    assert outline.title_of("no heading") == ""
    assert outline.with_title("# Old\n\nText", "New  one") == "# New one\n\nText"
