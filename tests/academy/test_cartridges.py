"""Common Cartridges become drafts of courses: what became what is told, and nothing is left out in silence."""

from __future__ import annotations

import io
import itertools

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from academy import course_media, drafts
from academy.course_folder import read_course
from academy.packages import importing
from academy.packages.archive import PackageFaulty
from academy.packages.page import as_markdown
from plg.kit.db import db
from tests.academy.package_samples import (
    FIELD,
    PNG,
    QUESTIONS,
    cartridge,
    equal,
    item,
    manifest,
    options,
    qti,
    question,
    resource,
    zipped,
)
from tests.academy.samples import SCRIPT

PICTURED = options(a='<img src="pages/img/shop.png"/>', b="x").replace(
    "<mattext>", '<mattext texttype="text/html">'
)


def imported(files, **options):
    return importing.inspect(zipped(files), **options)


def lost(found) -> dict[str, str]:
    return {f"{each.what} {each.source}": str(each.reason) for each in found.content.report.lost}


def pages(**given):
    """A cartridge of these pages alone."""
    items = "".join(item(name, name) for name in given)
    resources = "".join(resource(name, f"{name}.html") for name in given)
    return {f"{name}.html": html for name, html in given.items()} | {
        "imsmanifest.xml": manifest(items, resources)
    }


def test_a_cartridge_becomes_a_course_that_can_be_published():
    found = imported(cartridge())
    course = read_course(found.files)
    assert found.faults == [] and found.key == "facturar-bien"
    assert [each.key for each in course.lessons] == [
        "primera-factura",
        "tabla-de-tipos",
        "agencia-tributaria",
    ]
    assert [each.first for each in course.modules] == ["primera-factura", "agencia-tributaria"]
    assert course.summary.es == "Un curso breve"
    assert course.lesson("tabla-de-tipos").work.files() == ["tipos.csv"]
    assert "https://aeat.example/" in course.lesson("agencia-tributaria").body.es
    assert course.files.keys() == {"shop.png", "tipos.csv"} and course.files["shop.png"].size == len(PNG)
    assert course.quiz.max_attempts == 3 and course.quiz.time_limit_minutes == 20


@pytest.mark.parametrize("minor", [1, 2, 3])
def test_every_version_is_read(minor):
    found = imported(cartridge(minor))
    assert found.content.report.format == f"Common Cartridge 1.{minor}"
    assert len(found.content.lessons) == 3 and found.faults == []


def test_another_version_is_refused():
    files = cartridge() | {"imsmanifest.xml": cartridge()["imsmanifest.xml"].replace("1.1.0", "2.0.0")}
    with pytest.raises(PackageFaulty, match="is Common Cartridge 2.0.0"):
        imported(files)


def test_pages_keep_what_lessons_can_say():
    body = read_course(imported(cartridge()).files).lesson("primera-factura").body.es
    assert "## Hola" in body and "**factura**" in body
    assert "[tipo](<files/tipos.csv>)" in body and "![Tienda](<files/shop.png>)" in body
    assert "steal" not in body


def test_what_is_not_carried_is_named_with_its_reason():
    assert lost(imported(cartridge())) == {
        "discussion Debate": "there are no discussions here",
        "link Primera factura: javascript:steal()": "leads to no web address",
        "<body on…> pages/first.html": "scripts are never run",
        "<script> pages/first.html": "scripts are never run",
        "file left/over.js": "nothing that was carried points at it",
    }


def test_every_file_of_the_package_is_told_of():
    found = imported(cartridge())
    report = found.content.report
    told = " ".join(
        [*(each.source for each in report.lost), *(each.source for each in report.carried), *lost(found)]
    )
    for name in ("pages/img/shop.png", "files/tipos.csv", "left/over.js", "Final test", "Debate"):
        assert name in told


def test_pages_point_at_each_other_and_at_files():
    found = imported(
        pages(
            first='<p><a href="second.html#x">next</a> <a href="%24IMS-CC-FILEBASE%24/plan.csv">plan</a></p>',
            second='<p><a href="$IMS-CC-FILEBASE$first.html">back</a> <a href="none.html">gone</a></p>',
        )
        | {"web_resources/plan.csv": "a,b\n"}
    )
    bodies = {each.key: each.body for each in found.content.lessons}
    assert "[next](<second>)" in bodies["first"] and "[plan](<files/plan.csv>)" in bodies["first"]
    assert bodies["second"] == "[back](<first>) gone\n"
    assert lost(found)["link second: none.html"] == "leads to nothing in the package"


def test_a_file_that_is_not_what_its_name_says_is_not_carried():
    found = imported(pages(first='<img src="a.png"><img src="b.svg">') | {"a.png": SCRIPT, "b.svg": "<svg/>"})
    assert lost(found)["file a.png"] == "is not what its name says"
    assert found.content.media == {"b.svg": "b.svg"}


