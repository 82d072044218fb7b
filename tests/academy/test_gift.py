"""GIFT: read as Moodle reads it, carried into questions of ours, and what cannot be carried is named."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from academy import interchange
from academy.course_folder import course_files, read_course, read_courses, write_courses
from academy.interchange.carrying import questions_of
from academy.interchange.gift import Entry, carry, read_gift
from academy.interchange.report import Notes
from plg.kit.errors import FolderFaults
from tests.academy.samples import course, read

FIXTURES = Path(__file__).parents[3] / "shared/data/gift"
PAIRS = sorted(FIXTURES.glob("*.gift"))
with_fixtures = pytest.mark.skipif(
    not PAIRS, reason="the collection of GIFT files is not beside this checkout"
)
KINDS = {
    "MC": "choice", "TF": "true_false", "Short": "short", "Numerical": "numeric", "Matching": "matching",
    "Essay": "essay", "Description": "description", "Category": "category",
}  # fmt: skip


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split()).replace(" .", ".").replace("? _", "?_").replace("5. _", "5._")


def words(told: dict[str, Any] | None) -> tuple[str, str] | None:
    return (squeezed(told["text"]), told["format"]) if told and told["text"] else None


def of(entry_words: Any) -> tuple[str, str] | None:
    return (squeezed(entry_words.text), entry_words.format) if entry_words and entry_words.text else None


@with_fixtures
@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_file_is_read_as_the_other_reader_reads_it(path: Path) -> None:
    """Where the two differ, Moodle is right: the first feedback of a true-false is for the wrong answer."""
    entries, faults = read_gift(path.read_text(encoding="utf-8"))
    trees = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert faults == []
    assert [entry.kind for entry in entries] == [KINDS[tree["type"]] for tree in trees]
    for entry, tree in zip(entries, trees, strict=True):
        if entry.kind == "category":
            assert entry.stem.text == tree["title"]
            continue
        assert of(entry.stem) == words(tree["stem"])
        assert (squeezed(entry.title), entry.id, entry.tags) == (
            squeezed(tree["title"]), tree["id"], tuple(tree["tags"] or ()))  # fmt: skip
        assert of(entry.feedback) == words(tree.get("globalFeedback"))
        _check_answers(entry, tree)


def _check_answers(entry: Entry, tree: dict[str, Any]) -> None:
    if entry.kind == "true_false":
        assert entry.true == tree["isTrue"]
        said = [tree["trueFeedback"], tree["falseFeedback"]]
        assert [of(entry.wrong_feedback), of(entry.right_feedback)] == [words(each) for each in said]
    elif entry.kind == "matching":
        pairs = [(words(each["subquestion"]), each["subanswer"]) for each in tree["matchPairs"]]
        assert [(of(each.words), each.pair) for each in entry.answers] == pairs
    elif entry.kind == "numeric":
        told = (
            tree["choices"]
            if isinstance(tree["choices"], list)
            else [{"text": tree["choices"], "weight": None}]
        )
        wrong = [each for each in told if not each.get("isCorrect", True)]
        assert of(entry.other_feedback) == (words(wrong[0]["feedback"]) if wrong else None)
        right = [each for each in told if each not in wrong]
        for answer, each in zip(entry.answers, right, strict=True):
            _check_number(answer, each["text"])
            assert answer.weight == each["weight"]
    elif entry.kind in ("choice", "short"):
        for answer, each in zip(entry.answers, tree["choices"], strict=True):
            assert squeezed(answer.words.text) == squeezed(each["text"]["text"])
            assert answer.right == each["isCorrect"]
            assert (answer.weight and float(answer.weight)) == each["weight"] or answer.weight == each[
                "weight"
            ] == 0
            assert of(answer.feedback) == words(each["feedback"])


def _check_number(answer: Any, told: dict[str, Any]) -> None:
    number, tolerance = float(answer.number), float(answer.tolerance)
    if told["type"] == "high-low":
        assert (number - tolerance, number + tolerance) == pytest.approx(
            (told["numberLow"], told["numberHigh"])
        )
    else:
        assert (number, tolerance) == pytest.approx((told["number"], told.get("range", 0)))


@with_fixtures
def test_every_entry_of_the_collection_is_carried_or_named_with_its_line() -> None:
    carried, named = 0, {}
    for path in PAIRS:
        report = interchange.read(path.name, path.read_bytes(), format="gift").report
        carried += report.carried
        named |= {(path.stem, each.where): each for each in report.notes if each.outcome != "noted"}
    descriptions = [where for where, note in named.items() if "is a description" in note.why]
    others = {where: note for where, note in named.items() if where not in descriptions}
    assert (carried, len(descriptions)) == (93, 7)
    picture = others.pop(("multiLineFeedback1", "line 11"))
    assert (picture.outcome, picture.what) == ("lost", "<img @@PLUGINFILE@@/3.png>")
    kind = others.pop(("options1", "line 51"))
    assert kind.outcome == "changed" and "choosing everything would earn marks" in kind.why
    assert others == {}


@with_fixtures
@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_what_was_read_is_the_same_after_it_was_written(path: Path) -> None:
    once = interchange.read(path.name, path.read_bytes(), format="gift")
    again = interchange.read("again.gift", interchange.write("gift", once.questions).data, format="gift")
    assert again.questions == once.questions


@with_fixtures
def test_of_a_hundred_and_two_entries_nine_ask_nothing() -> None:
    """Two name a category, which becomes a tag; seven only say something."""
    kinds: Counter[str] = Counter()
    for path in PAIRS:
        kinds.update(entry.kind for entry in read_gift(path.read_text(encoding="utf-8"))[0])
    assert (kinds.total(), kinds["category"], kinds["description"]) == (102, 2, 7)


def test_of_several_answers_with_an_equals_sign_each_alone_is_right() -> None:
    question = one("A season?{=spring =summer ~easter}")
    assert [question.grade(key) for key in ("o1", "o2", "o3")] == [1, 1, 0]
    assert (question.kind, question.best(("o3", "o2", "o1"))) == ("single", "o1")


def one(text: str) -> Any:
    entries, faults = read_gift(text)
    notes = Notes()
    (question,) = questions_of(carry(entries, notes, "bank"), notes)
    assert faults == [] and [note for note in notes.listed if note.outcome != "noted"] == []
    return question


def test_thirds_that_moodle_rounds_earn_the_whole_mark() -> None:
    question = one("Which?{~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-50%d ~%-50%e}")
    assert question.grade(["o1", "o2", "o3"]) == 1 and question.grade(["o1", "o2", "o3", "o4", "o5"]) == 0


def test_a_true_false_tells_its_first_feedback_to_the_wrong_answer() -> None:
    question = one("Sky is green.{FALSE#No, look up.#Well seen.}")
    page = question.reviewed(("true", "false"), True, lambda path: question.texts()[path].en, with_key=False)
    assert page["answer_feedback_html"] == "No, look up."


def test_a_number_a_range_and_a_partial_answer() -> None:
    question = one("Born?{#=1822:0 =%50%1820..1824#Close.}")
    shares = {
        value: question.grade({"value": value, "unit": None}) for value in ("1822", "1824", "1825", "x")
    }
    assert [float(share) for share in shares.values()] == [1, 0.5, 0, 0]


def test_category_tags_difficulty_and_id_are_carried() -> None:
    text = "$CATEGORY: $course$/top/Tax & Law\n\n// [id:Q 7] [tag:vat] [tag:difficulty-4]\nTrue?{T}\n"
    question = one(text)
    assert (question.key, question.tags, question.difficulty) == ("bank-q-7", ("vat", "tax-law"), 4)


def test_html_becomes_markdown_and_plain_text_stays_text() -> None:
    html = one("[html]<p>Is <b>bold</b> &amp; <code>a\\=b</code>?</p>{T}")
    assert html.text.en == "Is **bold** \\& `a=b`?"
    assert one("[plain]Is *this* <b>?{T}").text.en == "Is \\*this\\* \\<b\\>?"
    assert one("[markdown]Is *this*?{T}").text.en == "Is *this*?"


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("\n\nWhat?{=a", 3, "not between"),
        ("What?}", 1, "not between"),
        ("// c\n::Title What?{T}", 2, "does not end with ::"),
        ("What?{~a}", 1, "at least two"),
        ("What?{#abc}", 1, "'abc' is no number"),
        ("What?{#}", 1, "without a number"),
        ("What?{=a->b =c}", 1, "has no ->"),
        ("What? {T} and {F}", 1, "more than one pair"),
        ("Just a text.", 1, "is a description"),
        ("[html]See <img src\\='x'>?{T}", 1, "<img x>"),
    ],
)
def test_what_is_broken_is_named_with_its_line(text: str, line: int, fault: str) -> None:
    entries, broken = read_gift(text)
    notes = Notes()
    carry(entries, notes, "bank")
    (named,) = [
        *((each.field, each.message) for each in broken),
        *((e.where, e.what + e.why) for e in notes.listed),
    ]
    assert named[0] == f"line {line}" and fault in named[1]


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab1 \n~=#{}:\\%->.*[]$/<>T") | st.characters(exclude_categories=("Cs",))))
def test_no_text_breaks_the_reader(text: str) -> None:
    report = interchange.read("any.gift", text.encode(), format="gift").report
    assert report.carried <= report.found


# --- as files of a course ------------------------------------------------------------------------

RULES = "title: {es: Examen, en: Exam}\npass_mark: 50\ndraw:\n- from: vat\n  count: 2\n"
ES = "::Uno::¿Es verdad?{T#No.#Sí.}\n\n¿Capital?{=Madrid#Bien}\n\n¿Cuál?{=A ~B}\n"
EN = "::One::Is it true?{T#No.#Yes.}\n\nCapital?{=Madrid =Madrid city}\n\nWhich?{=A ~B}\n"


def files(**more: str) -> dict[str, str]:
    whole = {name: text for name, text in course_files(read(course())).items() if name != "quiz.yaml"}
    return whole | {"quiz.yaml": RULES} | more


def test_a_bank_in_two_files_of_gift_speaks_both_languages() -> None:
    found = read_course(files(**{"banks/vat.es.gift": ES, "banks/vat.en.gift": EN}))
    assert found.quiz is not None and found.quiz.length == 2
    first, second, third = found.quiz.banks["vat"].questions
    assert (first.key, first.text.es, first.text.en) == ("vat-uno", "¿Es verdad?", "Is it true?")
    assert [answer.text for answer in second.answers] == ["Madrid", "Madrid city"]
    assert third.kind == "single"
    assert read_course(course_files(found)) == found


@pytest.mark.parametrize(
    ("banks", "field", "fault"),
    [
        ({"banks/vat.es.gift": ES}, "banks/vat.es.gift", "a file of each language"),
        ({"banks/vat.es.gift": ES, "banks/vat.en.gift": "Yes?{T}"}, "banks/vat.en.gift", "another number"),
        ({"banks/vat.es.gift": ES, "banks/vat.en.gift": EN.replace("{T#", "{F#")},
         "banks/vat.en.gift: line 1", "more than words"),
        ({"banks/vat.gift": "Eh?{~a ~b}"}, "banks/vat.gift: line 1", "no option earns anything"),
        ({"banks/vat.gift": "a\n\nOk?{T}"}, "banks/vat.gift: line 1", "description"),
        ({"banks/vat.gift": "Ok?{T}", "banks/vat.yaml": "questions: []"}, "banks/vat.gift", "YAML file as well"),
        ({"banks/vat.yaml": "questions: [{key: a, kind: true_false, text: {es: a}, correct: true}]"},
         "banks/vat.yaml: questions[0].text.en", "required"),
        ({"banks/Vat.gift": "Ok?{T}"}, "banks/Vat.gift", "is not"),
    ],
)  # fmt: skip
def test_faults_of_a_bank_name_its_file_and_line(banks: dict[str, str], field: str, fault: str) -> None:
    with pytest.raises(FolderFaults) as refusal:
        read_course(files(**banks))
    named = {each.field: each.message for each in refusal.value.errors}
    assert fault in named[field]


def test_the_quiz_s_own_questions_may_be_gift() -> None:
    rules = "title: {es: Examen, en: Exam}\npass_mark: 50\n"
    found = read_course(files(**{"quiz.yaml": rules, "quiz.gift": "True?{T}\n\n2+2?{#4}"}))
    assert found.quiz is not None and [each.key for each in found.quiz.questions] == ["quiz-1", "quiz-2"]


def test_a_shared_bank_becomes_part_of_the_courses_that_draw_from_it(tmp_path: Path) -> None:
    for name, text in {**files(), "../banks/vat.es.gift": ES, "../banks/vat.en.gift": EN}.items():
        path = tmp_path / "basics" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
    found = read_courses(tmp_path)
    quiz = found["basics"].quiz
    assert quiz is not None and len(quiz.banks["vat"].questions) == 3
    write_courses(tmp_path, found)
    assert (tmp_path / "basics/banks/vat.yaml").is_file() and read_courses(tmp_path) == found
    (tmp_path / "banks/vat.en.gift").write_text("Broken", encoding="utf-8")
    with pytest.raises(FolderFaults) as refusal:
        read_courses(tmp_path)
    assert "academy/banks/vat.en.gift: line 1" in [fault.field for fault in refusal.value.errors]


def test_writing_removes_banks_that_are_none_any_more(tmp_path: Path) -> None:
    with_bank = read_course(files(**{"banks/vat.gift": "True?{T}\n\n2+2?{#4}"}))
    write_courses(tmp_path, {"basics": with_bank})
    assert (tmp_path / "basics/banks/vat.yaml").is_file()
    (tmp_path / "basics/banks/vat.gift").write_text("True?{T}")
    write_courses(tmp_path, {"basics": read(course())})
    assert not (tmp_path / "basics/banks").exists()
