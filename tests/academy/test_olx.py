"""Problems of Open edX: their responses become questions, and whatever is not carried is named."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy import interchange
from academy.interchange import FileUnreadable, Reading
from academy.questions import BaseQuestion


def read(inner: str, about: str = "") -> Reading:
    return interchange.read("p.xml", f'<problem display_name="A problem" {about}>{inner}</problem>'.encode())


def one(inner: str, about: str = "") -> tuple[BaseQuestion, list[str]]:
    reading = read(inner, about)
    assert reading.report.format == "OLX"
    (question,) = reading.questions
    return question, [f"{each.outcome} {each.what}" for each in reading.report.notes]


def test_a_multiple_choice_with_its_hints_solution_and_partial_credit() -> None:
    question, named = one(
        "<p>Look.</p><multiplechoiceresponse><label>Which?</label><description>One only.</description>"
        '<choicegroup type="MultipleChoice"><choice correct="true">One <choicehint>Yes!</choicehint></choice>'
        '<choice correct="partial" point_value="0.25">Two</choice>'
        '<choice correct="false">Three</choice></choicegroup>'
        "<solution><p>It <b>is</b> one.</p></solution></multiplechoiceresponse>"
        "<demandhint><hint>Think</hint></demandhint>",
        'max_attempts="2"',
    )
    assert (question.key, question.text.en) == ("a-problem", "Look.\n\nWhich?\n\nOne only.")
    assert [float(question.grade(key)) for key in ("o1", "o2", "o3")] == [1, 0.25, 0]
    assert (
        question.texts()["feedback.o1"].en == "Yes!"
        and question.feedback
        and question.feedback.en == "It **is** one."
    )
    assert named == ["noted max_attempts", "lost <demandhint>"]


def test_checkboxes_count_by_parts_and_say_so() -> None:
    rows = "".join(
        f'<choice correct="{right}">{word}</choice>'
        for word, right in (("A", "true"), ("B", "true"), ("C", "false"))
    )
    question, named = one(
        f"<choiceresponse><label>Which?</label><checkboxgroup>{rows}</checkboxgroup></choiceresponse>"
    )
    assert question.grade(["o1", "o2"]) == 1 and named == ["changed choiceresponse"]
    inner = f"<label>Which?</label><checkboxgroup>{rows}</checkboxgroup>"
    edc = f'<choiceresponse partial_credit="EDC">{inner}</choiceresponse>'
    assert one(edc)[1] == []


@pytest.mark.parametrize(
    "inner",
    [
        """<optioninput options="('red','deep blue')" correct="deep blue"/>""",
        "<optioninput><option correct='False'>red</option><option correct='True'>deep blue</option></optioninput>",
    ],
)
def test_a_list_to_choose_from_is_a_single_choice(inner: str) -> None:
    question, named = one(f"<optionresponse><label>Colour?</label>{inner}</optionresponse>")
    assert (
        question.best(("o1", "o2")) == "o2"
        and question.texts()["options.o2"].en == "deep blue"
        and named == []
    )


def test_texts_with_and_without_capitals() -> None:
    inner = '<label>City?</label><additional_answer answer="Wien"/><textline size="20"/>'
    question, _ = one(f'<stringresponse answer="Vienna" type="ci">{inner}</stringresponse>')
    assert [question.grade(each) for each in ("vienna", "WIEN", "Rome")] == [1, 1, 0]
    question, _ = one(f'<stringresponse answer="Vienna">{inner}</stringresponse>')
    assert question.grade("vienna") == 0
    assert "regular expressions" in read('<stringresponse answer="a+" type="regexp"/>').report.notes[0].why


@pytest.mark.parametrize(
    ("answer", "tolerance", "right", "wrong", "named"),
    [
        ("100", "5%", "105", "106", []),
        ("100", "0.5", "100.5", "101", []),
        ("3.14", "", "3,14", "3.1", []),
        ("[5, 7]", "", "7", "7.1", []),
        ("[5,7)", "", "6.9", "7.1", ["changed answer"]),
    ],
)
def test_numbers_with_their_tolerance(
    answer: str, tolerance: str, right: str, wrong: str, named: list[str]
) -> None:
    param = f'<responseparam type="tolerance" default="{tolerance}"/>' if tolerance else ""
    question, told = one(
        f'<numericalresponse answer="{answer}"><label>How many?</label>{param}</numericalresponse>'
    )
    assert [question.grade({"value": value, "unit": None}) for value in (right, wrong)] == [
        1,
        0,
    ] and told == named


def test_several_responses_are_questions_of_their_own_with_what_stands_before_them() -> None:
    first = '<numericalresponse answer="4"><formulaequationinput/></numericalresponse>'
    reading = read(
        f"<p>2+2?</p>{first}<p>Capital?</p><stringresponse answer='Lima'><textline/></stringresponse><p>End.</p>"
    )
    assert [(each.key, each.text.en) for each in reading.questions] == [
        ("a-problem-1", "2+2?"), ("a-problem-2", "Capital?\n\nEnd."),
    ]  # fmt: skip


def test_a_library_of_problems_and_what_is_none() -> None:
    text = (
        "<library><problem url_name='a'><p>Only words</p></problem>"
        "<problem url_name='b'><script>x = 1</script><numericalresponse answer='$x'/></problem>"
        "<problem url_name='c'><customresponse cfn='f'/></problem></library>"
    )
    report = interchange.read("library.xml", text.encode()).report
    assert (report.found, report.carried) == (3, 0)
    assert [
        "description" in report.notes[0].why,
        "rules" in report.notes[1].why,
        "customresponse" in report.notes[2].why,
    ] == [True] * 3


WHOLE = (
    "<problem><p>Look.</p><multiplechoiceresponse><label>Which?</label><choicegroup>"
    '<choice correct="true">One <choicehint>Yes!</choicehint></choice><choice correct="partial">Two</choice>'
    "</choicegroup></multiplechoiceresponse><p>Then?</p><optionresponse>"
    """<optioninput options="('a','b')" correct="a"/></optionresponse>"""
    '<numericalresponse answer="[1,2)"><responseparam type="tolerance" default="5%"/></numericalresponse></problem>'
)
MARKS = st.sampled_from(
    ["<", "&", "'", '"', "(", ",", "[", "%", "e99", "</p>", "<p>", "true", "0", "-", "NaN"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_change_of_a_problem_breaks_the_reader(data) -> None:
    text = WHOLE
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(MARKS) + text[at + data.draw(st.integers(0, 20)) :]
    try:
        report = interchange.read("p.xml", text.encode(), format="olx").report
    except FileUnreadable as refusal:
        assert refusal.errors
    else:
        assert report.carried <= report.found