def test_a_missing_file_or_resource_is_named():
    items = item("One", "here") + item("Two", "gone") + item("Three", "nothing")
    resources = resource("here", "here.html") + resource("gone", "gone.html")
    found = imported({"imsmanifest.xml": manifest(items, resources), "here.html": "<p>x</p>"})
    assert lost(found) == {
        "item Two": "its file gone.html is not in the package",
        "item Three": "points at no resource of the package",
    }


def test_a_cartridge_of_nothing_that_is_carried_is_refused():
    files = {"imsmanifest.xml": manifest(item("Talk", "talk"), resource("talk", "t.xml", "imsdt_xmlv1p1"))}
    with pytest.raises(PackageFaulty, match="holds nothing that becomes a lesson"):
        imported(files)


def test_more_lessons_than_a_course_has_are_named():
    found = imported(pages(**{f"p{n}": f"<p>{n}</p>" for n in range(101)}))
    assert len(found.content.lessons) == 99 and found.faults == []
    assert lost(found)["item p99"] == lost(found)["item p100"] == "a course has at most 99 lessons"


def test_questions_of_every_profile_become_questions():
    bank = yaml.safe_load(imported(cartridge()).files["banks/final-test.yaml"])["questions"]
    kinds = ["single", "multiple", "true_false", "short_text", "short_text", "essay"]
    assert [each["kind"] for each in bank] == kinds
    assert bank[0]["text"]["es"] == "Which **tax**?" and bank[0]["key"] == "tax"
    assert [option.get("correct", False) for option in bank[1]["options"]] == [True, True, False]
    assert bank[2]["correct"] is True
    assert [each["text"] for each in bank[3]["answers"]] == ["VAT", "IVA\\*"]
    assert bank[4]["answers"] == [{"text": "*added*"}]


def test_a_question_that_is_not_carried_is_named():
    odd = [
        question("weighted", "What?", options(a="1", b="2"), equal("a"), title="Odd"),
        question("multiple_choice", "None right", options(a="1", b="2"), equal("c"), title="Keyless"),
        question("fib", "Nothing", FIELD, "<other/>", title="Open"),
        question("multiple_choice", "Which?", PICTURED, equal("a"), title="Pictures"),
    ]
    found = imported(cartridge() | {"test.xml": qti(QUESTIONS["truth"] + "".join(odd))})
    told = {name.rpartition(": ")[2]: reason for name, reason in lost(found).items()}
    assert told["Odd"] == "has none of the profiles of a Common Cartridge"
    assert "exactly one correct option" in told["Keyless"]
    assert told["Pictures"] == "has pictures to choose from, and options here are words"
    assert told["Open"] == "says no answer that is right"
    assert found.faults == []


def test_feedback_is_told_to_who_chose_it():
    rule = """<respcondition><conditionvar><varequal respident="r">b</varequal></conditionvar>
      <displayfeedback linkrefid="b_fb"/></respcondition>"""
    told = '<itemfeedback ident="b_fb"><material><mattext>Look again</mattext></material></itemfeedback>'
    node = question("multiple_choice", "Tax?", options(a="VAT", b="Tip"), equal("a"), more=told)
    node = node.replace("</resprocessing>", f"{rule}</resprocessing>")
    found = imported(cartridge() | {"test.xml": qti(node)})
    bank = yaml.safe_load(found.files["banks/final-test.yaml"])["questions"]
    assert bank[0]["options"][1]["feedback"]["en"] == "Look again"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_draft_is_made_and_its_files_are_kept(app):
    with app.app_context():
        made = importing.make_draft(zipped(cartridge()), by="tests")
        db.session.commit()
        assert drafts.work("facturar-bien").files == made.files and not drafts.was_published("facturar-bien")
        course = drafts.check(made.files).course
        assert all(course_media.is_kept(about.digest) for about in course.files.values())
        with pytest.raises(drafts.CourseExists):
            importing.make_draft(zipped(cartridge()), by="tests")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_dry_run_keeps_nothing(app):
    with app.app_context():
        found = imported(cartridge())
        assert not drafts.is_there(found.key)
        assert not any(
            course_media.is_kept(about.digest) for about in drafts.check(found.files).course.files.values()
        )


def test_an_unpacked_package_is_read_as_well(tmp_path):
    for name, content in cartridge().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert importing.inspect(tmp_path).files == imported(cartridge()).files


