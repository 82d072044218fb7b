"""Courses are published as immutable versions; people stay on theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from academy import attempts, certificates, courses, enrolments, lessons, section
from academy.course_folder import write_courses
from academy.models import CourseVersion
from plg import product_folder
from plg.kit import versions
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from tests.academy.conftest import KEY
from tests.academy.samples import SCRIPT, course, multiple, option, quiz, read, single, text

DEMO = Path(__file__).parents[2] / "plg/demo/product_folder"


def test_the_same_content_is_published_once(school):
    with school.turn():
        first = courses.live(KEY)
    assert school.publish() == first.id
    assert school.publish(title=text("Another")) != first.id
    with school.turn():
        assert courses.live(KEY).version == 2


def test_a_faulty_definition_is_refused_and_every_fault_is_named(school):
    broken = course(title={"es": "Hola"}) | {"colour": "red"}
    with pytest.raises(courses.CourseFaulty) as refusal, school.turn():
        courses.publish(KEY, broken, by="tests")
    assert {fault.field for fault in refusal.value.errors} == {"title.en", "colour"}
    with school.turn():
        assert courses.live(KEY).version == 1


@pytest.mark.parametrize("key", ["attempts", "static"])
def test_a_course_cannot_take_the_address_of_a_page(school, key):
    with pytest.raises(courses.CourseFaulty), school.turn():
        courses.publish(key, course(), by="tests")


def test_publishing_in_the_middle_changes_nothing_for_those_who_began(school):
    person = school.ready()
    attempt = school.start(person)
    with school.turn():
        before = school.attempt(attempt)
        slots, version = before.slots, before.version_id
    right = school.right(attempt)
    school.publish(quiz=quiz(pass_mark=100, questions=[single("other", right="d")]), title=text("New"))
    with school.turn():
        row = attempts.submit(attempt, right, 0, person_id=person)
        assert (row.slots, row.version_id, row.passed) == (slots, version, True)
        certificate = certificates.of_attempt(row)
        assert certificate is not None
        assert (certificate.course_version, certificate.pass_mark) == (1, 75)
        assert certificate.course_title["en"] == "Course (en)"
        assert enrolments.of(person, KEY).version_id == version


def test_who_begins_later_gets_the_new_version(school):
    school.publish(title=text("New"))
    with school.turn():
        assert courses.published(enrolments.enrol(school.person(), KEY).version_id).version == 2


def test_a_retired_course_can_be_finished_but_not_begun(school):
    person = school.ready()
    with school.turn():
        courses.retire(KEY)
    stranger = school.person("Late")
    with school.turn():
        assert courses.catalogue() == []
    with pytest.raises(courses.CourseNotFound), school.turn():
        enrolments.enrol(stranger, KEY)
    school.pass_quiz(person)


def test_the_catalogue_holds_every_live_course(school):
    school.publish("advanced", title=text("Advanced"))
    with school.turn():
        assert [each.key for each in courses.catalogue()] == ["advanced", KEY]


def test_script_in_every_text_is_made_harmless_at_publication(school):
    evil = {"es": f"{SCRIPT} es", "en": f"{SCRIPT} en"}
    options = [option("a", correct=True) | {"text": evil}, option("b")]
    several = [*multiple()["options"][:3], option("d") | {"text": evil}]
    questions = [
        single() | {"text": evil, "feedback": evil, "options": options},
        multiple() | {"text": evil, "feedback": evil, "options": several},
    ]
    bodies = {"es": f"# Uno\n\n{SCRIPT}\n", "en": f"# One {SCRIPT}\n\n[x](javascript:alert(1))\n"}
    school.publish(
        title=evil,
        summary=evil,
        lessons=[{"number": 1, "key": "first", "body": bodies}],
        quiz=quiz(questions=questions, title=evil),
    )
    with school.turn():
        html = courses.live(KEY).html
        assert len(html) == 2 + 2 * (2 + 2) + 2 * (2 + 4)
        assert not any("<script" in each or "href" in each for each in html.values())


# --- enrolment and progress ----------------------------------------------------------------------


def test_enrolling_again_gives_the_same_enrolment(school):
    person = school.person()
    for _ in range(2):
        with school.turn():
            enrolments.enrol(person, KEY)
    assert school.events(person) == ["Course Started"]
    results = school.at_once([lambda: enrolments.enrol(person, KEY).id] * 4)
    assert len(set(results)) == 1


def test_parallel_first_enrolments_start_the_course_once(school):
    person = school.person()
    results = school.at_once([lambda: enrolments.enrol(person, KEY).id] * 6)
    assert len(set(results)) == 1
    assert school.events(person) == ["Course Started"]


def test_progress_counts_lessons_and_the_quiz(school):
    person = school.person()
    with school.turn():
        enrolment = enrolments.enrol(person, KEY)
        for _ in range(2):
            lessons.complete(person, KEY, "second")
        progress = enrolments.progress([enrolment])[enrolment.id]
        assert (progress.lessons_done, progress.steps_done, progress.steps) == ({"second"}, 1, 3)
        assert progress.percent == 33
    assert school.events(person) == ["Course Started", "Lesson Completed"]
    with school.turn():
        lessons.complete(person, KEY, "first")
    school.pass_quiz(person)
    with school.turn():
        enrolment = enrolments.of(person, KEY)
        assert enrolments.progress([enrolment])[enrolment.id].percent == 100


def test_a_course_without_a_quiz_is_complete_with_its_last_lesson(school):
    school.publish("plain", quiz=None)
    person = school.person()
    with school.turn():
        enrolments.enrol(person, "plain")
    school.at_once(
        [lambda key=key: lessons.complete(person, "plain", key).id for key in ("first", "second")] * 2
    )
    with school.turn():
        assert enrolments.of(person, "plain").completed_at is not None
    assert school.events(person).count("Course Completed") == 1
    assert school.events(person).count("Lesson Completed") == 2


def test_lessons_that_do_not_exist_and_courses_not_begun_are_refused(school):
    person = school.person()
    with pytest.raises(enrolments.NotEnrolled), school.turn():
        lessons.complete(person, KEY, "first")
    with school.turn():
        enrolments.enrol(person, KEY)
    with pytest.raises(lessons.LessonNotFound), school.turn():
        lessons.complete(person, KEY, "third")
    with pytest.raises(courses.CourseNotFound), school.turn():
        enrolments.enrol(person, "nothing")


# --- certificates --------------------------------------------------------------------------------


def test_a_certificate_keeps_what_was_true_on_that_day(school):
    person = school.ready()
    attempt = school.pass_quiz(person)
    with school.turn():
        db.session.execute(db.text("UPDATE people SET name = 'New Name'"))
        courses.publish(KEY, courses.definition_of(read(course(title=text("New title")))), by="tests")
    with school.turn():
        kept = certificates.of_attempt(school.attempt(attempt))
        assert kept is not None
        assert (kept.person_name, kept.course_title["es"], kept.course_version) == (
            "Ana López",
            "Course (es)",
            1,
        )


def test_a_code_is_found_however_it_is_typed(school):
    person = school.ready()
    attempt = school.pass_quiz(person)
    with school.turn():
        kept = certificates.of_attempt(school.attempt(attempt))
        assert kept is not None
        written = certificates.grouped(kept.code)
        for typed in (
            kept.code,
            written,
            f" {written.lower()} ",
            written.replace("0", "o").replace("1", "l"),
        ):
            assert certificates.find(typed).id == kept.id


@pytest.mark.parametrize(
    "typed", ["", "nope", "U" * 20, "0" * 20, "0" * 10_000, "0" * 19 + "é", "' OR 1=1 --"]
)
def test_a_code_that_was_never_issued_finds_nothing(school, typed):
    with pytest.raises(certificates.CertificateNotFound), school.turn():
        certificates.find(typed)


def test_codes_carry_100_bits_and_do_not_repeat():
    codes = {certificates.new_code() for _ in range(2_000)}
    assert len(codes) == 2_000
    assert {len(code) for code in codes} == {20} and set("".join(codes)) == set(certificates.ALPHABET)


# --- the product folder --------------------------------------------------------------------------


def test_the_demo_s_folder_can_be_published_exported_and_published_again(app, school, tmp_path):
    with school.turn():
        courses.retire(KEY)
        definitions = section.read(DEMO)
        section.bring(DEMO, definitions)
        for key, definition in definitions.items():
            section.publish(key, definition, "tests")
    with school.turn():
        assert {key: versions.digest(value) for key, value in section.live().items()} == {
            key: versions.digest(value) for key, value in definitions.items()
        }
        section.write(tmp_path, section.live())
    assert section.read(tmp_path) == definitions
    with school.turn():
        assert section.live() == definitions


def test_a_plan_shows_what_would_change(app, school, tmp_path):
    write_courses(tmp_path / "academy", {KEY: read(course()), "new": read(course(quiz=None))})
    for other in ("plans.toml", "plg.toml"):
        if (DEMO / other).exists():
            (tmp_path / other).write_bytes((DEMO / other).read_bytes())
    school.publish("gone")
    with school.turn():
        found = {c.key: c.what for c in product_folder.plan(app, tmp_path) if c.section == "academy"}
    assert found == {KEY: "same", "new": "new", "gone": "gone"}


def test_reserved_names_are_faults_of_the_folder(tmp_path):
    write_courses(tmp_path / "academy", {"attempts": read(course())})
    with pytest.raises(FolderFaults) as refusal:
        section.read(tmp_path)
    assert [fault.field for fault in refusal.value.errors] == ["academy/attempts"]


def test_an_export_drops_courses_that_are_no_longer_live_but_no_other_files(school, tmp_path):
    write_courses(tmp_path / "academy", {"old": read(course()), "kept": read(course())})
    (tmp_path / "academy" / "old" / "notes.txt").write_text("mine")
    with school.turn():
        section.write(tmp_path, {"kept": courses.definition_of(read(course()))})
    left = [path.name for path in (tmp_path / "academy" / "old").iterdir()]
    assert left == ["notes.txt"] and (tmp_path / "academy" / "kept" / "course.yaml").is_file()


def test_a_version_row_reads_back_the_same_after_it_was_kept(school):
    with school.turn():
        row = versions.live(CourseVersion, KEY)
        assert row is not None and row.definition == courses.definition_of(read(course()))
