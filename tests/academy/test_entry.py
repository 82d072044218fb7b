"""Who may begin a course and open its lessons: prerequisites, drip, audience; refused at every door, and said why."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from academy import access, attempts, courses, enrolments, lessons, locks, prerequisites, resuming
from academy.admission import Opening, faults_of_openings
from academy.audience import CourseNotForYou, SegmentUnknown
from academy.courses import CourseNotFound
from academy.locks import LessonLocked, Lock, QuizLocked
from academy.prerequisites import PrerequisiteCircle, PrerequisitesMissing, PrerequisiteUnknown
from academy.section import SECTION
from plg.accounts import accounts, memberships
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.people import people
from plg.segments import named
from tests.academy.conftest import KEY
from tests.academy.samples import course, read, text

SHORT = {"quiz": None}


def learn(school, person: int, key: str) -> None:
    with school.turn():
        enrolments.enrol(person, key)
        for lesson in ("first", "second"):
            lessons.complete(person, key, lesson)


def test_a_course_waits_for_another_and_says_for_which(school):
    school.publish("basis", **SHORT)
    school.publish("next", requires=[{"course": "basis"}, {"course": KEY, "certified": True}])
    ana = school.person()

    with school.turn():
        with pytest.raises(PrerequisitesMissing) as refusal:
            enrolments.enrol(ana, "next")
        told = [{"course": "basis", "certified": False}, {"course": KEY, "certified": True}]
        assert refusal.value.to_problem()["missing"] == told
        assert access.of(ana, None, "next").obstacles == ("prerequisites_missing",)
    learn(school, ana, "basis")
    learn(school, ana, KEY)
    with school.turn():
        assert [each.course for each in prerequisites.missing(ana, courses.live("next").course)] == [KEY]
    school.pass_quiz(ana)
    with school.turn():
        assert enrolments.enrol(ana, "next").course_key == "next"


def test_prerequisites_are_asked_at_every_door_of_those_who_are_in_already(school):
    """As after a move to a version that asks for more, or an enrolment from before a certificate was revoked."""
    ana = school.ready()
    school.publish("basis", **SHORT)
    school.publish(KEY, requires=[{"course": "basis"}])
    with school.turn():
        enrolments.of(ana, KEY).version_id = courses.live(KEY).id
    with school.turn():
        enrolment = enrolments.of(ana, KEY)
        with pytest.raises(PrerequisitesMissing):
            lessons.lesson_of(enrolment, "first")
        with pytest.raises(PrerequisitesMissing):
            lessons.complete(ana, KEY, "first")
        with pytest.raises(PrerequisitesMissing):
            attempts.start(ana, KEY)
        courses.retire("basis")  # what nobody can begin any more is asked of nobody
    with school.turn():
        assert attempts.start(ana, KEY).number == 1


def test_circles_and_unknown_courses_are_refused_by_name(school, tmp_path):
    school.publish("a", **SHORT)
    school.publish("b", **SHORT, requires=[{"course": "a"}])
    school.publish("c", **SHORT, requires=[{"course": "b"}])
    with school.turn():
        for key, needed in (("a", "c"), ("a", "a")):
            with pytest.raises(PrerequisiteCircle) as refusal:
                courses.publish(key, definition(requires=[{"course": needed}]), by="tests")
            circle = refusal.value.to_problem()["circle"]
            assert circle[0] == circle[-1] and set(circle) == ({"a", "b", "c"} if needed == "c" else {"a"})
        with pytest.raises(PrerequisiteUnknown) as unknown:
            courses.publish("d", definition(requires=[{"course": "nowhere"}]), by="tests")
        assert unknown.value.errors[0].field == "requires.0.course"
        db.session.rollback()


def test_two_who_publish_a_circle_together_do_not_both_succeed(school):
    for key in ("a", "b"):
        school.publish(key, **SHORT)
    needs = [("a", "b"), ("b", "a")]

    results = school.at_once(
        [
            lambda key=key, other=other: (
                courses.publish(key, definition(requires=[{"course": other}]), by="tests").key
            )
            for key, other in needs
        ]
    )

    assert sorted(results)[1:] == ["prerequisite_circle"]


def test_a_folder_is_published_in_the_order_of_its_requirements(school, tmp_path):
    school.publish("a", **SHORT, requires=[{"course": KEY}])
    wanted = {"a": course(**SHORT), "b": course(**SHORT, requires=[{"course": "z"}]), "z": course(**SHORT)}
    wanted[KEY] = course(requires=[{"course": "a"}])  # the other way round than what is live
    with school.turn():
        SECTION.write(tmp_path, {key: courses.definition_of(read(raw)) for key, raw in wanted.items()})
        found = SECTION.read(tmp_path)
        assert list(found).index("z") < list(found).index("b") and list(found).index("a") < list(found).index(
            KEY
        )
        for key, one in found.items():
            SECTION.publish(key, one, "tests")
    wanted["a"] = course(**SHORT, requires=[{"course": KEY}])
    with school.turn():
        SECTION.write(tmp_path, {key: courses.definition_of(read(raw)) for key, raw in wanted.items()})
    with pytest.raises(FolderFaults, match="wait for each other"):
        SECTION.read(tmp_path)


def definition(**changes):
    return courses.definition_of(read(course(**SHORT | changes)))


# --- drip -----------------------------------------------------------------------------------------


def test_lessons_open_by_days_of_the_workspaces_calendar_by_date_and_by_progress(school):
    """Madrid puts its clocks forward in the night of 29 March 2026: three days later is the same time of day."""
    begun = dt.datetime(2026, 3, 27, 17, 30, tzinfo=dt.UTC)
    opens = [
        {"lessons": ["second"], "after_days": 3},
        {"lessons": ["first"], "date": "2026-03-28"},
        {"quiz": True, "after_percent": 60, "date": "2026-04-01"},
    ]
    school.publish("slow", opens=opens)
    with school.turn():
        account = accounts.open("Acme", key="acme", by=None)
        account.timezone = "Europe/Madrid"
    ana = school.person()
    with time_machine.travel(begun, tick=False), school.turn():
        enrolment = enrolments.enrol(ana, "slow", account_id=account.id)
        found = locks.of(enrolment, enrolments.progress([enrolment])[enrolment.id])
        assert found["first"] == Lock(opens_at=dt.datetime(2026, 3, 27, 23, tzinfo=dt.UTC))
        assert found["second"] == Lock(opens_at=dt.datetime(2026, 3, 30, 16, 30, tzinfo=dt.UTC))
        assert found[locks.QUIZ].after_percent == 60
        with pytest.raises(LessonLocked) as refusal:
            lessons.complete(ana, "slow", "first")
        assert refusal.value.to_problem()["opens_at"] == "2026-03-27T23:00:00+00:00"
    with time_machine.travel(dt.datetime(2026, 3, 30, 16, 31, tzinfo=dt.UTC), tick=False), school.turn():
        for lesson in ("first", "second"):
            enrolment = lessons.complete(ana, "slow", lesson)
        with pytest.raises(QuizLocked) as refusal:
            attempts.start(ana, "slow")
        assert refusal.value.data == {
            "opens_at": "2026-03-31T22:00:00+00:00",
            "after_lesson": None,
            "after_percent": None,
        }
        progress = enrolments.progress([enrolment])[enrolment.id]
        assert resuming.next_step(enrolment, progress).lock.opens_at is not None
    with time_machine.travel(dt.datetime(2026, 3, 31, 22, 0, tzinfo=dt.UTC), tick=False), school.turn():
        assert attempts.start(ana, "slow").number == 1


def test_the_next_step_is_the_first_that_is_open(school):
    school.publish("later", opens=[{"lessons": ["first"], "after_days": 2}])
    ana = school.person()
    with school.turn():
        enrolment = enrolments.enrol(ana, "later")
        progress = enrolments.progress([enrolment])[enrolment.id]
        assert resuming.next_step(enrolment, progress).lesson == "second"
        lessons.complete(ana, "later", "second")
        progress = enrolments.progress([enrolment])[enrolment.id]
        step = resuming.next_step(enrolment, progress)
        assert step.lesson == "first" and step.lock is not None


def after(lesson, other):
    return {"lessons": [lesson], "after_lesson": other}


@pytest.mark.parametrize(
    ("opens", "said"),
    [
        ([{"lessons": ["third"], "after_days": 1}], "there is no lesson 'third'"),
        ([{"lessons": ["first"]}], "says nothing about when"),
        ([{"after_days": 1}], "names no lesson"),
        (
            [
                {"lessons": ["first"], "after_lesson": "second"},
                {"lessons": ["second"], "after_lesson": "first"},
            ],
            "never",
        ),
        ([{"lessons": ["first", "second"], "after_percent": 10}], "never open: first, second"),
    ],
)
def test_openings_that_make_no_sense_are_refused(opens, said):
    with pytest.raises(ValidationError, match=said):
        read(course(opens=opens))


LESSONS = ("a", "b", "c", "d")
OPENINGS = st.lists(
    st.builds(
        Opening,
        lessons=st.lists(st.sampled_from(LESSONS), min_size=1, max_size=3, unique=True).map(tuple),
        after_lesson=st.sampled_from(LESSONS) | st.none(),
        after_percent=st.integers(1, 99) | st.none(),
        after_days=st.just(1),
    ),
    max_size=4,
)


@given(OPENINGS)
def test_a_course_that_is_accepted_can_be_finished_and_one_that_is_refused_cannot(openings):
    done: set[str] = set()
    for _ in LESSONS:
        percent = 100 * len(done) // len(LESSONS)
        shut = {key for each in openings if each.asks_for_more_than(done, percent) for key in each.lessons}
        done |= set(LESSONS) - shut
    assert (faults_of_openings(openings, LESSONS, quiz=False) is None) == (done == set(LESSONS))


# --- for whom -------------------------------------------------------------------------------------


@pytest.fixture
def acme(school):
    """Ana owns Acme, Bob is a member of it; Cleo has no workspace."""
    ana, bob, cleo = (school.person(name) for name in ("Ana", "Bob", "Cleo"))
    with school.turn():
        account = accounts.open("Acme", key="acme", by=ana)
        account.traits = {"industry": "trade"}
        memberships.add(account.id, ana, "owner", by="tests")
        memberships.add(account.id, bob, "member", by="tests")
        db.session.flush()
    return account.id, ana, bob, cleo


def test_a_course_is_for_a_role_a_segment_or_a_plan(school, acme):
    account, ana, bob, cleo = acme
    with school.turn():
        rule = {"field": "account.traits.industry", "eq": "trade"}
        named.publish("traders", {"title": text("Traders"), "rule": rule}, by="tests")
    school.publish("owners", audience={"roles": ["owner"], "when": {"segment": "traders"}, "public": True})
    school.publish("secret", audience={"when": {"field": "account.name", "eq": "Other"}})
    school.publish("paid", audience={"plans": ["gold"]})

    with school.turn():
        assert enrolments.enrol(ana, "owners", account_id=account).course_key == "owners"
        for person, where in ((bob, account), (cleo, None)):
            with pytest.raises(CourseNotForYou):
                enrolments.enrol(person, "owners", account_id=where)
            assert access.of(person, where, "owners").obstacles == ("course_not_for_you",)
        for hidden in ("secret", "paid"):
            with pytest.raises(CourseNotFound):
                access.of(ana, account, hidden)
        named.retire("traders")
        assert (
            access.of(ana, None, "owners").obstacles == ()
        )  # begun; and in which of her workspaces is not asked
    with school.turn(), pytest.raises(CourseNotForYou):  # a segment that is gone holds for nobody
        enrolments.enrol(bob, "owners", account_id=account)
    with school.turn():
        with pytest.raises(SegmentUnknown):
            courses.publish("x", definition(enrol_when={"segment": "nobody"}), by="tests")
        db.session.rollback()


def test_the_api_explains_why_a_course_is_closed(school, acme, client, secret_key):
    school.publish("basis", **SHORT)
    asked = {"roles": ["owner"], "public": True}
    opens = [{"quiz": True, "after_days": 3}, {"lessons": ["second"], "after_lesson": "first"}]
    school.publish("deep", audience=asked, requires=[{"course": "basis"}], opens=opens)
    head = {"Authorization": f"Bearer {secret_key}"}

    def why(person: str):
        answer = client.get(f"/v1/academy/courses/deep/access?person={person}", headers=head)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    with school.turn():
        bob, ana = (people.get(each).public_id for each in (acme[2], acme[1]))
    told = why(bob)
    assert told["obstacles"] == ["course_not_for_you", "prerequisites_missing"] and not told["open"]
    assert told["missing"] == [{"course": "basis", "certified": False}]
    assert told["why"]["all"][0] == {
        "field": "account.role",
        "in": ["owner"],
        "found": "member",
        "holds": False,
    }
    refused = client.post("/v1/academy/enrolments", json={"person": bob, "course": "deep"}, headers=head)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "course_not_for_you")
    refused = client.post("/v1/academy/enrolments", json={"person": ana, "course": "deep"}, headers=head)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "prerequisites_missing")
    learn(school, acme[1], "basis")
    client.post("/v1/academy/enrolments", json={"person": ana, "course": "deep"}, headers=head)
    told = why(ana)
    assert told["open"] and told["next"]["lesson"] == "first"
    assert [each["lesson"] for each in told["locked"]] == [None, "second"]
    lesson, mine = "/v1/academy/courses/deep/lessons/second", {"person": ana}
    for answer in (
        client.get(f"{lesson}?person={ana}", headers=head),
        client.post(f"{lesson}/complete", json=mine, headers=head),
    ):
        assert (answer.status_code, answer.get_json()["after_lesson"]) == (409, "first")
    for key in ("first", "second"):
        path = f"/v1/academy/courses/deep/lessons/{key}/complete"
        assert client.post(path, json=mine, headers=head).status_code == 200
    answer = client.post("/v1/academy/attempts", json=mine | {"course": "deep"}, headers=head)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "quiz_locked")
    told = why(ana)
    assert told["next"]["kind"] == "quiz" and told["next"]["lock"]["opens_at"]
    going_on = client.get(f"/v1/academy/continue?person={ana}", headers=head).get_json()
    assert going_on["next"] == told["next"]
