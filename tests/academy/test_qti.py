"""QTI 2 and 3: common items become questions, packages keep their order, and whatever is not carried is named."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy import interchange
from academy.interchange import FileUnreadable, Reading
from academy.questions import BaseQuestion
from tests.academy.kind_samples import EVERY_KIND
from tests.academy.samples import question

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
MATCH = '<responseProcessing template="http://x/rptemplates/match_correct"/>'
MAP = '<responseProcessing template="https://x/rptemplates/map_response.xml"/>'
SAMPLES = [question(raw) for raw in EVERY_KIND]


def item(response: str, body: str, processing: str = MATCH, more: str = "", about: str = "") -> str:
    return (
        f'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="Q7" title="A title" {about}>'
        f"{response}<itemBody>{body}</itemBody>{processing}{more}</assessmentItem>"
    )


def response(values: str, *, kind: str = 'cardinality="single" baseType="identifier"', more: str = "") -> str:
    correct = "".join(f"<value>{each}</value>" for each in values.split("|") if each)
    inner = f"<correctResponse>{correct}</correctResponse>{more}"
    return f'<responseDeclaration identifier="R" {kind}>{inner}</responseDeclaration>'


def choice(*words: str, about: str = "") -> str:
    rows = "".join(f'<simpleChoice identifier="{each[0]}">{each}</simpleChoice>' for each in words)
    return (
        f'<choiceInteraction responseIdentifier="R" {about}><prompt>Which?</prompt>{rows}</choiceInteraction>'
    )


def read(text: str) -> Reading:
    return interchange.read("q7.xml", text.encode())


def one(text: str) -> tuple[BaseQuestion, list[str]]:
    reading = read(text)
    (found,) = reading.questions
    return found, [f"{each.outcome} {each.what}" for each in reading.report.notes]


def test_a_single_choice_by_match_correct_keeps_its_order_of_options() -> None:
    found, named = one(item(response("B"), f"<p>Look.</p>{choice('A one', 'B <b>two</b>')}"))
    assert (found.key, found.kind, found.text.en) == ("q7", "single", "Look.\n\nWhich?")
    assert found.grade("o2") == 1 and found.arrange("seed") == ("o1", "o2") and named == []


def test_the_same_item_in_the_names_of_version_three() -> None:
    text = (
        '<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="Q7" title="t">'
        '<qti-response-declaration identifier="R" cardinality="single" base-type="identifier"><qti-correct-response>'
        "<qti-value>B</qti-value></qti-correct-response></qti-response-declaration><qti-item-body>"
        '<qti-choice-interaction response-identifier="R" shuffle="true"><qti-prompt>Which?</qti-prompt>'
        '<qti-simple-choice identifier="A">One</qti-simple-choice>'
        '<qti-simple-choice identifier="B">Two</qti-simple-choice></qti-choice-interaction>'
        "</qti-item-body><qti-response-processing "
        'template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct"/></qti-assessment-item>'
    )
    reading = read(text)
    assert reading.report.format == "QTI 3" and reading.questions[0].grade("o2") == 1


def test_a_mapping_tells_what_each_choice_earns() -> None:
    entries = "".join(
        f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in (("A", 1), ("B", 1), ("C", -2))
    )
    told = response(
        "A|B",
        kind='cardinality="multiple" baseType="identifier"',
        more=f'<mapping lowerBound="0">{entries}</mapping>',
    )
    found, named = one(item(told, choice("A", "B", "C"), MAP))
    assert [float(found.grade(each)) for each in (["o1", "o2"], ["o1"], ["o1", "o3"])] == [
        1,
        0.5,
        0,
    ] and named == []


def test_what_only_counts_as_a_whole_is_counted_by_parts_and_named() -> None:
    told = response("A|B", kind='cardinality="multiple" baseType="identifier"')
    found, named = one(item(told, choice("A", "B", "C", "D")))
    assert found.grade(["o1", "o2"]) == 1 and named == ["changed match_correct"]


RULE = (
    "<responseProcessing><responseCondition><responseIf>{test}<setOutcomeValue identifier='SCORE'>"
    "<baseValue baseType='float'>{points}</baseValue></setOutcomeValue></responseIf>{more}</responseCondition>"
    "</responseProcessing>"
)
VARIABLE, CORRECT = "<variable identifier='R'/>", "<correct identifier='R'/>"


@pytest.mark.parametrize(
    ("test", "shares"),
    [
        (f"<equal toleranceMode='absolute' tolerance='0.1 0.2'>{VARIABLE}{CORRECT}</equal>", [1, 1, 0]),
        (f"<equal toleranceMode='relative' tolerance='10'>{VARIABLE}{CORRECT}</equal>", [1, 1, 0]),
        (f"<equal toleranceMode='exact'>{VARIABLE}{CORRECT}</equal>", [1, 0, 0]),
        (f"<and><gte>{VARIABLE}<baseValue>1.9</baseValue></gte><lte>{VARIABLE}<baseValue>2.3</baseValue></lte></and>",
         [1, 1, 1]),
        (f"<match>{VARIABLE}{CORRECT}</match>", [1, 0, 0]),
    ],
)  # fmt: skip
def test_the_common_rules_for_numbers_are_understood(test: str, shares: list[int]) -> None:
    told = response("2", kind='cardinality="single" baseType="float"')
    body = '<p>How many?</p><p><textEntryInteraction responseIdentifier="R"/></p>'
    found, named = one(item(told, body, RULE.format(test=test, points=2, more="")))
    given = [found.grade({"value": value, "unit": None}) for value in ("2", "2.15", "2.21")]
    assert given == shares and found.text.en == "How many?" and named == []


def test_rules_that_say_more_are_named_and_the_declared_answer_counts() -> None:
    odd = RULE.format(test=f"<patternMatch pattern='x+'>{VARIABLE}</patternMatch>", points=1, more="")
    found, named = one(item(response("B"), choice("A", "B"), odd))
    assert found.grade("o2") == 1 and named == ["changed responseProcessing"]


def test_a_word_within_a_sentence_and_fields_with_choices() -> None:
    told = response("York", kind='cardinality="single" baseType="string"')
    found, _ = one(
        item(told, '<p>The sun of <textEntryInteraction responseIdentifier="R"/>; <i>so</i> it is</p>')
    )
    assert found.kind == "short_text" and "\\_\\_\\_\\_\\_; *so* it is" in found.text.en
    second = told.replace('identifier="R"', 'identifier="S"')
    inline = (
        '<inlineChoiceInteraction responseIdentifier="R"><inlineChoice identifier="Y">York</inlineChoice>'
        '<inlineChoice identifier="L">Leeds</inlineChoice></inlineChoiceInteraction>'
    )
    body = f'<p>Of {inline} and <textEntryInteraction responseIdentifier="S"/>.</p>'
    found, _ = one(item(response("Y") + second, body))
    assert found.text.en == "Of [[g1]] and [[g2]]." and found.grade({"g1": "o1", "g2": "York"}) == 1


def test_order_match_and_gap_match() -> None:
    rows = choice("A", "B", "C").replace("choiceInteraction", "orderInteraction")
    found, _ = one(item(response("C|A|B", kind='cardinality="ordered" baseType="identifier"'), rows))
    assert [each.text.en for each in found.items] == ["C", "A", "B"] and found.grading == "all_or_nothing"
    pair = 'cardinality="multiple" baseType="directedPair"'
    sides = "".join(
        "<simpleMatchSet>"
        + "".join(
            f'<simpleAssociableChoice identifier="{each}">{each}</simpleAssociableChoice>' for each in side
        )
        + "</simpleMatchSet>"
        for side in ("AB", "XYZ")
    )
    body = f'<matchInteraction responseIdentifier="R"><prompt>Match</prompt>{sides}</matchInteraction>'
    found, named = one(item(response("A X|B Y", kind=pair), body))
    assert len(found.rows()) == 2 and len(found.targets()) == 3 and named == ["changed match_correct"]
    gaps = (
        '<gapMatchInteraction responseIdentifier="R"><prompt>Fill</prompt><gapText identifier="W">winter</gapText>'
        '<gapText identifier="S">summer</gapText><p>Now is the <gap identifier="G"/>.</p></gapMatchInteraction>'
    )
    found, _ = one(item(response("W G", kind=pair), gaps))
    assert found.text.en == "Fill\n\nNow is the [[g1]]." and found.grade({"g1": "o1"}) == 1


def test_what_questions_here_cannot_be_is_named() -> None:
    for text, why in (
        (item(response("A"), choice("A", "B"), about='adaptive="true"'), "is adaptive"),
        (
            item(response("A") + "<templateDeclaration identifier='X'/>", choice("A", "B")),
            "made anew by rules",
        ),
        (item("", "<p>Only words</p>"), "description"),
        (item(response(""), choice("A", "B")), "no right answer"),
        (
            item(response("A"), "<p>Draw</p><drawingInteraction responseIdentifier='R'/>"),
            "no drawingInteraction",
        ),
    ):
        report = read(text).report
        assert report.carried == 0 and any(why in note.why for note in report.of("lost")), why


def test_what_rules_show_and_several_things_asked_at_once() -> None:
    more = "<modalFeedback identifier='x' outcomeIdentifier='F'>No</modalFeedback><stylesheet href='a.css'/>"
    hidden = "<feedbackBlock identifier='y'>Hm</feedbackBlock><rubricBlock view='scorer'>k</rubricBlock>"
    body = choice("A", "B") + hidden
    _, named = one(item(response("A"), body, more=more))
    assert named == [
        "lost <feedbackBlock>",
        "lost <rubricBlock>",
        "noted <stylesheet>",
        "lost <modalFeedback>",
    ]
    second = response("B").replace('identifier="R"', 'identifier="S"')
    two = choice("A", "B") + choice("A x", "B x").replace('Identifier="R"', 'Identifier="S"')
    reading = read(item(response("A") + second, f"<p>Both:</p>{two}"))
    assert [each.key for each in reading.questions] == ["q7-1", "q7-2"] and reading.report.found == 2
    assert [each.grade("o2") for each in reading.questions] == [0, 1]


def package(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def resources(*told: tuple[str, str]) -> str:
    rows = "".join(
        f'<resource identifier="r{n}" type="{kind}" href="{href}"/>' for n, (kind, href) in enumerate(told)
    )
    return f"<manifest><resources>{rows}</resources></manifest>"


def test_a_test_gives_the_order_and_its_sections_are_tags_and_pictures_come_along() -> None:
    def section(title: str, *hrefs: str) -> str:
        refs = "".join(f'<assessmentItemRef identifier="{n}" href="{href}"/>' for n, href in enumerate(hrefs))
        return f'<assessmentSection identifier="s" title="{title}">{refs}</assessmentSection>'

    sections = section("Tax law", "b.xml") + section("Rest", "a.xml", "no.xml")
    test = f"<assessmentTest><testPart>{sections}</testPart></assessmentTest>"
    picture = '<p>Look: <img src="img/map.png" alt="Map"/></p>'
    plain = item(response("A"), picture + choice("A", "B"))
    data = package(
        {
            "imsmanifest.xml": resources(
                ("imsqti_item_xmlv2p2", "items/a.xml"), ("imsqti_item_xmlv2p2", "items/b.xml"),
                ("imsqti_item_xmlv2p2", "items/gone.xml"), ("imsqti_test_xmlv2p2", "items/test.xml"),
                ("imslti_xmlv1p3", "x.xml"),
            ),
            "items/a.xml": plain.replace("Q7", "first"),
            "items/b.xml": plain.replace("Q7", "second"),
            "items/test.xml": test,
            "items/img/map.png": PNG,
        }
    )  # fmt: skip
    reading = interchange.read("exam.zip", data)
    assert [(each.key, each.tags) for each in reading.questions] == [
        ("second", ("tax-law",)),
        ("first", ("rest",)),
    ]
    assert len(reading.files) == 1 and next(iter(reading.files)) in reading.questions[0].text.en
    assert [(each.where, each.what) for each in reading.report.of("lost")] == [
        ("imsmanifest.xml", "items/gone.xml"), ("imsmanifest.xml", "imslti_xmlv1p3"), ("items/test.xml", "no.xml"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a.xml": "x"}, "has no imsmanifest.xml"),
        ({"imsmanifest.xml": "<manifest>"}, "is no XML"),
        ({"imsmanifest.xml": "<manifest/>", "../a.xml": "x"}, "a.xml"),
    ],
)
def test_a_broken_package_is_refused_with_the_reason(files: dict[str, str | bytes], why: str) -> None:
    with pytest.raises(FileUnreadable) as refusal:
        interchange.read("exam.zip", package(files), format="qti22")
    assert any(why in f"{fault.field} {fault.message}" for fault in refusal.value.errors)


def test_one_broken_item_does_not_keep_the_others() -> None:
    told = resources(("imsqti_item_xmlv2p2", "a.xml"), ("imsqti_item_xmlv2p2", "b.xml"))
    data = package(
        {"imsmanifest.xml": told, "a.xml": item(response("A"), choice("A", "B")), "b.xml": "<a>\n<b></a>"}
    )
    report = interchange.read("exam.zip", data).report
    assert (report.found, report.carried) == (2, 1) and "b.xml: line 2: is no XML" in report.of("lost")[0].why


def test_a_link_is_written_as_the_schema_of_qti_has_it() -> None:
    words = dict.fromkeys(("es", "en"), "[b](https://c.es)")
    asked = question({"key": "a", "kind": "true_false", "correct": True, "text": words})
    with zipfile.ZipFile(io.BytesIO(interchange.write("qti3", [asked]).data)) as archive:
        assert b'<a href="https://c.es">b</a>' in archive.read("items/a.xml")


MARKS = st.sampled_from([b"<", b"&", b"]]>", b'"', b"-->", b"</p>", b"<p>", b"0", b"-", b"e9"])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_change_of_an_item_in_a_package_breaks_the_reader(data) -> None:
    with zipfile.ZipFile(io.BytesIO(interchange.write("qti22", SAMPLES).data)) as archive:
        files: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])  # type: ignore[arg-type]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 30))] = data.draw(MARKS)
    try:
        reading = interchange.read("x.zip", package(files | {name: bytes(content)}), format="qti22")
    except FileUnreadable as refusal:
        assert refusal.errors
    else:
        assert reading.report.carried == len(reading.questions) <= reading.report.found
