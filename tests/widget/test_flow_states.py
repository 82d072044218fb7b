"""<plg-checklist> shows sections, steps that wait for others, skipped steps, whose a step is, and when it is due."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from onboarding_flows.schemas import ChecklistOut
from tests.widget.fake_plg import RICH, FakePlg
from tests.widget.test_checklist import focused, open_checklist, step
from tests.widget.told import FILM, FORM, PLAYED, prompt

NEWS = "plg-checklist #panel small >> nth=0"
STATUS = "plg-checklist [role=status]"


def test_the_stand_in_speaks_as_plg_does() -> None:
    plg = FakePlg(more=RICH, skipped={"customer"})
    (checklist,) = plg.state("es")["checklists"]
    told = ChecklistOut.model_validate(checklist).model_dump()
    assert told == known(checklist, told)


def known(ours: Any, theirs: Any) -> Any:
    """Of what the stand-in says, what plg says, too."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {key: known(ours.get(key), value) for key, value in theirs.items()}
    if isinstance(theirs, list):
        return [known(our, their) for our, their in zip(ours, theirs, strict=True)]
    return ours


@pytest.mark.browser
def test_sections_have_headings_and_lists_of_their_own(page: Page, product: str, plg: FakePlg) -> None:
    plg.more = RICH
    open_checklist(page, f"{product}/?locale=es")
    panel = page.get_by_role("dialog", name="Primeros pasos")
    assert panel.get_by_role("heading", level=3).all_text_contents() == [
        "Prepara lo básico",
        "Tu primera venta",
    ]
    expect(panel.get_by_role("list", name="Prepara lo básico").get_by_role("listitem")).to_have_count(2)
    expect(panel.get_by_role("list", name="Tu primera venta").get_by_role("listitem")).to_have_count(3)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "first", "mark"),
    [
        ("en", "First: Add a customer, Invite a colleague", "Mark as done"),
        ("es", "Primero: Añade un cliente, Invita a un compañero", "Marcar como hecho"),
    ],
)
def test_a_locked_step_names_what_comes_first_and_opens_with_it(
    page: Page, product: str, plg: FakePlg, locale: str, first: str, mark: str
) -> None:
    plg.more = RICH
    open_checklist(page, f"{product}/?locale={locale}")
    tour = step(page, "tour")
    button = tour.locator("button", has_text=mark)
    expect(tour).to_have_class("off")
    expect(tour.locator("summary small")).to_have_text(first)
    tour.locator("summary").click()
    expect(tour.locator(".body")).to_be_visible()
    expect(button).to_have_count(0)
    plg.done |= {"customer": "Ana", "invite": "Luis"}
    expect(tour).to_have_class("")
    expect(button).to_have_count(1)


