"""Usage runs into the plan's limit, and the account pays, or a member asks the one who can."""

import re

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser import steps

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

TRIAL, FREE = 10, 5


def use_up(page: Page, demo: steps.Demo, limit: int) -> None:
    """Send invoices until the next one is refused; the paywall shows."""
    steps.add_customer(page, demo)
    close = int(limit * 0.8)
    steps.invoiced_before(page, demo, close - 1)
    for used in range(close, limit + 1):
        steps.send_invoice(page, demo)
        expect(page.locator(".status.sent")).to_be_visible()
        expect(page.locator("plg-usage")).to_contain_text(f"{used} de {limit}")
    steps.send_invoice(page, demo)
    expect(page.get_by_role("heading", name="Esta factura no cabe en tu plan")).to_be_visible()


def test_at_the_limit_the_invoice_is_refused_and_after_paying_it_passes(demo, open_page, picture) -> None:
    eva = steps.a_visitor()
    page = steps.in_the_product(open_page("es"), demo, eva)
    use_up(page, demo, TRIAL)
    expect(page.locator("main")).to_contain_text("Has enviado 10 de 10 facturas")
    expect(page.locator("main")).to_contain_text("Pro 500 facturas al mes, $29,00 al mes")
    expect(page.locator("plg-upgrade button.go")).to_be_visible()
    picture(page, "paywall")

    page.locator("plg-upgrade button.go").click()
    page.locator("button[value=decline]").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    (account,) = demo.api(f"/v1/people/{eva.email}")["accounts"]
    assert demo.api("/v1/entitlements", account=account["id"])["plan"]["key"] == "trial"
    page.get_by_label("Número de tarjeta").fill("4000 0025 0000 3155")
    page.locator("button[value=pay]").click()
    page.get_by_role("button", name="Sí, soy yo").click()

    expect(page.locator("main")).to_contain_text("Tu plan ya incluye esta factura")
    assert demo.api("/v1/entitlements", account=account["id"])["plan"]["key"] == "pro"
    page.get_by_role("button", name="Enviar factura").click()
    expect(page.locator(".status.sent")).to_be_visible()
    expect(page.locator("plg-usage")).to_contain_text("11 de 500")


def test_leaving_the_checkout_changes_nothing(demo, open_page) -> None:
    page = open_page("es")
    steps.enter_as(page, demo, "Ana Ríos")
    use_up(page, demo, FREE)
    page.locator("plg-upgrade button.go").click()
    page.get_by_role("link", name="Salir sin pagar").click()

    expect(page.get_by_role("heading", name="Esta factura no cabe en tu plan")).to_be_visible()
    expect(page.locator("plg-usage")).to_contain_text("5 de 5")


def test_a_refused_export_raises_the_offer_of_the_plan_that_has_it(demo, open_page) -> None:
    page = open_page("es")
    steps.enter_as(page, demo, "Luis Prado")
    steps.add_customer(page, demo)
    page.goto(f"{demo.sandbox('product')}/invoices/new?lang=es")
    page.locator("#concept").fill("Diseño de carteles")
    page.locator("#amount").fill("480,00")
    page.locator("main form button").click()
    page.get_by_role("link", name="Facturas").first.click()
    page.get_by_role("button", name="Exportar").click()

    expect(page.get_by_role("heading", name="Tu plan no incluye la exportación")).to_be_visible()
    expect(page.locator("plg-banner")).to_contain_text("contabilidad")
    plans = page.locator("plg-banner").get_by_role("link", name="Ver los planes")
    expect(plans).to_have_attribute("href", re.compile(f"^{demo.url}/upgrade\\?offer="))


def test_a_member_who_may_not_buy_asks_the_owner_who_gets_a_mail(demo, open_page) -> None:
    emma, tom = open_page("es"), open_page("es")
    steps.enter_as(emma, demo, "Emma Hill")
    emma.goto(f"{demo.sandbox('product')}/team?lang=es")
    emma.locator("#name").fill("Tom Reed")
    emma.locator("#email").fill("tom@hillandsons.example")
    emma.locator("main form button").click()
    steps.enter_as(tom, demo, "Tom Reed")
    tom.goto(f"{demo.sandbox('product')}/?lang=es")
    use_up(tom, demo, FREE)

    expect(tom.locator("main")).to_contain_text("Quien puede cambiar el plan: Emma Hill")
    tom.locator("plg-upgrade input").fill("Tenemos veinte facturas esta semana.")
    tom.locator("plg-upgrade button.go").click()
    expect(tom.locator("plg-upgrade")).to_contain_text("Tu solicitud se ha enviado")

    address = f"{demo.sandbox('inbox')}/api/messages?to=emma@hillandsons.example"
    emma.goto(f"{demo.sandbox('inbox')}/?to=emma@hillandsons.example")
    expect(emma.locator(".cards a")).to_have_count(1)
    (mail,) = requests.get(address, timeout=20).json()["messages"]
    assert "Tom Reed" in mail["subject"] and "veinte facturas" in mail["text"]
