"""Somebody takes the course and leaves with a certificate that others can check."""

import re

import pytest
import yaml
from playwright.sync_api import Page, expect

from plg.demo.prepare import PRODUCT_FOLDER
from tests.browser import steps

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

COURSE = "facturo-essentials"


def take_the_lessons(page: Page, demo: steps.Demo) -> None:
    """Begin the course and complete every lesson; the quiz's rules follow."""
    page.goto(f"{demo.url}/academy/{COURSE}")
    page.get_by_role("button", name="Empezar el curso").click()
    lessons = sorted((PRODUCT_FOLDER / "academy" / COURSE).glob("*.es.md"))
    for number in range(1, len(lessons) + 1):
        expect(page.locator("main")).to_contain_text(f"Lección {number} de {len(lessons)}")
        page.get_by_role("button", name="Completar").click()
    expect(page).to_have_url(f"{demo.url}/academy/{COURSE}/quiz")


def answer_the_quiz(page: Page, *, rightly: bool) -> None:
    """Answer every question and hand the paper in."""
    quiz = yaml.safe_load((PRODUCT_FOLDER / "academy" / COURSE / "quiz.yaml").read_text())
    page.get_by_role("button", name="Empezar el cuestionario").click()
    shown = page.locator("fieldset.question")
    expect(shown).to_have_count(len(quiz["questions"]))
    values = shown.locator("input").evaluate_all("inputs => inputs.map(input => input.value)")
    assert values and all(value.isdigit() for value in values), "the paper names its options by their place"
    for question in shown.all():
        text = question.locator(".question-text").inner_text().strip()
        (asked,) = [each for each in quiz["questions"] if _plain(each["text"]["es"]) == text]
        for option in asked["options"]:
            if bool(option.get("correct")) == rightly:
                words = _plain(option["text"]["es"])
                question.locator("label.choice", has_text=words).locator("input").check()
    page.get_by_role("button", name="Enviar y ver el resultado").click()


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
    stranger.locator("main form button").click()

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
