"""Progress from facts: measured on the server, the same whatever the order, the device or the number of tellings."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from academy import attempts, course_media, courses, enrolments, jobs, lesson_facts, lessons, locks, moves
from academy.lesson_facts import Beat
from academy.locks import LessonLocked
from academy.schemas import Course
from plg.accounts import accounts, memberships
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.academy.conftest import KEY
from tests.academy.lesson_samples import fill, lesson, whole
from tests.academy.samples import course

START = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)


@pytest.fixture
def publish(school, tmp_path):
    """`publish("video")`: a course with a lesson of these kinds, its files kept."""
    folder = fill(tmp_path / "course")

    def run(*kinds: str, **changes) -> None:
        raw = whole(*kinds, **changes)
        with school.turn():
            course_media.keep_all(folder)
            raw["files"] = course_media.listed(folder)
            courses.publish(KEY, courses.definition_of(Course.model_validate(raw)), by="tests")

    return run


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ana(school):
    def begin() -> int:
        person = school.person()
        with school.turn():
            account = accounts.open("Acme", key="acme", by=person)
            memberships.add(account.id, person, "owner", by="tests")
            enrolments.enrol(person, KEY, account_id=account.id)
        return person

    return begin


def tell(school, person, kind="video", **told):
    with school.turn():
        return lessons.note(person, KEY, kind, Beat(**told))


def finished(school, person) -> set[str]:
    with school.turn():
        enrolment = enrolments.of(person, KEY)
        return set(enrolments.progress([enrolment])[enrolment.id].lessons_done)


def test_no_more_of_a_video_counts_than_time_has_passed(school, publish, ana, clock):
    publish("video")
    person = ana()
    assert tell(school, person, watched=((0, 100_000),)).watched == ()
    clock.shift(30)
    assert tell(school, person, watched=((0, 100_000),)).watched == ((0, 30_000),)
    assert tell(school, person, watched=((0, 100_000),)).watched_ms == 30_000, "told again at the same moment"
    clock.shift(20)
    known = tell(school, person, watched=((0, 10_000), (60_000, 70_000)), position_ms=70_000)
    assert known.watched == ((0, 30_000), (60_000, 70_000))
    assert finished(school, person) == set()
    clock.shift(30)
    assert tell(school, person, watched=((30_000, 500_000),)).watched == ((0, 70_000),), (
        "to 70 s by real time"
    )
    clock.shift(10)
    assert tell(school, person, watched=((70_000, 80_000),)).watched_ms == 80_000
    assert finished(school, person) == {"video"}
    assert school.events(person).count("Lesson Completed") == 1


def test_two_tabs_that_play_at_once_count_no_more_than_real_time(school, publish, ana, clock):
    publish("video")
    person = ana()
    tell(school, person)
    clock.shift(20)
    beats = [Beat(watched=((at, at + 20_000),), present_ms=20_000) for at in (0, 25_000, 50_000, 75_000)]
    school.at_once([lambda beat=beat: lessons.note(person, KEY, "video", beat) for beat in beats])
    known = tell(school, person)
    assert known.watched_ms == 20_000 and known.present_ms == 20_000


def test_the_same_word_from_many_threads_counts_once_and_finishes_once(school, publish, ana, clock):
    publish("video")
    person = ana()
    tell(school, person)
    clock.shift(90)
    beat = Beat(watched=((0, 90_000),), present_ms=90_000, scrolled=True, position_ms=90_000)
    school.at_once([lambda: lessons.note(person, KEY, "video", beat)] * 4)
    known = tell(school, person)
    assert (known.watched_ms, known.present_ms, known.position_ms) == (90_000, 90_000, 90_000)
    assert school.events(person).count("Lesson Completed") == 1


def test_a_text_can_be_finished_by_opening_scrolling_time_or_a_button(school, publish, ana, clock):
    lessons_ = [
        lesson(1, "text", done_by="opened", seconds=None) | {"key": "opened"},
        lesson(2, "text", done_by="scrolled", seconds=None) | {"key": "scrolled"},
        lesson(3, "text") | {"key": "time"},
        lesson(4, "text", done_by="button", seconds=None) | {"key": "button"},
    ]
    for each in lessons_:
        each["work"] = {key: value for key, value in each["work"].items() if value is not None}
    with school.turn():
        courses.publish(KEY, course(lessons=lessons_), by="tests")
    person = ana()
    for key in ("opened", "scrolled", "time", "button"):
        with school.turn():
            lessons.open_lesson(person, KEY, key)
    assert finished(school, person) == {"opened"}
    clock.shift(15)
    for key in ("scrolled", "time", "button"):
        tell(school, person, key, present_ms=600_000, scrolled=key == "scrolled")
    assert finished(school, person) == {"opened", "scrolled"}
    with school.turn(), pytest.raises(lessons.LessonNotDone):
        lessons.complete(person, KEY, "time")
    clock.shift(5)
    for key in ("time", "button"):
        with school.turn():
            lessons.complete(person, KEY, key)
    assert finished(school, person) == {"opened", "scrolled", "time", "button"}


@pytest.mark.parametrize("kind", ["text", "video", "practice", "survey"])
def test_saying_so_does_not_finish_what_is_not_done(school, publish, ana, clock, kind):
    publish(kind, "downloads")
    person = ana()
    results = school.at_once([lambda: lessons.complete(person, KEY, kind)] * 3)
    assert results == ["lesson_not_done"] * 3
    assert finished(school, person) == set() and "Lesson Completed" not in school.events(person)
    assert school.at_once([lambda: attempts.start(person, KEY)]) == ["lessons_incomplete"]


def act(school, name, *, person=None, account=None, at=START, **properties):
    with school.turn():
        log.record(name, person_id=person, account_id=account, occurred_at=at, properties=properties)


def account_of(school, person) -> int:
    with school.turn():
        return enrolments.of(person, KEY).account_id


def test_a_practice_is_finished_by_what_is_done_in_the_product(school, publish, ana, clock, worker):
    publish("practice")
    person, other = ana(), school.person("Luis")
    acme = account_of(school, person)
    worker()
    act(school, "Invoice Sent", person=person)
    act(school, "Invoice Sent", person=other, account=acme)
    act(school, "Payment Recorded", person=other, account=acme, amount=9)
    worker()
    assert finished(school, person) == set(), (
        "of the two invoices one is a colleague's, and the payment is too small"
    )
    act(school, "Payment Recorded", person=other, account=acme, amount=10)
    worker()
    assert finished(school, person) == set()
    act(school, "Invoice Sent", person=person, at=START + dt.timedelta(seconds=5))  # by a clock that is fast
    worker()
    assert finished(school, person) == {"practice"}
    act(school, "Invoice Sent", person=person)
    worker()
    assert school.events(person).count("Lesson Completed") == 1


@pytest.mark.parametrize("since", ["ever", "enrolment"])
def test_what_was_done_before_the_course_counts_by_the_time_of_the_event(
    school, publish, ana, clock, worker, since
):
    task = {"key": "send", "text": {"es": "a", "en": "a"}, "when": {"event": "Invoice Sent"}}
    with school.turn():
        only = lesson(1, "practice", tasks=[task], since=since)
        courses.publish(KEY, course(lessons=[only]), by="tests")
    person = school.person()
    act(school, "Invoice Sent", person=person, at=START - dt.timedelta(days=9))
    with school.turn():
        enrolments.enrol(person, KEY)
    worker()
    assert finished(school, person) == ({"practice"} if since == "ever" else set())
    # An event that arrives late, of a time before the course, still does not count as one after it.
    act(school, "Invoice Sent", person=person, at=START - dt.timedelta(minutes=1))
    worker()
    assert (finished(school, person) == set()) == (since == "enrolment")
    act(school, "Invoice Sent", person=person, at=START)
    worker()
    assert finished(school, person) == {"practice"}


def test_the_page_sees_what_was_done_before_the_reader_of_the_log_does(school, publish, ana, clock):
    publish("practice")
    person = ana()
    for name in ("Invoice Sent", "Invoice Sent", "Payment Recorded"):
        act(school, name, person=person, account=account_of(school, person), amount=10)
    with school.turn():
        lessons.complete(person, KEY, "practice")
    assert finished(school, person) == {"practice"}


def test_progress_never_falls_and_never_passes_the_whole(school, publish, ana, clock):
    publish("video", "downloads")
    person = ana()
    tell(school, person)
    seen = []
    for _ in range(6):
        clock.shift(20)
        tell(school, person, watched=((0, 10**8),), present_ms=10**8, position_ms=10**8)
        with school.turn():
            lessons.complete(person, KEY, "downloads")
            enrolment = enrolments.of(person, KEY)
            seen.append(enrolments.progress([enrolment])[enrolment.id].percent)
    assert seen == sorted(seen) and seen[0] == 33 and seen[-1] == 66
    school.publish()  # another version: who began stays on theirs
    with school.turn():
        assert enrolments.progress([enrolments.of(person, KEY)])[enrolments.of(person, KEY).id].percent == 66


def test_what_two_records_of_one_person_watched_is_joined(school, publish, ana, clock, worker):
    publish("video")
    into, gone = ana(), school.person("Gone")
    with school.turn():
        enrolments.enrol(gone, KEY)
    for person in (into, gone):
        tell(school, person)
    clock.shift(40)
    tell(school, into, watched=((0, 40_000),), present_ms=40_000)
    tell(school, gone, watched=((20_000, 60_000),), present_ms=30_000, position_ms=60_000)
    with school.turn():
        into = identities.merge(into, gone, reason="test", by="tests", force=True)
    worker()
    known = tell(school, into)
    assert (known.watched, known.present_ms, known.position_ms) == (((0, 60_000),), 40_000, 60_000)
    with school.turn():
        rows = db.session.query(lesson_facts.LessonFacts).all()
        assert {row.person_id for row in rows} == {into}


def test_what_is_not_open_yet_is_neither_finished_by_the_product_nor_shows_its_files(
    school, publish, ana, clock, worker
):
    opens = [{"lessons": ["practice", "downloads"], "after_days": 1}]
    publish("text", "practice", "downloads", opens=opens)
    person = ana()
    worker()
    for name, amount in (("Invoice Sent", 1), ("Invoice Sent", 1), ("Payment Recorded", 10)):
        act(school, name, person=person, account=account_of(school, person), amount=amount)
    worker()
    with school.turn():
        enrolment = enrolments.of(person, KEY)
        with pytest.raises(LessonLocked):
            locks.check_file(enrolment, "table.csv")
    assert finished(school, person) == set()

    clock.shift(dt.timedelta(days=1))
    with school.turn():
        locks.check_file(enrolments.of(person, KEY), "table.csv")
        lessons.open_lesson(person, KEY, "practice")
    assert finished(school, person) == {"practice"}


def test_what_is_known_of_a_lesson_goes_along_when_it_gets_another_key(school, publish, ana, clock):
    publish("video")
    person = ana()
    tell(school, person)
    clock.shift(30)
    tell(school, person, watched=((0, 30_000),))
    publish("video", lessons=[lesson(1, "video") | {"key": "film"}])
    with school.turn():
        to = courses.live(KEY).version
        moves.start(KEY, to=to, lessons={"video": "film"}, by="tests")
    with school.turn():
        jobs.move_learners(now())
    with school.turn():
        enrolment = enrolments.of(person, KEY)
        film = lessons.lesson_of(enrolment, "film")
        assert lesson_facts.of(enrolment, film).watched == ((0, 30_000),)
