"""Judges a page by axe-core: WCAG 2.0 to 2.2, levels A and AA."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


def assert_accessible(page: Page) -> None:
    """Fails and lists each violation with the elements that show it."""
    results = Axe().run(page, options=_RULES)
    assert results.response["passes"], "axe judged nothing: is the page empty?"
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"
