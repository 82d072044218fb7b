"""What people do in the demo, in their words, for the browser tests."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import Page, expect

PASSWORD = "sunny river notebook"
_numbers = itertools.count(int(time.time()))


@dataclass(frozen=True)
class Demo:
    """The addresses and keys of the running demo, and its API with the secret key."""

    addresses: dict[str, Any]

    @property
    def url(self) -> str:
        return self.addresses["url"]

    def sandbox(self, part: str) -> str:
        return self.addresses["sandbox"][part]

    def api(self, path: str, **asked: Any) -> Any:
        """The answer to GET `path`."""
        headers = {"Authorization": f"Bearer {self.addresses['secret_key']}"}
        answer = requests.get(self.url + path, asked, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def settle(self, seconds: float = 60) -> None:
        """Wait until every subscriber has read the whole log."""
        headers = {"Authorization": f"Bearer {self.addresses['secret_key']}"}
        deadline = time.monotonic() + seconds
        lines: list[str] = []
        while time.monotonic() < deadline:
            text = requests.get(f"{self.url}/metrics", headers=headers, timeout=20).text
            lines = [line for line in text.splitlines() if line.startswith("plg_subscriber_lag_events{")]
            if lines and all(line.endswith(" 0.0") for line in lines):
                return
            time.sleep(0.1)
        raise AssertionError(f"subscribers lag behind: {lines}")

    def events_of(self, person: str) -> list[str]:
        """The names of what this person did, newest first."""
        return [event["name"] for event in self.api(f"/v1/people/{person}/events")["data"]]


@dataclass(frozen=True)
class Visitor:
    """Somebody new, whom no other test knows."""

    name: str
    email: str
    company: str


def a_visitor(name: str = "Eva Sol", company: str = "Librería Sol") -> Visitor:
    return Visitor(name, f"{name.split()[0].lower()}.{next(_numbers)}@libreriasol.example", company)


def sign_up(page: Page, demo: Demo, visitor: Visitor) -> None:
    """Fill in the hosted form and send it."""
    page.goto(f"{demo.url}/signup")
    page.locator("[name=name]").fill(visitor.name)
    page.locator("[name=email]").fill(visitor.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=company]").fill(visitor.company)
    page.get_by_role("button", name="Crear mi espacio").or_(
        page.get_by_role("button", name="Create my workspace")
    ).click()
    expect(page).to_have_url(f"{demo.url}/signup/sent")


def open_mail(page: Page, demo: Demo, to: str) -> Page:
    """Find the newest mail to this address in the inbox and follow its button; the page that it opens."""
    page.goto(f"{demo.sandbox('inbox')}/?to={to}")
    page.locator(".cards a").first.click()
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link").first.click()
    return opened.value


def confirm(page: Page, demo: Demo, visitor: Visitor) -> Page:
    """Confirm the address from the mail; the workspace's page."""
    opened = open_mail(page, demo, visitor.email)
    opened.locator("main form button").click()
    expect(opened).to_have_url(f"{demo.url}/workspace")
    return opened


def sign_in(page: Page, demo: Demo, visitor: Visitor) -> None:
    """Sign in on plg's own page; the workspace follows."""
    page.goto(f"{demo.url}/login")
    page.locator("[name=email]").fill(visitor.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.primary").click()
    expect(page).to_have_url(f"{demo.url}/workspace")


def open_product(workspace: Page) -> Page:
    """From the workspace into Facturo; the page that shows it."""
    workspace.locator("a[href$='/workspace/product']").first.click()
    expect(workspace.locator("header nav")).to_be_visible()
    return workspace


def in_the_product(page: Page, demo: Demo, visitor: Visitor) -> Page:
    """A visitor's whole way until the product's first page."""
    sign_up(page, demo, visitor)
    return open_product(confirm(page, demo, visitor))


def enter_as(page: Page, demo: Demo, name: str) -> None:
    """Choose one of the product's own people."""
    page.goto(f"{demo.sandbox('product')}/sign-in")
    page.locator(".people button", has_text=name).click()
    expect(page.locator("header .who strong")).to_have_text(name)


def add_customer(page: Page, demo: Demo, name: str = "Panadería Luna") -> None:
    page.goto(f"{demo.sandbox('product')}/customers/new")
    page.locator("#name").fill(name)
    page.locator("#email").fill("hola@panaderialuna.example")
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text(name)


def invoiced_before(page: Page, demo: Demo, count: int) -> None:
    """Send this many invoices as the forms do it, without looking at the pages in between."""
    page.goto(f"{demo.sandbox('product')}/invoices/new")
    customer = page.locator("[name=customer_id]").input_value()
    for _ in range(count):
        form = {"customer_id": customer, "concept": "Diseño de carteles", "amount": "480,00"}
        drafted = page.request.post(f"{demo.sandbox('product')}/invoices/new", form=form)
        expect(page.request.post(f"{drafted.url}/send")).to_be_ok()


def send_invoice(page: Page, demo: Demo) -> None:
    """Draft an invoice for the first customer and press Send; what comes then is up to the plan."""
    page.goto(f"{demo.sandbox('product')}/invoices/new")
    page.locator("#concept").fill("Diseño de carteles")
    page.locator("#amount").fill("480,00")
    page.locator("main form button").click()
    expect(page.locator(".status.draft")).to_be_visible()
    page.locator("main form button").click()
