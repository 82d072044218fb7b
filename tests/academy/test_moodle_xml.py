"""Moodle XML: each type that has a kind here is read, and every element that says something is carried or named."""

from __future__ import annotations

import base64

import pytest

from academy import interchange
from academy.interchange import FileUnreadable, Reading
from academy.questions import BaseQuestion

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()


def read(*questions: str) -> Reading:
    return interchange.read("exam.xml", f"<quiz>{''.join(questions)}</quiz>".encode())


def asked(kind: str, inner: str, text: str = "<p>Which?</p>") -> str:
    return (
        f'<question type="{kind}"><name><text>A name</text></name>'
        f'<questiontext format="html"><text><![CDATA[{text}]]></text></questiontext>{inner}</question>'
    )


def one(kind: str, inner: str, text: str = "<p>Which?</p>") -> tuple[BaseQuestion, list[str]]:
    reading = read(asked(kind, inner, text))
    (question,) = reading.questions
    return question, [f"{each.outcome} {each.what}" for each in reading.report.notes]


def answer(fraction: object, text: str, more: str = "") -> str:
    return f'<answer fraction="{fraction}" format="html"><text>{text}</text>{more}</answer>'


def test_a_choice_with_its_penalty_hints_and_combined_feedback() -> None:
    inner = (
        "<penalty>0.3333333</penalty><single>true</single><answernumbering>abc</answernumbering>"
        "<correctfeedback format='html'><text>Well done.</text></correctfeedback>"
        + answer(100, "&lt;b&gt;One&lt;/b&gt;", "<feedback format='html'><text>Yes</text></feedback>")
        + answer(50, "Two")
        + "<hint format='html'><text>Look up</text></hint>"
        "<tags><tag><text>Tax law</text></tag><tag><text>difficulty-2</text></tag></tags>"
    )
    question, named = one("multichoice", inner)
    assert (question.key, question.tags, question.difficulty) == ("a-name", ("tax-law",), 2)
    assert [float(question.grade(key)) for key in ("o1", "o2")] == [1, 0.5]
    assert question.texts()["options.o1"].en == "**One**" and question.texts()["feedback.o1"].en == "Yes"
    assert named == ["noted <penalty>", "noted <answernumbering>", "lost <correctfeedback>", "lost <hint>"]


def test_wrong_options_that_cost_nothing_are_made_to_and_named() -> None:
    inner = "<single>false</single>" + answer(50, "A") + answer(50, "B") + answer(0, "C") + answer(0, "D")
    question, named = one("multichoice", inner)
    assert named == ["changed fraction"]
    assert question.grade(["o1", "o2"]) == 1 and question.grade(["o1", "o2", "o3", "o4"]) == 0


def test_true_false_short_answer_and_numbers_with_units() -> None:
    question, _ = one(
        "truefalse", answer(0, "true", "<feedback><text>No</text></feedback>") + answer(100, "false")
    )
    assert question.best(()) is False and question.texts()["feedback.wrong"].es == "No"
    question, _ = one("shortanswer", "<usecase>1</usecase>" + answer(100, "Lima") + answer(40, "Li*"))
    assert [float(question.grade(each)) for each in ("Lima", "Lirio", "lima")] == [1, 0.4, 0]
    units = (
        "<units><unit><multiplier>1</multiplier><unit_name>m</unit_name></unit>"
        "<unit><multiplier>100</multiplier><unit_name>cm</unit_name></unit></units><showunits>2</showunits>"
        "<unitpenalty>0.2</unitpenalty>"
    )
    inner = answer(100, "2.5", "<tolerance>0.1</tolerance>") + answer(
        0, "*", "<feedback><text>Far</text></feedback>"
    )
    question, named = one("numerical", inner + units)
    shares = [
        question.grade({"value": v, "unit": u}) for v, u in (("250", "cm"), ("2.4", "m"), ("2.5", None))
    ]
    assert [float(each) for each in shares] == [1, 1, 0.8] and named == []
    assert question.texts()["feedback.other"].en == "Far"


def test_matching_with_a_distractor_and_ordering() -> None:
    rows = "".join(
        f"<subquestion format='html'><text>{left}</text><answer><text>{right}</text></answer></subquestion>"
        for left, right in (("France", "Paris"), ("Italy", "Rome"), ("", "Chat"))
    )
    question, _ = one("matching", rows)
    assert len(question.rows()) == 2 and len(question.targets()) == 3
    items = "".join(answer(place, text) for place, text in ((2, "Second"), (1, "First")))
    question, named = one("ordering", items + "<gradingtype>LONGEST_ORDERED_SUBSET</gradingtype>")
    assert [item.text.en for item in question.items] == ["First", "Second"]
    assert named == ["changed gradingtype: LONGEST_ORDERED_SUBSET"]


def test_embedded_answers_become_gaps() -> None:
    choice, word = r"{2:MULTICHOICE_S:=A\~b#good~%50%C &amp; d}", "{:SA:=Lima~%20%Li*}"
    text = f"<p>It is {choice} or {word} near {{1:NUMERICAL:=3.14:0.01}}</p>"
    question, named = one("cloze", "", text)
    assert question.text.en == "It is [[g1]] or [[g2]] near [[g3]]"
    assert [gap.weight for gap in question.gaps] == [2, 1, 1]
    assert question.grade({"g1": "o2", "g2": "Lima", "g3": "3.15"}) == (1 + 1 + 1) / 4
    assert named == ["lost feedback"]