words = st.text(max_size=12)
trees = st.recursive(
    st.builds(lambda title, page: (title, page, ()), words, st.integers(0, 6)),
    lambda inner: st.builds(lambda t, i: (t, None, tuple(i)), words, st.lists(inner, max_size=4)),
    max_leaves=20,
)
TAGS = "p b i a ul ol li table tr td h1 h2 pre code blockquote br hr img div script x"
tags = st.sampled_from(TAGS.split())
html = st.lists(st.one_of(words, st.builds(lambda t, end: f"<{end}{t}>", tags, st.sampled_from(["", "/"]))))


def _items(tree) -> str:
    title, page, inside = tree
    said = "".join(each for each in title if each.isprintable())
    return item(said, f"p{page}" if page is not None else "", "".join(map(_items, inside)))


@given(st.lists(trees, max_size=4), html)
def test_any_tree_becomes_a_sound_course_or_is_refused(some, body):
    resources = "".join(resource(f"p{n}", f"p{n}.html") for n in range(5))
    files = {f"p{n}.html": "".join(itertools.chain("x", body)) for n in range(4)}
    try:
        found = imported({"imsmanifest.xml": manifest("".join(map(_items, some)), resources), **files})
    except PackageFaulty as refusal:
        assert "nothing that becomes a lesson" in str(refusal)
    else:
        assert found.faults == []
        assert read_course(found.files).lessons


@given(html)
def test_any_page_becomes_text_without_html(body):
    from academy.markdown import block_html

    shown = block_html(as_markdown("".join(body), point=lambda href: href, lose=lambda what, why: None))
    assert "<h1" not in shown and "<script" not in shown


def test_words_that_look_like_markdown_stay_words():
    from academy.markdown import block_html

    for said in ("# no", "1. no", "- no", "* no", "a_b_c", "[x](y)", "`x`", "==", "a | b", "&amp;amp;", "\\"):
        shown = block_html(
            as_markdown(f"<p>{said}</p>", point=lambda href: None, lose=lambda what, why: None)
        )
        assert shown == f"<p>{said}</p>"


def test_a_file_of_questions_becomes_a_draft_with_a_quiz():
    gift = b"::tax::VAT is a tax.{T}\n\nNothing but words.\n"
    found = importing.inspect(io.BytesIO(gift), name="impuestos.gift")
    assert found.key == "impuestos" and found.content.report.format == "GIFT"
    bank = yaml.safe_load(found.files["banks/impuestos.yaml"])["questions"]
    assert [each["kind"] for each in bank] == ["true_false"] and len(lost(found)) == 1
    assert {each.field for each in found.faults} == {"course.yaml: lessons"}


def test_a_file_that_is_nothing_of_all_this_is_refused():
    with pytest.raises(PackageFaulty, match="neither a package in a ZIP file nor questions"):
        importing.inspect(io.BytesIO(b"\x00\x01\x02"), name="x.bin")


def test_elements_of_the_manifest_that_no_course_has_are_named():
    more = "<authorizations><authorization>x</authorization></authorizations><rights/>"
    told = cartridge()["imsmanifest.xml"].replace("<metadata>", f"<metadata>{more}")
    found = lost(imported(cartridge() | {"imsmanifest.xml": told}))
    for name in ("authorizations", "rights"):
        assert found[f"<{name}> imsmanifest.xml"] == "courses have no place for it (×1)"


TWO = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="vat" title="VAT"
  adaptive="false" timeDependent="false">
  <responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
  <correctResponse><value>a</value></correctResponse></responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody><choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">
  <prompt>Which tax?</prompt>
  <simpleChoice identifier="a">VAT</simpleChoice><simpleChoice identifier="b">Tip</simpleChoice>
  </choiceInteraction></itemBody><responseProcessing
  template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/></assessmentItem>"""


def test_questions_of_later_versions_in_a_cartridge_are_read_too():
    items = item("Page", "page") + item("Test", "test")
    resources = resource("page", "page.html") + resource("test", "vat.xml", "imsqti_item_xmlv2p1")
    files = {"imsmanifest.xml": manifest(items, resources), "page.html": "<p>x</p>", "vat.xml": TWO}
    found = imported(files)
    (bank,) = (yaml.safe_load(text) for name, text in found.files.items() if name.startswith("banks/"))
    assert [each["kind"] for each in bank["questions"]] == ["single"] and found.faults == []


def test_a_package_of_questions_alone_becomes_a_quiz():
    told = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><organizations/>
      <resources><resource identifier="vat" type="imsqti_item_xmlv2p1" href="vat.xml"><file href="vat.xml"/>
      </resource></resources></manifest>"""
    found = importing.inspect(zipped({"imsmanifest.xml": told, "vat.xml": TWO}), name="impuestos.zip")
    assert found.key == "impuestos" and found.content.report.format == "QTI 2"
    assert len(yaml.safe_load(found.files["banks/impuestos.yaml"])["questions"]) == 1