@pytest.mark.browser
def test_a_step_says_whose_it_is_and_when_it_is_due_until_it_is_settled(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.more = RICH
    open_checklist(page, product)
    expect(step(page, "customer").locator("small")).to_have_text("Due Nov 30")
    expect(step(page, "invite").locator("small")).to_have_text("For admins · Overdue since Nov 10")
    plg.done["invite"] = "Luis"
    expect(step(page, "invite").locator("summary small")).to_have_count(0)


@pytest.mark.browser
def test_in_a_page_of_another_language_words_and_days_are_of_one_language(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.more = RICH
    page.goto(f"{product}/?locale=ar")
    page.locator("plg-checklist #launch").click()
    expect(step(page, "customer").locator("small")).to_have_text("Due Nov 30")
    expect(page.locator("plg-checklist [lang=en] #panel")).to_be_visible()


@pytest.mark.browser
def test_a_skipped_step_is_not_done_and_the_focus_goes_on_to_the_next(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.more = RICH
    open_checklist(page, product)
    page.evaluate("window.steps = []; plg.on('step', (step) => { steps.push(step.key) }); 0")
    page.get_by_role("button", name="Skip: Add a customer").press("Enter")
    expect(step(page, "customer")).to_have_class("off")
    expect(step(page, "customer").locator("summary small")).to_have_text("skipped")
    expect(page.locator(NEWS)).to_have_text("1 of 5 steps done, 1 skipped")
    expect(page.locator(STATUS)).to_have_text("Add a customer: skipped. 1 of 5 steps done, 1 skipped")
    assert focused(page) == "send-invoice"
    assert page.evaluate("steps") == []
    path = "/v1/widget/flows/getting-started/steps/customer/skip"
    sent = [headers for method, p, headers, _ in plg.requests if p == path and method == "POST"]
    assert [bool(headers["Idempotency-Key"]) for headers in sent] == [True]


@pytest.mark.browser
def test_a_checklist_that_ends_with_a_skip_says_so_and_the_step_may_still_be_done(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.more = RICH
    plg.done = dict.fromkeys(["company", "customer", "send-invoice", "invite"], "Ana")
    open_checklist(page, product)
    page.get_by_role("button", name="Skip: Look around").press("Enter")
    expect(page.locator(NEWS)).to_have_text("4 of 5 steps done, 1 skipped. Congratulations!")
    assert focused(page) == "tour"
    page.get_by_role("button", name="Mark as done").press("Enter")
    expect(page.locator(NEWS)).to_have_text("All done. Congratulations!")
    expect(step(page, "tour")).to_have_class("done")
    expect(page.locator(STATUS)).to_have_text("Look around: done. All done. Congratulations!")
    assert focused(page) == "tour"


@pytest.mark.browser
def test_a_form_is_sent_with_each_answer_in_its_kind(page: Page, product: str, plg: FakePlg) -> None:
    plg.actions = {"customer": {"label": "Send", "form": FORM}}
    open_checklist(page, product)
    page.get_by_role("button", name="Send", exact=True).click()
    assert "steps/customer/answers" not in plg.posted("getting-started"), (
        "what is required is asked for first"
    )
    page.get_by_label("How many are you?").fill("12.5")
    page.get_by_label("What for?").select_option("tax")
    page.get_by_label("Tell me news").check()
    page.get_by_label("What for?").press("Enter")
    page.get_by_label("How many are you?").press("Enter")
    expect(step(page, "customer")).to_have_class("done")
    (sent,) = [body for body in plg.asked("/v1/widget/flows/getting-started/steps/customer/answers") if body]
    assert sent == {"answers": {"size": 12.5, "goal": "tax", "note": None, "news": True, "": None}}


@pytest.mark.browser
def test_a_film_that_no_player_is_known_for_opens_beside_the_product(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.actions = {"customer": {"label": "Watch", "video": "https://vimeo.com/showcase/1"}}
    open_checklist(page, product)
    film = page.get_by_role("link", name="Watch")
    expect(film).to_have_attribute("href", "https://vimeo.com/showcase/1")
    expect(film).to_have_attribute("target", "_blank")


@pytest.mark.browser
def test_a_file_plays_over_the_page_with_its_captions(page: Page, product: str, plg: FakePlg) -> None:
    plg.actions = {"customer": FILM}
    open_checklist(page, f"{product}/?plain=1")
    page.get_by_role("link", name="Watch").press("Enter")
    film = page.get_by_role("dialog", name="Watch")
    expect(film.get_by_role("heading", name="Watch")).to_be_visible()
    page.wait_for_function(PLAYED)
    assert film.locator("video").evaluate("(film) => [film.controls, film.textTracks[0].mode]") == [
        True,
        "showing",
    ]
    film.get_by_role("link", name="Open in a new tab").focus()
    page.keyboard.press("Escape")
    expect(film).to_have_count(0)
    expect(page.locator("plg-checklist #panel")).to_be_visible()
    assert page.evaluate("document.querySelector('plg-checklist').shadowRoot.activeElement.textContent") == (
        "Watch"
    )


@pytest.mark.browser
def test_a_film_at_a_host_plays_in_its_player(page: Page, product: str, plg: FakePlg) -> None:
    plg.actions = {
        "customer": {"label": "Watch", "video": "https://vimeo.com/76", "film": f"{product}/player"}
    }
    open_checklist(page, f"{product}/?plain=1&locale=es")
    page.get_by_role("link", name="Watch").click()
    film = page.get_by_role("dialog", name="Watch")
    expect(film.frame_locator("iframe[title=Watch]").get_by_text("A player")).to_be_visible()
    page.wait_for_timeout(1200)
    expect(film.frame_locator("iframe").get_by_text("A player, asked 1 times")).to_be_visible()
    expect(film.get_by_role("link", name="Abrir en otra pestaña")).to_have_attribute(
        "href", "https://vimeo.com/76"
    )
    film.get_by_role("button", name="Cerrar").click()
    expect(page.locator("iframe")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize(
    "where",
    [{"film": "/film.webm"}, {"film": "https://player.vimeo.com/video/1"}, {"film": "javascript:hacked=1"}],
)
def test_where_the_page_has_no_room_for_a_film_a_link_leads_to_it(
    page: Page, product: str, plg: FakePlg, where: dict[str, str]
) -> None:
    plg.actions = {"customer": {"label": "Watch", "video": "/film.webm", **where}}
    open_checklist(page, product)
    page.get_by_role("link", name="Watch").click()
    link = page.get_by_role("link", name="Open in a new tab")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", f"{product}/film.webm")
    assert page.evaluate("window.hacked") is None
    page.evaluate("faults = []")  # the policy's report


@pytest.mark.browser
def test_an_announcement_shows_its_film_and_is_done(page: Page, product: str, plg: FakePlg) -> None:
    plg.prompts = [prompt("announcement", action=FILM)]
    page.goto(f"{product}/?plain=1")
    page.get_by_role("link", name="Watch").click()
    page.wait_for_function(PLAYED.replace("plg-checklist", "plg-announcement"))
    assert "complete" in plg.hears("news", "complete")
    page.get_by_role("dialog", name="Watch").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("locale", "reward"), [("en", "+2 days of trial · 50 points"), ("es", "+2 días de prueba · 50 puntos")]
)
def test_a_step_tells_what_it_earns(page: Page, product: str, plg: FakePlg, locale: str, reward: str) -> None:
    plg.more = {"customer": {"reward": {"trial_days": 2, "points": 50}}}
    open_checklist(page, f"{product}/?locale={locale}")
    expect(step(page, "customer").locator("summary small")).to_have_text(reward)


@pytest.mark.browser
def test_a_checklist_is_put_off_and_one_that_has_to_stay_is_not_put_away(
    page: Page, product: str, plg: FakePlg
) -> None:
    plg.dismissible = False
    open_checklist(page, product)
    expect(page.get_by_role("button", name="Hide this checklist")).to_have_count(0)
    page.get_by_role("button", name="Later").click()
    expect(page.locator("plg-checklist #launch")).to_have_count(0)
    assert plg.snoozed
