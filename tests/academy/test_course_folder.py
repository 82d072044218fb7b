"""Reading and writing a course as a folder of text files."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from academy.course_folder import course_files, read_course, read_courses, write_courses
from academy.schemas import Course
from plg.kit.errors import FolderFaults
from tests.academy.lesson_samples import WORKS
from tests.academy.samples import course, read, text

DEMO = Path(__file__).parents[2] / "plg/demo/product_folder/academy"


def files(**changes: str | None) -> dict[str, str]:
    """The files of a sound course, some replaced or (None) left out; `_` stands for `.`, `__` for `-`."""
    whole: dict[str, str | None] = dict(course_files(read(course())))
    whole |= {name.replace("__", "-").replace("_", "."): text for name, text in changes.items()}
    return {name: text for name, text in whole.items() if text is not None}


def faults(changed: dict[str, str]) -> dict[str, str]:
    with pytest.raises(FolderFaults) as refusal:
        read_course(changed)
    return {fault.field: fault.message for fault in refusal.value.errors}


def test_a_course_is_written_and_read_back_without_loss() -> None:
    whole = read(course(minutes=30))
    assert read_course(course_files(whole)) == whole
    without_quiz = read(course(quiz=None))
    assert "quiz.yaml" not in course_files(without_quiz)
    assert read_course(course_files(without_quiz)) == without_quiz


def test_the_definition_kept_by_a_version_reads_back_as_the_same_course() -> None:
    whole = read(course())
    assert Course.model_validate(whole.model_dump(mode="json")) == whole


words = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), min_size=1).filter(
    lambda some: some.strip() != ""
)
keys = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
texts = st.fixed_dictionaries({"es": words, "en": words})
weights = st.decimals(-100, 100, places=5).filter(lambda weight: weight not in (100, 0))


@st.composite
def courses(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(keys, min_size=1, max_size=3, unique=True))
    numbers = sorted(
        draw(st.lists(st.integers(1, 99), min_size=len(names), max_size=len(names), unique=True))
    )
    questions = []
    for name in draw(st.lists(keys, min_size=1, max_size=3, unique=True)):
        options = draw(st.lists(keys, min_size=2, max_size=4, unique=True))
        parts = [{"key": k, "text": text(f"{draw(words)}{n}")} for n, k in enumerate(options)]
        parts[0]["correct"] = True
        kind = draw(st.sampled_from(["single", "multiple"]))
        if kind == "single" and draw(st.booleans()):
            parts[1]["weight"] = draw(weights)
        questions.append({"key": name, "kind": kind, "text": draw(texts), "options": parts})
    return {
        "title": draw(texts),
        "summary": draw(texts),
        "lessons": [
            {"number": number, "key": name, "body": {"es": f"# T\n\n{draw(keys)}", "en": "# T"}}
            for number, name in zip(numbers, names, strict=True)
        ],
        "quiz": {"title": draw(texts), "pass_mark": draw(st.integers(1, 100)), "questions": questions},
    }


@settings(max_examples=60, deadline=None)
@given(courses())
def test_any_course_survives_writing_and_reading(raw: dict[str, Any]) -> None:
    whole = read(raw)
    assert read_course(course_files(whole)) == whole


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["course.yaml", "quiz.yaml", "01-a.es.md", "01-a.en.md"]), st.text()))
def test_no_text_breaks_the_reader(some: dict[str, str]) -> None:
    with pytest.raises(FolderFaults) as refusal:
        read_course(some)
    assert refusal.value.errors


def test_every_fault_is_named_with_its_file_and_path() -> None:
    quiz = (
        files()["quiz.yaml"]
        .replace("kind: multiple", "kind: haiku", 1)
        .replace("pass_mark: 75", "pass_mark: 0")
    )
    found = faults(
        files(
            course_yaml="title: {es: Hola}\nsummary: {es: a, en: b}\ncolour: red\n",
            quiz_yaml=quiz,
            **{"01__first_en_md": "No heading\n", "02__second_es_md": None, "notes_txt": "x"},
        )
    )
    assert found.keys() == {
        "course.yaml: title.en",
        "course.yaml: colour",
        "quiz.yaml: pass_mark",
        "quiz.yaml: questions[2]",
        "01-first.en.md",
        "02-second.es.md",
        "notes.txt",
    }
    assert "one '# Title'" in found["01-first.en.md"]
    assert found["02-second.es.md"] == "Field required"


def test_a_fault_inside_a_question_is_named_without_the_reader_s_own_words() -> None:
    broken = files()["quiz.yaml"].replace("es: Option b (es)", "es: ''", 1)
    assert list(faults(files(quiz_yaml=broken))) == ["quiz.yaml: questions[0].options[1].text.es"]


@pytest.mark.parametrize(
    ("quiz", "fault"),
    [
        ("a: &x [1]\nb: *x\n", "aliases are not allowed"),
        ("title: a\ntitle: b\n", "'title' stands twice"),
        ("title: [", "expected"),
        ("- a\n", "not a mapping"),
        ("1: a\n", "not a mapping"),
        ("a: 2020-99-99\n", "month must be in 1..12"),
        ("{" * 5_000, "nested too deep"),
        ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
        ("a: \0\n", "special characters are not allowed"),
    ],
)
def test_yaml_that_is_broken_or_dangerous_is_refused(quiz: str, fault: str) -> None:
    found = faults(files(quiz_yaml=quiz))
    assert list(found) == ["quiz.yaml"] and fault in found["quiz.yaml"]


@pytest.mark.parametrize(
    "body", ["# A\n\n# B\n", "text\n\n# A\n", "## A\n", "#\n", "```\n# A\n```\n", "A\n=\n\nB\n=\n"]
)
def test_a_lesson_has_one_title_and_starts_with_it(body: str) -> None:
    assert list(faults(files(**{"01__first_es_md": body}))) == ["01-first.es.md"]


def test_a_heading_inside_code_is_no_second_title() -> None:
    body = "# Title *with* `marks`\n\n```\n# a comment\n```\n"
    assert read_course(files(**{"01__first_es_md": body})).lessons[0].title("es") == "Title with marks"


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800"])
def test_a_character_that_no_page_can_show_is_a_fault(character: str) -> None:
    assert list(faults(files(**{"01__first_es_md": f"# A\n\n{character}\n"}))) == ["01-first.es.md"]


def test_lessons_with_the_same_number_or_key_are_a_fault() -> None:
    twin = {"01__other_es_md": "# A\n", "01__other_en_md": "# A\n"}
    assert "different numbers" in faults(files(**twin))["course.yaml"]
    twin = {"03__first_es_md": "# A\n", "03__first_en_md": "# A\n"}
    assert "two lessons have the key 'first'" in faults(files(**twin))["course.yaml"]


def test_windows_line_ends_make_no_difference() -> None:
    dos = {name: text.replace("\n", "\r\n") for name, text in files().items()}
    assert read_course(dos) == read_course(files())


def test_a_folder_of_courses_is_read_and_written(tmp_path: Path) -> None:
    whole = {"one": read(course()), "two": read(course(quiz=None))}
    write_courses(tmp_path, whole)
    assert read_courses(tmp_path) == whole
    assert read_courses(tmp_path / "absent") == {}


def test_writing_again_leaves_no_lesson_of_the_earlier_version(tmp_path: Path) -> None:
    write_courses(tmp_path, {"one": read(course())})
    (tmp_path / "one" / ".gitkeep").touch()
    shorter = course(quiz=None)
    shorter["lessons"].pop()
    write_courses(tmp_path, {"one": read(shorter)})
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == [
        ".gitkeep", "01-first.en.md", "01-first.es.md", "course.yaml",
    ]  # fmt: skip


def test_faults_of_all_courses_are_named_at_once(tmp_path: Path) -> None:
    for name in ("a", "b", "Bad Name"):
        (tmp_path / name).mkdir()
    (tmp_path / "b" / "quiz.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "stray.txt").touch()
    with pytest.raises(FolderFaults) as refusal:
        read_courses(tmp_path)
    found = [fault.field for fault in refusal.value.errors]
    assert "academy/a/course.yaml" in found and "academy/b/quiz.yaml" in found
    assert "academy/Bad Name" in found and "academy/stray.txt" in found


def test_an_oversized_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    write_courses(tmp_path, {"one": read(course())})
    with (tmp_path / "one" / "quiz.yaml").open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(FolderFaults) as refusal:
        read_courses(tmp_path)
    assert [fault.field for fault in refusal.value.errors] == ["academy/one/quiz.yaml"]


def test_the_demo_s_course_is_whole_in_both_languages() -> None:
    facturo = read_courses(DEMO)["facturo-essentials"]
    assert facturo.quiz is not None and facturo.quiz.length == 12 and len(facturo.modules) == 2
    assert {lesson.work.kind for lesson in facturo.lessons} == WORKS.keys() - {"scorm"}, (
        "a package comes by import"
    )
    assert {question.kind for question in facturo.quiz.questions} >= {
        "ordering",
        "matching",
        "numeric",
        "cloze",
    }
    assert all(question.feedback for question in facturo.quiz.questions)
    for lesson in facturo.lessons:
        assert lesson.title("es") != lesson.title("en")
        assert 700 < len(lesson.body.es) < 4_000 and 700 < len(lesson.body.en) < 4_000
    assert read_course(course_files(facturo)) == facturo
