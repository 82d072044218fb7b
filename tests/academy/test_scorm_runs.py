"""What SCORM content tells is kept by the standard's rules: resumed, in order, once, and for one launch at a time."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from academy import course_media, courses, enrolments, lessons
from academy.lesson_models import ScormRun
from academy.models import LessonCompletion
from academy.scorm import data_model, runs
from academy.scorm.runs import ScormDataFaulty, ScormLaunchOver
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.lesson_samples import fill, whole
from tests.academy.samples import course, read

STATUS, SCORE = "cmi.core.lesson_status", "cmi.core.score.raw"
LESSON = "scorm"


class Learner:
    """Somebody who takes the lesson; each act is a transaction of its own."""

    def __init__(self, school, tmp_path, **work):
        self.school = school
        fill(tmp_path)
        files = course_media.listed(tmp_path)
        raw = whole(files=files)
        for each in raw["lessons"]:
            if each["key"] == LESSON:
                each["work"] = each["work"] | work
        with school.turn():
            course_media.keep_all(tmp_path)
            courses.publish(KEY, courses.definition_of(read(raw)), by="tests")
        self.person = school.person("Ana María López")
        with school.turn():
            self.enrolment = enrolments.enrol(self.person, KEY).id

    def open(self):
        with self.school.turn():
            return runs.open_content(self.person, KEY, LESSON)

    def say(self, launch, sequence, *, ended=False, **values):
        named = {name.replace("__", "."): value for name, value in values.items()}
        return self.tell(launch, sequence, named, ended=ended)

    def tell(self, launch, sequence, values, *, ended=False):
        with self.school.turn():
            row = runs.save(self.enrolment, LESSON, launch.number, sequence, values, ended=ended)
            return runs.told(row)

    @property
    def is_done(self):
        with self.school.turn():
            row = db.session.get(LessonCompletion, (self.enrolment, LESSON))
            return row is not None


@pytest.fixture
def learner(school, tmp_path):
    return Learner(school, tmp_path)


def test_it_begins_from_the_beginning_and_is_resumed_where_it_was_left(learner):
    first = learner.open()
    assert first.values["cmi.core.entry"] == "ab-initio" and first.values[STATUS] == "not attempted"
    assert first.values["cmi.core.student_name"] == "López, Ana María"
    assert first.values["cmi.student_data.mastery_score"] == "80"
    left = {"cmi.core.lesson_location": "7", "cmi.suspend_data": "äß", STATUS: "incomplete"}
    learner.tell(first, 1, {**left, "cmi.core.exit": "suspend"}, ended=True)
    again = learner.open()
    assert again.values["cmi.core.entry"] == "resume" and left.items() <= again.values.items()
    assert "cmi.core.exit" not in again.values and not learner.is_done


def test_what_was_cut_off_is_resumed_and_what_was_ended_is_not(learner):
    learner.tell(learner.open(), 1, {STATUS: "incomplete"})
    second = learner.open()
    assert second.values["cmi.core.entry"] == "resume"
    learner.tell(second, 1, {STATUS: "completed", "cmi.core.exit": ""}, ended=True)
    assert learner.open().values["cmi.core.entry"] == ""


def test_completion_finishes_the_lesson(learner):
    launch = learner.open()
    assert learner.tell(launch, 1, {STATUS: "completed"})["status"] == "completed"
    assert learner.is_done


@pytest.mark.parametrize(
    ("status", "score", "becomes", "done"),
    [
        ("completed", "80", "passed", True),
        ("completed", "79.5", "failed", False),
        ("failed", "90", "passed", True),
        ("passed", "10", "failed", False),
        ("passed", "", "passed", True),
        ("incomplete", "90", "incomplete", False),
        (None, "", "completed", True),
    ],
)
def test_the_mastery_score_decides_at_the_end(learner, status, score, becomes, done):
    values = {SCORE: score} | ({STATUS: status} if status else {})
    assert learner.tell(learner.open(), 1, values, ended=True)["status"] == becomes
    assert learner.is_done is done


def test_where_it_has_to_be_passed_completing_is_not_enough(school, tmp_path):
    learner = Learner(school, tmp_path, done_by="passed", mastery_score=None)
    launch = learner.open()
    learner.tell(launch, 1, {STATUS: "completed"}, ended=True)
    assert not learner.is_done
    learner.tell(learner.open(), 1, {STATUS: "passed"})
    assert learner.is_done


def test_content_that_reports_nothing_is_finished_by_opening_it(school, tmp_path):
    learner = Learner(school, tmp_path, done_by="opened")
    learner.open()
    assert learner.is_done


def test_a_word_that_comes_twice_or_late_changes_nothing(learner):
    launch = learner.open()
    learner.tell(launch, 2, {"cmi.suspend_data": "two", "cmi.core.lesson_location": "2"})
    for sequence in (1, 2):
        late = learner.tell(launch, sequence, {"cmi.suspend_data": "one"})
        assert late["values"]["cmi.suspend_data"] == "two"
    assert learner.tell(launch, 3, {"cmi.suspend_data": "three"})["values"]["cmi.core.lesson_location"] == "2"


def test_of_two_tabs_the_one_that_was_opened_last_counts(learner):
    old, new = learner.open(), learner.open()
    learner.tell(new, 1, {"cmi.suspend_data": "new"})
    with pytest.raises(ScormLaunchOver):
        learner.tell(old, 9, {"cmi.suspend_data": "old"})
    assert learner.open().values["cmi.suspend_data"] == "new"


def test_many_words_at_once_leave_the_last_one(learner):
    launch = learner.open()
    words = [
        threading.Thread(target=learner.tell, args=(launch, n, {"cmi.core.lesson_location": str(n)}))
        for n in range(1, 9)
    ]
    for word in words:
        word.start()
    for word in words:
        word.join()
    assert learner.open().values["cmi.core.lesson_location"] == "8"


def test_time_adds_up_over_launches_and_is_never_more_than_has_passed(learner):
    begun = dt.datetime(2026, 5, 4, 10, tzinfo=dt.UTC)
    with time_machine.travel(begun, tick=False) as clock:
        launch = learner.open()
        clock.shift(3_600)
        learner.tell(launch, 1, {"cmi.core.session_time": "0000:30:00.5"})
        learner.tell(launch, 2, {"cmi.core.session_time": "0000:40:00"}, ended=True)
        second = learner.open()
        assert second.values["cmi.core.total_time"] == "0000:40:00.00"
        clock.shift(60)
        told = learner.tell(second, 1, {"cmi.core.session_time": "0009:00:00"}, ended=True)
    assert told["seconds"] == 2_400 + 60


def test_interactions_are_kept_and_the_next_one_follows(learner):
    launch = learner.open()
    one = {
        "id": "q1",
        "type": "choice",
        "student_response": "a",
        "result": "correct",
        "latency": "0000:00:09.5",
    }
    told = learner.tell(launch, 1, {f"cmi.interactions.0.{name}": value for name, value in one.items()})
    assert told["values"]["cmi.interactions.0.result"] == "correct"
    again = learner.open()
    assert again.counts == {"cmi.interactions": 1}
    assert not any(name.startswith("cmi.interactions") for name in again.values)


def test_what_the_standard_does_not_know_is_refused_whole_with_its_codes(learner):
    launch = learner.open()
    with pytest.raises(ScormDataFaulty) as refusal:
        learner.tell(
            launch,
            1,
            {
                STATUS: "done",
                SCORE: "101",
                "cmi.core.student_id": "x",
                "cmi.core.unknown": "x",
                "cmi.suspend_data": "x" * 4_097,
                "cmi.core.lesson_location": "4",
            },
        )
    assert {each.field: each.message for each in refusal.value.errors} == {
        STATUS: "405",
        SCORE: "405",
        "cmi.core.student_id": "403",
        "cmi.core.unknown": "401",
        "cmi.suspend_data": "405",
    }
    assert "cmi.core.lesson_location" not in learner.open().values


def test_other_content_begins_anew_and_keeps_what_was_reached(learner, school):
    learner.tell(learner.open(), 1, {STATUS: "completed", "cmi.suspend_data": "old", SCORE: "90"}, ended=True)
    with school.turn():
        db.session.scalars(select(ScormRun)).one().package = "0" * 64
    fresh = learner.open().values
    assert fresh["cmi.core.entry"] == "ab-initio" and "cmi.suspend_data" not in fresh
    assert fresh[STATUS] == "passed" and fresh[SCORE] == "90"


def test_two_records_of_one_person_keep_the_newer_run_and_what_was_reported(learner, school):
    learner.tell(learner.open(), 1, {"cmi.suspend_data": "old", STATUS: "completed"}, ended=True)
    other = school.person("Ana")
    with school.turn():
        second = enrolments.enrol(other, KEY).id
    with school.turn():
        launch = runs.open_content(other, KEY, LESSON)
        runs.save(second, LESSON, launch.number, 1, {"cmi.suspend_data": "new"}, ended=False)
    with school.turn():
        first, gone = (enrolments.of(person, KEY) for person in (learner.person, other))
        runs.join(gone, first)
    with school.turn():
        row = db.session.scalars(select(ScormRun)).one()
        assert row.values["cmi.suspend_data"] == "new" and row.completed_at and row.launch == 2
        lesson = courses.live(KEY).course.lesson(LESSON)
        assert lessons.lesson_facts.of(enrolments.of(learner.person, KEY), lesson).reported == {"completed"}


values = st.dictionaries(
    st.sampled_from([*data_model.elements(), "cmi.objectives.0.id", "cmi.interactions.3.result", "x"]),
    st.one_of(st.text(max_size=20), st.sampled_from(["80", "passed", "0000:10:00", "", "101", "-1"])),
    max_size=6,
)


@given(values)
def test_what_is_taken_can_always_be_stored(some):
    table = data_model.elements()
    faulty = {fault.field for fault in data_model.faults(some, 4_096)}
    for name in some.keys() - faulty:
        assert "w" in table[data_model.general(name)].access
        assert "\0" not in some[name] and some[name].encode().decode() == some[name]


@given(st.integers(0, 9_999 * 3_600_000))
def test_times_come_back_as_they_were_written(ms):
    assert abs(data_model.milliseconds(data_model.as_span(ms)) - ms) < 10


def test_a_course_of_such_a_lesson_alone_needs_its_package():
    with pytest.raises(ValueError, match=r"needs files/none\.zip"):
        work = {"kind": "scorm", "package": "none.zip", "launch": "index.html"}
        read(course(lessons=[course()["lessons"][0] | {"work": work}]))


@pytest.mark.parametrize(
    "launch", ["../x.html", "a/../../x.html", "/x.html", "https://x.example/", "a\\b", "x?y"]
)
def test_what_is_opened_lies_in_the_package(launch):
    work = {"kind": "scorm", "package": "none.zip", "launch": launch}
    with pytest.raises(ValueError, match=r"launch|pattern"):
        read(course(lessons=[course()["lessons"][0] | {"work": work}]))


def test_of_launches_at_once_each_has_a_number_of_its_own(learner):
    found = []
    openings = [threading.Thread(target=lambda: found.append(learner.open().number)) for _ in range(6)]
    for opening in openings:
        opening.start()
    for opening in openings:
        opening.join()
    assert sorted(found) == [1, 2, 3, 4, 5, 6]
