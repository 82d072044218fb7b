"""Somebody takes the course and leaves with a certificate that others can check."""

import re
from typing import Any

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from plg.demo.prepare import PRODUCT_FOLDER
from tests.browser import steps

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

COURSE = "facturo-essentials"


def watch(page: Page, demo: steps.Demo) -> None:
    """Play the video until the server has counted enough of it."""
    page.locator("video").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-finished]")).to_be_visible()


def practise(page: Page, demo: steps.Demo) -> None:
    """Do in the product what the lesson asks for; its page sees it."""
    lesson = page.url
    page.get_by_role("link", name="Abrir el producto").click()
    expect(page.locator("header nav")).to_be_visible()
    steps.add_customer(page, demo)
    steps.send_invoice(page, demo)
    expect(page.locator(".status.sent")).to_be_visible()
    page.goto(lesson)
    expect(page.locator(".practice li.done")).to_have_count(2)
    expect(page.locator("[data-finished]")).to_be_visible()


def give_an_opinion(page: Page, demo: steps.Demo) -> None:
    page.get_by_label("4", exact=True).check()
    page.get_by_role("button", name="Enviar respuestas").click()
    expect(page.locator(".alert.ok")).to_be_visible()


WORK = {"video": watch, "practice": practise, "survey": give_an_opinion}


def take_the_lessons(page: Page, demo: steps.Demo) -> None:
    """Begin the course and complete every lesson; the quiz's rules follow."""
    page.goto(f"{demo.url}/academy/{COURSE}")
    page.get_by_role("button", name="Empezar el curso").click()
    lessons = sorted((PRODUCT_FOLDER / "academy" / COURSE).glob("*.es.md"))
    for number in range(1, len(lessons) + 1):
        expect(page.locator("main")).to_contain_text(f"Lección {number} de {len(lessons)}")
        work = WORK.get(page.locator("[data-lesson]").get_attribute("data-kind"))
        if work is not None:
            work(page, demo)
        page.locator(".lesson-end button.primary").click()
    expect(page).to_have_url(f"{demo.url}/academy/{COURSE}/quiz")


def answer_the_quiz(page: Page, *, rightly: bool) -> None:
    """Answer every question and hand the paper in."""
    quiz = yaml.safe_load((PRODUCT_FOLDER / "academy" / COURSE / "quiz.yaml").read_text())
    page.get_by_role("button", name="Empezar el cuestionario").click()
    shown = page.locator("fieldset.question")
    expect(shown).to_have_count(len(quiz["questions"]))
    choices = shown.locator("input[type=radio], input[type=checkbox]")
    values = choices.evaluate_all("inputs => inputs.map(input => input.value)")
    assert values and all(value.isdigit() for value in values), "the paper names its options by their place"
    for question in shown.all():
        if question.locator(".cloze").count():
            (asked,) = [each for each in quiz["questions"] if each["kind"] == "cloze"]
        else:
            text = question.locator(".question-text").inner_text().strip()
            (asked,) = [each for each in quiz["questions"] if _plain(each["text"]["es"]) == text]
        if asked["kind"] not in ("single", "multiple"):
            if rightly:
                fill_in(question, asked)
            continue
        for option in asked["options"]:
            if bool(option.get("correct")) == rightly:
                words = _plain(option["text"]["es"])
                question.locator("label.choice", has_text=words).locator("input").check()
    page.get_by_role("button", name="Enviar y ver el resultado").click()


def fill_in(question: Locator, asked: dict[str, Any]) -> None:
    """The right answer to a question with fields."""
    fields = question.locator("select, input[type=text]")
    if asked["kind"] == "numeric":
        fields.fill(str(asked["answers"][0]["value"]))
    elif asked["kind"] == "cloze":
        for place, gap in enumerate(asked["gaps"]):
            (right,) = [option["text"]["es"] for option in gap["options"] if option.get("correct")]
            fields.nth(place).select_option(label=right)
    elif asked["kind"] == "ordering":
        for place, item in enumerate(asked["items"], 1):
            question.get_by_label(_plain(item["text"]["es"]), exact=True).select_option(label=str(place))
    else:
        for pair in [pair for pair in asked["pairs"] if "left" in pair]:
            right = question.get_by_label(_plain(pair["left"]["es"]), exact=True)
            right.select_option(label=_plain(pair["right"]["es"]))


def _plain(markdown: str) -> str:
    return re.sub(r"[*_`]", "", markdown)


def a_learner(demo: steps.Demo, page: Page, name: str) -> tuple[Page, steps.Visitor]:
    visitor = steps.a_visitor(name)
    steps.sign_up(page, demo, visitor)
    return steps.confirm(page, demo, visitor), visitor


def test_passing_the_quiz_gives_a_certificate_that_a_stranger_can_verify(demo, open_page, picture) -> None:
    page, eva = a_learner(demo, open_page("es"), "Eva Sol")
    take_the_lessons(page, demo)
    answer_the_quiz(page, rightly=True)
    expect(page.locator("main")).to_contain_text("Aprobado")
    page.get_by_role("link", name="Ver tu certificado").click()
    expect(page.locator("main")).to_contain_text("Eva Sol")
    picture(page, "certificate")
    code = page.url.rpartition("/")[2]

    stranger = open_page("en")
    stranger.goto(f"{demo.url}/verify")
    stranger.locator("[name=code]").fill(code.lower())
    stranger.get_by_role("button", name="Check", exact=True).click()

    expect(stranger.locator("main")).to_contain_text("Eva Sol")
    expect(stranger.locator("main")).to_contain_text("This certificate is genuine")
    stranger.goto(f"{demo.url}/certificates/AAAA-AAAA-AAAA-AAAA-AAAA")
    expect(stranger.locator("main")).not_to_contain_text("genuine")
    person = demo.api(f"/v1/people/{eva.email}")
    assert "Certificate Issued" in demo.events_of(person["id"])


def test_wrong_answers_are_graded_on_the_server_and_give_no_certificate(demo, open_page) -> None:
    page, leo = a_learner(demo, open_page("es"), "Leo Paz")
    take_the_lessons(page, demo)
    answer_the_quiz(page, rightly=False)

    expect(page.locator("main")).to_contain_text(re.compile(r"\b0\s?%"))
    expect(page.get_by_role("link", name="Ver tu certificado")).to_have_count(0)
    person = demo.api(f"/v1/people/{leo.email}")
    assert "Certificate Issued" not in demo.events_of(person["id"])
