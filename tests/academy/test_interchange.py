"""What every format of the family keeps: nothing is lost in silence, and no file breaks a reader."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy import interchange
from academy.interchange import FORMATS, FileUnreadable, Format, FormatUnknown, QuestionFileTooLarge
from tests.academy.kind_samples import EVERY_KIND
from tests.academy.question_texts import QUESTIONS, looks
from tests.academy.samples import question

SAMPLES = [question(raw) for raw in EVERY_KIND]
WRITTEN = [each for each in FORMATS if each.write and each.read]
every_format = pytest.mark.parametrize("member", FORMATS, ids=lambda each: each.name)
round_trips = pytest.mark.parametrize("member", WRITTEN, ids=lambda each: each.name)
MARKS = st.sampled_from([b"<", b"&", b"]]>", b"{", b"%", b"-->", b'"', b"<p>"])
slowly = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def test_names_of_formats_differ() -> None:
    assert len({each.name for each in FORMATS}) == len(FORMATS)


@round_trips
def test_every_question_is_in_the_file_or_named_in_the_report(member: Format) -> None:
    writing = interchange.write(member.name, SAMPLES)
    named = {note.where for note in writing.report.notes if note.what == "the question"}
    assert writing.report.found == len(SAMPLES)
    assert writing.report.carried == len(SAMPLES) - len(named)
    again = interchange.read(f"all{writing.ending}", writing.data, format=member.name)
    assert len(again.questions) == again.report.found == writing.report.carried


@round_trips
def test_the_words_of_the_other_language_are_named_as_left_behind(member: Format) -> None:
    report = interchange.write(member.name, SAMPLES, language="en").report
    assert [note.what for note in report.notes if note.where == "the file"] == ["es"]


@round_trips
def test_a_file_that_was_written_is_known_again_by_its_look(member: Format) -> None:
    writing = interchange.write(member.name, SAMPLES)
    assert interchange.format_of(f"x{writing.ending}", writing.data).name == member.name


@round_trips
@slowly
@given(each=QUESTIONS)
def test_what_the_report_does_not_name_comes_back_as_it_was(member: Format, each) -> None:
    writing = interchange.write(member.name, [each])
    again = interchange.read(f"x{writing.ending}", writing.data, format=member.name)
    named = [*writing.report.notes, *again.report.notes]
    if any(note.outcome == "lost" and note.what == "the question" for note in named):
        return
    (other,) = again.questions
    if all(note.outcome == "noted" for note in named):
        assert looks(other) == looks(each)
    if "ids" not in writing.report.text():
        assert other.key == each.key


@every_format
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_change_of_a_file_breaks_its_reader(member: Format, data) -> None:
    if member.read is None:
        return
    content = bytearray(interchange.write(member.name, SAMPLES).data if member.write else b"<problem/>")
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 40))
        content[at : at + gone] = data.draw(
            st.binary(max_size=20) | st.sampled_from([b"<", b"&", b"]]>", b"{", b"%"])
        )
    try:
        reading = interchange.read("x", bytes(content), format=member.name)
    except FileUnreadable as refusal:
        assert all(fault.field and fault.message for fault in refusal.errors) and refusal.errors
    else:
        assert reading.report.carried == len(reading.questions) <= reading.report.found


def test_a_file_of_no_format_and_one_too_large_are_refused() -> None:
    with pytest.raises(FormatUnknown, match="looks like none"):
        interchange.read("notes.txt", b"Just some words.")
    with pytest.raises(FormatUnknown, match="no format 'word'"):
        interchange.read("x", b"", format="word")
    with pytest.raises(QuestionFileTooLarge):
        interchange.read("x.gift", b" " * 20_000_001)


def test_a_report_is_text_and_json() -> None:
    report = interchange.read("x.gift", b"Only words.\n\nTrue?{T}\n\nWhich?{~%50%a ~%50%b ~c}").report
    lines = report.text().splitlines()
    assert lines[0] == "2 of 3 questions carried (GIFT): 1 not carried, 1 changed"
    assert lines[1].startswith("  not carried: line 1: the question: is a description")
    assert report.plain()["notes"][1]["outcome"] == "changed"


def test_aiken_is_read_with_both_marks_and_its_faults_are_named() -> None:
    text = b"Which?\nA. One\nB) Two\nANSWER: B\n\nNo answer\nA. x\nB. y\n\nWrong?\nA. x\nB. y\nANSWER: C\n"
    reading = interchange.read("exam.txt", text)
    (which,) = reading.questions
    assert (reading.report.format, which.best(("o1", "o2"))) == ("Aiken", "o2")
    assert [(note.where, note.why) for note in reading.report.notes] == [
        ("line 6", "no line `ANSWER:` ends it"),
        ("line 10", "there is no option C"),
    ]
