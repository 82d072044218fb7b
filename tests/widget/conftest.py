"""A stand-in for plg, a host product on another origin, and a page that tells what reached it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import PATIENCE
from tests.support.live_server import live_server
from tests.widget.fake_plg import FakePlg, plg_app, product_app


@pytest.fixture
def plg() -> FakePlg:
    return FakePlg()


@pytest.fixture
def plg_url(plg: FakePlg) -> Iterator[str]:
    with live_server(plg_app(plg)) as url:
        yield url


@pytest.fixture
def product(plg_url: str) -> Iterator[str]:
    with live_server(product_app(plg_url)) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new browser profile; whatever reached the host page as an error fails the test."""
    context = browser.new_context(viewport={"width": 1100, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    faults = page.evaluate("window.faults || []") if page.url.startswith("http") else []
    context.close()
    assert faults == [], "an error of the widget reached the page around it"