@pytest.mark.parametrize("kind, box", [("gapselect", "selectoption"), ("ddwtos", "dragbox")])
def test_words_to_choose_or_drag_become_gaps_with_the_words_of_their_group(kind: str, box: str) -> None:
    boxes = "".join(
        f"<{box}><text>{text}</text><group>{group}</group></{box}>"
        for text, group in (("cat", 1), ("dog", 1), ("red", 2), ("blue", 2))
    )
    question, named = one(kind, boxes, "The [[2]] is [[3]].")
    assert [[each.text.en for each in gap.options] for gap in question.gaps] == [
        ["cat", "dog"],
        ["red", "blue"],
    ]
    assert question.grade({"g1": "o2", "g2": "o3"}) == 1 and named == []


def test_a_calculated_question_has_its_formula_and_ranges() -> None:
    sets = "".join(
        f"<dataset_definition><name><text>{name}</text></name><minimum><text>{low}</text></minimum>"
        "<maximum><text>9.0</text></maximum><decimals><text>1</text></decimals></dataset_definition>"
        for name, low in (("a", "1.0"), ("B", "2.5"))
    )
    inner = answer(100, "{a}*{B}+1", "<tolerance>0.01</tolerance><tolerancetype>1</tolerancetype>")
    question, named = one(
        "calculated",
        f"{inner}<dataset_definitions>{sets}</dataset_definitions>",
        "<p>{a} by {B}, and one?</p>",
    )
    assert question.formula == "a*v2+1" and question.measure == "relative"
    assert question.grade(question.best(("3",))) == 1
    assert named == ["changed dataset_items"]


def test_an_essay_gets_a_rubric_and_one_of_files_alone_is_an_upload() -> None:
    question, named = one("essay", "<responseformat>editor</responseformat><attachments>2</attachments>")
    assert question.kind == "essay" and named == ["noted rubric", "lost attachments"]
    inner = "<responseformat>noinline</responseformat><filetypeslist>.pdf,.key</filetypeslist>"
    question, named = one("essay", inner)
    assert question.kind == "file_upload" and question.types == ("pdf",) and "lost filetypeslist" in named


def test_a_picture_in_the_file_comes_with_the_question() -> None:
    text = (
        '<question type="truefalse"><name><text>x</text></name><questiontext format="html">'
        '<text><![CDATA[<p>Look: <img src="@@PLUGINFILE@@/a%20map.png" alt="A map"> '
        '<img src="@@PLUGINFILE@@/no.png"></p>'
        f']]></text><file name="a map.png" encoding="base64">{PIXEL}</file></questiontext>'
        f"{answer(100, 'true')}{answer(0, 'false')}</question>"
    )
    reading = read(text)
    (name,) = reading.files
    assert name.startswith("a-map-") and reading.questions[0].text.en == f"Look: ![A map](<files/{name}>)"
    assert [each.what for each in reading.report.notes] == ["<img @@PLUGINFILE@@/no.png>"]


def test_scripts_and_foreign_links_are_not_carried() -> None:
    text = "<p onclick='x()'>Hi <script>alert(1)</script><a href='javascript:x()'>there</a></p>"
    question, named = one("truefalse", answer(100, "true") + answer(0, "false"), text)
    assert question.text.en == "Hi there"
    assert named == ["lost onclick", "lost <script>", "lost <a href=javascript:x()>"]


def test_categories_are_tags_and_what_is_no_question_is_named() -> None:
    reading = read(
        '<question type="category"><category><text>$course$/top/Tax/VAT rates</text></category></question>',
        asked("truefalse", answer(100, "true") + answer(0, "false")),
        asked("description", ""),
        asked("ddmarker", ""),
    )
    assert reading.questions[0].tags == ("vat-rates",)
    assert (reading.report.found, reading.report.carried) == (3, 1)
    assert ["ddmarker" in each.why for each in reading.report.notes] == [False, True]


@pytest.mark.parametrize(
    ("data", "place", "why"),
    [
        (b"<quiz>\n<question></quiz>", "x.xml: line 2", "is no XML: mismatched tag"),
        (
            b'<!DOCTYPE quiz [<!ENTITY a "b">]><quiz><question/>&a;</quiz>',
            "x.xml: line 1",
            "declares a document type",
        ),
        (b"<exam/>", "x.xml: line 1", "begins with <exam>"),
        (b"<quiz>" + b"<a>" * 200 + b"</a>" * 200 + b"</quiz>", "x.xml: line 1", "nests deeper"),
        (b"", "x.xml: line 1", "is no XML"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(data: bytes, place: str, why: str) -> None:
    with pytest.raises(FileUnreadable) as refusal:
        interchange.read("x.xml", data, format="moodle")
    (fault,) = refusal.value.errors
    assert fault.field == place and why in fault.message


def test_what_should_be_a_number_and_is_none_is_named_with_its_place() -> None:
    reading = read("\n" + asked("numerical", answer(100, "four")))
    (note,) = reading.report.notes
    assert (note.where, note.why) == ("line 2", "answer is no number: four")
