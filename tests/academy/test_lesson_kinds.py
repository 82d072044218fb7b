"""The family of lesson kinds: what every member keeps, and how watched time is joined."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from academy import courses
from academy.course_folder import course_files, read_course
from academy.course_html import render_course
from academy.course_media import listed
from academy.lesson_kinds import KINDS, Facts
from academy.lesson_kinds.facts import length, merged, with_claim
from academy.schemas import Course
from plg.kit.errors import FolderFaults
from tests.academy.lesson_samples import WORKS, fill, lesson, whole, work
from tests.academy.samples import SCRIPT, course, text

START = dt.datetime(2026, 5, 4, 10, tzinfo=dt.UTC)
HOUR_LATER = START + dt.timedelta(hours=1)
ENOUGH = {
    "text": {"present_ms": 20_000},
    "video": {"watched": ((0, 50_000), (60_000, 90_000))},
    "downloads": {"pressed": True},
    "practice": {"counts": {"send": 2, "pay": 1}},
    "scorm": {"reported": frozenset({"completed"})},
    "survey": {"answered": True},
}
TOO_LITTLE = {
    "text": {"present_ms": 19_999, "pressed": True, "opened_at": HOUR_LATER},
    "video": {"watched": ((0, 79_999),), "pressed": True, "scrolled": True, "present_ms": 10**9},
    "downloads": {"scrolled": True, "present_ms": 10**9},
    "practice": {"counts": {"send": 1, "pay": 9}, "pressed": True},
    "scorm": {"pressed": True, "present_ms": 10**9},
    "survey": {"pressed": True},
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Course:
    files = listed(fill(tmp_path_factory.mktemp("course")))
    return Course.model_validate(whole(files=files))


def test_every_kind_has_a_sample():
    assert {kind.model_fields["kind"].annotation.__args__[0] for kind in KINDS} == WORKS.keys()


@pytest.mark.parametrize("kind", WORKS)
def test_a_kind_keeps_the_contract(sample, kind):
    each = sample.lesson(kind)
    pages = render_course("c", sample)

    def say(path: str) -> str:
        return pages[f"lessons.{kind}.{path}.es"]

    assert not each.work.done(Facts(at=HOUR_LATER, **TOO_LITTLE[kind]))
    assert each.work.done(Facts(at=HOUR_LATER, **ENOUGH[kind]))
    assert set(each.work.files()) <= sample.files.keys()
    for facts in (Facts(at=START), Facts(at=HOUR_LATER, **ENOUGH[kind])):
        told = str(each.work.shown(facts, say))
        assert all(say(path) in told for path in each.work.texts())
    assert all("(es)" in say(path) for path in each.work.texts())


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=8)
facts = st.builds(
    Facts,
    at=st.just(HOUR_LATER),
    opened_at=st.sampled_from([START, HOUR_LATER]),
    present_ms=st.integers(0, 40_000),
    scrolled=st.booleans(),
    watched=spans.map(lambda some: merged(*[(1_000 * a, 1_000 * b) for a, b in some])),
    counts=st.dictionaries(st.sampled_from(["send", "pay"]), st.integers(0, 3)),
    reported=st.frozensets(st.sampled_from(["completed", "passed"])),
    pressed=st.booleans(),
)


@given(st.sampled_from(list(WORKS)), facts, facts)
def test_what_is_done_stays_done_when_more_is_known(kind, known, more):
    course_ = Course.model_validate(
        course(lessons=[lesson(1, kind)], files={n: {"digest": "0" * 64, "size": 1} for n in _names(kind)})
    )
    counts = {
        key: max(known.counts.get(key, 0), more.counts.get(key, 0)) for key in {*known.counts, *more.counts}
    }
    both = replace(
        known,
        opened_at=min(known.opened_at, more.opened_at),
        present_ms=max(known.present_ms, more.present_ms),
        reported=known.reported | more.reported,
        scrolled=known.scrolled or more.scrolled,
        watched=merged(*known.watched, *more.watched),
        counts=counts,
        pressed=known.pressed or more.pressed,
    )
    done = course_.lessons[0].work.done
    assert done(both) >= max(done(known), done(more))


def _names(kind: str) -> list[str]:
    return {"video": ["clip.webm", "clip.es.vtt"], "downloads": ["table.csv"], "scorm": ["safety.zip"]}.get(
        kind, []
    )


def _moments(some) -> set[int]:
    return {moment for start, end in some for moment in range(start, end)}


@given(spans, spans, st.integers(-5, 300))
def test_a_claim_adds_distinct_moments_and_no_more_than_the_budget(known, claimed, budget):
    before = merged(*known)
    after = with_claim(before, claimed, budget)
    assert length(after) == len(_moments(after)) <= length(before) + max(0, budget)
    assert _moments(before) <= _moments(after) <= _moments(before) | _moments(claimed)
    if budget >= length(merged(*claimed)):
        assert _moments(after) == _moments(before) | _moments(claimed)
        assert with_claim(after, claimed, budget) == after


@given(spans, spans)
def test_claims_in_any_order_give_the_same(one, other):
    assert with_claim(with_claim((), one, 999), other, 999) == with_claim(
        with_claim((), other, 999), one, 999
    )


def test_a_claim_in_very_many_pieces_adds_nothing():
    assert with_claim(((0, 5),), [(10 * n, 10 * n + 1) for n in range(1, 600)], 10**6) == ((0, 5),)


def test_lessons_of_every_kind_are_written_to_files_and_read_back(sample):
    files = course_files(sample)
    assert {"04-practice.yaml", "files.yaml"} <= files.keys() and "kind: practice" in files[
        "04-practice.yaml"
    ]
    assert read_course(files) == sample
    assert Course.model_validate(courses.definition_of(sample)) == sample


def test_a_lesson_that_is_only_a_text_has_no_file_of_its_own():
    plain = Course.model_validate(course())
    assert not any(name.startswith("01-first.yaml") for name in course_files(plain))
    assert "work" not in courses.definition_of(plain)["lessons"][0]


@pytest.mark.parametrize(
    ("kind", "changes", "place", "said"),
    [
        ("video", {"file": None}, "01-video.yaml", "one of both"),
        ("video", {"file": None, "url": "https://evil.example/embed/1"}, "01-video.yaml: url", "no address"),
        (
            "video",
            {"file": None, "url": "https://youtu.be/abc?x=</script>"},
            "01-video.yaml: url",
            "no address",
        ),
        ("video", {"file": "table.csv"}, "01-video.yaml", "no .mp4"),
        ("video", {"complete_at": 101}, "01-video.yaml: complete_at", "100"),
        ("text", {"seconds": None}, "01-text.yaml", "done_by"),
        (
            "downloads",
            {"files": [{"file": "../x", "title": text("T")}]},
            "01-downloads.yaml: files[0].file",
            "match",
        ),
        ("downloads", {"files": [{"file": "gone.pdf", "title": text("T")}]}, "course.yaml", "files/gone.pdf"),
        ("practice", {"url": "javascript:alert(1)"}, "01-practice.yaml: url", "match"),
        ("practice", {"url": "//evil.example"}, "01-practice.yaml: url", "match"),
        (
            "practice",
            {"tasks": [{"key": "a", "text": text("T"), "when": {"field": "x", "eq": 1}}]},
            "01-practice.yaml: tasks[0].when",
            "event",
        ),
        ("survey", {"questions": WORKS["survey"]["questions"][:1] * 2}, "01-survey.yaml", "same key"),
        (
            "survey",
            {"questions": [{"key": "a", "kind": "scale", "text": text("T"), "points": 99}]},
            "01-survey.yaml: questions[0].points",
            "11",
        ),
    ],
)
def test_a_fault_is_named_with_its_file(sample, kind, changes, place, said):
    files = course_files(sample)
    kept = {name: body for name, body in files.items() if name[:2] not in ("01", "02", "03", "04", "05")}
    kept |= {f"01-{kind}.{language}.md": "# T\n" for language in ("es", "en")}
    changed = {key: value for key, value in work(kind, **changes).items() if value is not None}

    kept[f"01-{kind}.yaml"] = json.dumps(changed)
    with pytest.raises(FolderFaults) as refusal:
        read_course(kept)
    found = {fault.field: fault.message for fault in refusal.value.errors}
    assert any(field == place and said in message for field, message in found.items()), found


def test_texts_of_a_lesson_s_work_cannot_bring_script():
    tasks = [{"key": "a", "text": text(SCRIPT), "when": {"event": "X"}}]
    found = Course.model_validate(course(lessons=[lesson(1, "practice", tasks=tasks)]))
    pages = render_course("c", found)
    assert "<script" not in pages["lessons.practice.tasks.a.es"]


@pytest.mark.parametrize(
    ("firsts", "sound"), [(["first", "second"], True), (["second"], False), (["first", "none"], False)]
)
def test_modules_begin_at_lessons_in_their_order(firsts, sound):
    modules = [{"title": text("Part"), "first": first} for first in firsts]
    if sound:
        files = course_files(Course.model_validate(course(modules=modules)))
        assert len(read_course(files).modules) == 2
    else:
        with pytest.raises(ValueError, match="modules begin"):
            Course.model_validate(course(modules=modules))
