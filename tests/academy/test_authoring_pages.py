"""Staff write a course in pages, with forms alone: every fault is named, and nothing that was typed is lost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from academy import courses, drafts, publishing
from academy.course_folder import course_files
from academy.models import Attempt, CourseChange, Enrolment
from plg.access import credentials
from plg.events.models import Event
from plg.kit.db import db
from plg.kit.strict_yaml import read_yaml
from tests.academy.conftest import KEY, School
from tests.academy.samples import SCRIPT, course, quiz, read, text

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

BANK = {"banks/vat.yaml": "# the taxes\nquestions: []\n"}


class Staff:
    """A browser of a member of staff, who looks at the draft that their last page showed."""

    def __init__(self, app: Flask, sign_in: Callable[..., str], email: str = "marta@example.com") -> None:
        with app.app_context():
            member = credentials.add_staff(email, "Marta Ruiz", "correct horse battery")
            db.session.commit()
        self.app, self.client, self.seen = app, app.test_client(), ""
        self.token = sign_in(self.client, staff_id=member.id)

    def get(self, path: str = "", status: int = 200) -> str:
        answer = self.client.get(
            f"/staff/courses{path}", headers={"Accept": "text/html"}, follow_redirects=True
        )
        return self._read(answer, status)

    def post(self, path: str, status: int = 303, **fields: Any) -> str:
        data = {"csrf_token": self.token, "seen": self.seen} | {
            k.replace("__", "."): v for k, v in fields.items()
        }
        answer = self.client.post(f"/staff/courses{path}", data=data, headers={"Accept": "text/html"})
        if status != 303:
            return self._read(answer, status)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        followed = self.client.get(answer.location, headers={"Accept": "text/html"}, follow_redirects=True)
        return self._read(followed, 200)

    def _read(self, answer: Any, status: int) -> str:
        page = answer.get_data(as_text=True)
        assert answer.status_code == status, page
        found = re.search(r'name="seen" value="(\d+)"', page)
        self.seen = found[1] if found else self.seen
        return html.unescape(page)


@pytest.fixture
def staff(app: Flask, sign_in: Callable[..., str]) -> Staff:
    return Staff(app, sign_in)


def files(app: Flask, key: str = KEY) -> dict[str, str]:
    with app.app_context():
        return drafts.work(key).files


def keep(app: Flask, **changes: str) -> None:
    """Somebody else changes the files of the draft, or takes them away ("")."""
    with app.app_context():
        work = drafts.work(KEY)
        new = {name: words for name, words in (work.files | changes).items() if words}
        drafts.save(KEY, new, instead_of=None, by="staff:9")
        db.session.commit()


def test_a_course_is_written_from_nothing_with_forms_alone(app: Flask, staff: Staff) -> None:
    assert "No course yet" in staff.get()
    assert "A key has small letters" in staff.post("", 422, key="Not A Key", es="Facturas", en="Invoices")
    page = staff.post("", key="invoices", es="Facturas", en="Invoices")
    assert "Draft of Invoices" in page and "course.yaml</a>" in page, "what is missing is named at once"
    titles = {"course__title__es": "Facturas: «IVA»", "course__title__en": "Invoices"}
    summary = {"course__summary__es": "Todo.", "course__summary__en": "All of it."}
    staff.post("/invoices/draft/settings", course__minutes="12", **titles, **summary)
    add_lessons(staff)
    assert {"01-send.es.md", "02-taxes.en.md"} <= files(app, "invoices").keys()
    staff.post("/invoices/draft/quiz", do="begin")
    staff.post("/invoices/draft/quiz", quiz__pass_mark="60", quiz__max_attempts="3", quiz__evidence="1")
    add_questions(staff)
    page = staff.post("/invoices/draft/publish")
    assert "Version 1 is live now." in page and "published version 1" in page
    with app.app_context():
        live = courses.live("invoices").course
        assert [lesson.key for lesson in live.lessons] == ["send", "taxes"] and live.minutes == 12
        assert live.title.es == "Facturas: «IVA»"
        rules = courses.definition_of(live)["quiz"]
    assert (rules["pass_mark"], rules["max_attempts"], rules["evidence"]) == (60, 3, True)
    single, true_false, numeric, short, several = rules["questions"]
    assert [option.get("correct", False) for option in single["options"]] == [False, True]
    assert true_false["correct"] is False
    assert (numeric["answers"], numeric["tags"]) == ([{"value": "3.5", "tolerance": "0.1"}], ["vat", "hard"])
    assert [each["text"] for each in short["answers"]] == ["IVA", "VAT*"]
    assert several["options"][0]["feedback"] == {"es": "Sí", "en": "Yes"}


def add_lessons(staff: Staff) -> None:
    """Two of them; one is looked at before it is saved, renamed and moved."""
    staff.post("/invoices/draft", do="add", key="vat", es="El IVA", en="VAT")
    staff.post("/invoices/draft", do="add", key="send", es="Enviar", en="Send")
    page = staff.post("/invoices/draft", 422, do="add", key="vat", es="Lo tecleado", en="y")
    assert "Another lesson has this key." in page and "Lo tecleado" in page
    written = {"es": "# El IVA\n\n**Uno**", "en": "# VAT\n\n<b>x"}
    looked = staff.post("/invoices/draft/lessons/vat", 200, do="look", **written)
    assert "<strong>Uno</strong>" in looked and "It is not saved yet." in looked
    staff.post("/invoices/draft/lessons/vat", key="taxes", **written)
    staff.post("/invoices/draft", do="up|send")


def add_questions(staff: Staff) -> None:
    """One of every kind that has a form."""
    both = {"text__es": "¿Cuánto?", "text__en": "How much?"}
    options = {
        f"option.{row}.text.{language}": f"{word} {language}"
        for row, word in enumerate(("ten", "twenty"))
        for language in ("es", "en")
    }
    several = {"option.0.correct": "1", "option.0.feedback.es": "Sí", "option.0.feedback.en": "Yes"}
    number = {"answer.0.value": "3,5", "answer.0.tolerance": "0.1", "answer.1.value": ""}
    for kind, told in (
        ("single", {"right": "1", **options}),
        ("true_false", {"correct": "false"}),
        ("numeric", {"tags": "vat hard", "difficulty": "2", **number}),
        ("short_text", {"answers": "IVA\nVAT*\n"}),
        ("multiple", {**options, **several}),
    ):
        staff.get(f"/invoices/draft/quiz/new_question?kind={kind}")
        key = kind.replace("_", "-")
        page = staff.post("/invoices/draft/quiz/new_question", kind=kind, key=key, **both, **told)
        assert "keeps this draft" not in page


def test_a_form_leaves_what_it_does_not_know_as_it_is_written(
    app: Flask, school: School, staff: Staff
) -> None:
    raw = course_files(read(course(quiz=quiz(max_attempts=2))))
    unknown = "# mine\n" + raw["course.yaml"] + "drip:  # of the future\n  after: 3d\n"
    graded = raw["quiz.yaml"].replace(
        "- key: one\n", "# asked often\n- key: one\n  points: 7  # of the future\n"
    )
    keep(app, **{"course.yaml": unknown, "quiz.yaml": graded + "# the end\n"}, **BANK)
    staff.get(f"/{KEY}/draft")
    staff.post(f"/{KEY}/draft/settings", course__minutes="45", course__title__es="Otro")
    assert "drip:\n  after: 3d\n" in staff.get(f"/{KEY}/draft/settings"), "what no form knows is shown"
    staff.post(f"/{KEY}/draft/quiz", quiz__max_attempts="", quiz__pass_mark="80")
    page = staff.get(f"/{KEY}/draft/quiz/one")
    sent = dict(re.findall(r'name="(option\.\d+\.key)" value="(\w*)"', page))
    for row, key in enumerate("abcd"):
        sent |= {f"option.{row}.text.{lang}": f"Option {key} ({lang})" for lang in ("es", "en")}
    staff.post(f"/{KEY}/draft/quiz/one", kind="single", key="one", right="1", **sent, **{
        "text.es": "Nuevo", "text.en": "New", "feedback.es": "Feedback one (es)", "feedback.en": "Feedback one (en)",
    })  # fmt: skip
    staff.post(f"/{KEY}/draft/quiz", do="remove|three")
    now = files(app)
    assert (
        now["course.yaml"].startswith("# mine\n")
        and "drip:  # of the future\n  after: 3d\n" in now["course.yaml"]
    )
    assert read_yaml(now["course.yaml"]) == read_yaml(unknown) | {
        "minutes": 45,
        "title": text("Course") | {"es": "Otro"},
    }
    assert "# asked often\n- key: one\n  points: 7  # of the future\n" in now["quiz.yaml"]
    assert now["quiz.yaml"].endswith("# the end\n") and now["banks/vat.yaml"] == BANK["banks/vat.yaml"]
    was, new = read_yaml(graded), read_yaml(now["quiz.yaml"])
    assert "max_attempts" not in new and new["pass_mark"] == 80
    assert [each["key"] for each in new["questions"]] == ["one", "two", "four"]
    assert new["questions"][0] == was["questions"][0] | {"text": {"es": "Nuevo", "en": "New"}}


def test_of_two_editors_the_later_one_is_told_and_keeps_what_they_typed(
    app: Flask, school: School, staff: Staff
) -> None:
    keep(app)
    staff.get(f"/{KEY}/draft/lessons/first")
    keep(app, **{"02-second.en.md": "# Theirs\n"})
    mine = {"es": "# Lo mío\n", "en": "# Mine <b>\n", "key": "first"}
    stale, staff.seen = staff.seen, staff.seen
    page = staff.post(f"/{KEY}/draft/lessons/first", 409, **mine)
    assert "Somebody else saved this draft meanwhile" in page and "# Mine <b>" in page and "# Lo mío" in page
    staff.seen = stale
    assert "Mine" not in files(app)["01-first.en.md"]
    staff.post(f"/{KEY}/draft/lessons/first", do="overwrite", **mine)
    assert files(app)["01-first.en.md"] == "# Mine <b>\n" and files(app)["02-second.en.md"] == "# Theirs\n"
    gone = {name: "" for name in files(app) if "second" in name}
    keep(app, **gone)
    staff.seen = stale
    assert "# Tecleado" in staff.post(
        f"/{KEY}/draft/lessons/second", 409, es="# Tecleado", en="# Typed", key="second"
    )
    for path, sent in (
        ("settings", {"course__title__es": "Tecleado"}),
        ("quiz/two", {"kind": "single", "key": "two", "text__es": "Tecleado", "text__en": "x"}),
        ("files/banks/vat.yaml", {"text": "# Tecleado"}),
        ("quiz", {"quiz__title__es": "Tecleado"}),
    ):
        staff.seen = stale
        assert "Tecleado" in staff.post(f"/{KEY}/draft/{path}", 409, **sent), path
    assert staff.seen == stale, "saved again without a word, it is refused again"
    assert "Somebody changed the draft meanwhile" in staff.post(f"/{KEY}/draft/publish")
    with app.app_context():
        assert courses.live(KEY).version == 1


def test_a_text_is_checked_with_every_fault_by_its_line_before_it_is_saved(
    app: Flask, school: School, staff: Staff
) -> None:
    staff.get(f"/{KEY}/draft/files/quiz.yaml")
    faulty = (
        "title: x\npass_mark: 170\nquestions:\n- key: one\n  kind: single\n  text: {es: a}\n  options: []\n"
    )
    page = staff.post(f"/{KEY}/draft/files/quiz.yaml", 200, do="check", text=faulty)
    for told in ("Line 1", "Line 2", "Line 6", "Line 7", "is at most 100", "Nothing is saved yet"):
        assert told in page, told
    assert faulty in page
    with app.app_context(), pytest.raises(drafts.DraftNotFound):
        drafts.find(KEY)
    assert "line 2" in staff.post(f"/{KEY}/draft/files/quiz.yaml", text=faulty), (
        "it may be saved all the same"
    )
    gift = staff.post(
        f"/{KEY}/draft/files/quiz.gift", 200, do="check", text="::a:: Two? {=2 ~3}\n\n::b:: What? {\n"
    )
    assert "Line 3" in gift
    broken = staff.post(f"/{KEY}/draft/files/quiz.yaml", text="title: [\n")
    assert "line 2" in broken and "mended as text" in staff.get(f"/{KEY}/draft/quiz")
    spanish = staff.get(f"/{KEY}/draft/files/quiz.yaml?lang=es")
    assert "Borrador de" in spanish and ("impide" in spanish)


def test_a_preview_is_the_learners_page_and_leaves_no_trace(app: Flask, school: School, staff: Staff) -> None:
    keep(
        app,
        **{
            "course.yaml": files(app)["course.yaml"] + "minutes: 33\n",
            "01-first.en.md": f"# New {SCRIPT}\n\nText\n",
        },
    )
    before = _rows(app)
    page = staff.get(f"/{KEY}/draft/preview?shown_in=en")
    assert "Preview" in page and "33 minutes" in page and "Begin the course" in page
    assert (
        f'action="/staff/courses/{KEY}/draft/preview?shown_in=en"' in page and f'"/academy/{KEY}' not in page
    )
    lesson = staff.post(f"/{KEY}/draft/preview?shown_in=en")
    assert (
        SCRIPT not in staff.client.get(f"/staff/courses/{KEY}/draft/preview/lessons/first?shown_in=en").text
    )
    assert "Lesson 1 of 2" in lesson and f'"/academy/{KEY}' not in lesson
    assert "Lección 1" in staff.get(f"/{KEY}/draft/preview/lessons/first?shown_in=es")
    second = staff.post(f"/{KEY}/draft/preview/lessons/first?shown_in=en")
    assert "Lesson 2 of 2" in second
    paper = staff.post(f"/{KEY}/draft/preview/lessons/second?shown_in=en")
    assert paper.count("<fieldset") == 4
    seed = re.search(r"\?paper=(\w+)", paper)
    assert seed
    marked = staff.post(f"/{KEY}/draft/preview/quiz?paper={seed[1]}&shown_in=en", 200, **{"answer-1": "99"})
    assert "Such answers do not pass" in marked and marked.count("Right answer") >= 4
    answer = staff.client.get(f"/staff/courses/{KEY}/draft/preview")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert _rows(app) == before
    keep(app, **{"quiz.yaml": "pass_mark: 1\n"})
    staff.get(f"/{KEY}/draft/preview", 422)
    staff.get(f"/{KEY}/draft/preview/quiz", 404)


def _rows(app: Flask) -> list[int]:
    with app.app_context():
        tables = (Attempt, Enrolment, Event, CourseChange)
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_versions_are_compared_and_made_live_again_and_the_history_names_who(
    app: Flask, school: School, staff: Staff
) -> None:
    school.ready()
    staff.get(f"/{KEY}/draft")
    staff.post(f"/{KEY}/draft", do="remove|second")
    page = staff.get(f"/{KEY}/draft/publish")
    assert "Lesson second is removed." in page and "On version 1" in page
    staff.post(f"/{KEY}/draft/publish")
    page = staff.get(f"/{KEY}/versions/1")
    assert "Lesson second is added." in page and "One person is on it." in page
    assert "Version 3 is live now." in staff.post(f"/{KEY}/versions/1/roll-back")
    page = staff.post(f"/{KEY}/retire")
    assert "took it out of the catalogue" in page and "Marta Ruiz went back to version 1" in page
    staff.get("/nowhere", 404)
    staff.get(f"/{KEY}/versions/9", 404)
    staff.get(f"/{KEY}/draft/lessons/nowhere", 404)


def test_only_staff_come_in_and_only_with_their_token(
    app: Flask, school: School, sign_in: Callable[..., str]
) -> None:
    stranger = app.test_client()
    sign_in(stranger, person_id=school.person())
    staff = Staff(app, sign_in)
    for path in ("", f"/{KEY}", f"/{KEY}/draft", f"/{KEY}/draft/preview", f"/{KEY}/draft/publish"):
        assert stranger.get(f"/staff/courses{path}").status_code == 403
    staff.get(f"/{KEY}/draft")
    staff.token = "another"  # noqa: S105
    staff.post(f"/{KEY}/draft", 400, do="remove|first")
    with app.app_context():
        assert [each.what for each in publishing.changes(KEY)] == []
