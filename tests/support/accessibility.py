"""Judges a page by axe-core: WCAG 2.0 to 2.2, levels A and AA."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def assert_accessible(page: Page) -> None:
    """Fails and lists each violation with the elements that show it."""
    results = judged(page)
    assert results.response["passes"], "axe judged nothing: is the page empty?"
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


def judged(page: Page, rules: Sequence[str] = RULES, only: Sequence[str] = ()) -> AxeResults:
    """What axe says of a page that has loaded, or of these elements of it. It is loaded once into each document."""
    page.wait_for_load_state()
    options: dict[str, Any] = {"runOnly": list(rules), "resultTypes": ["violations"]}
    context = {"include": [[selector] for selector in only]} if only else None
    script = "0" if page.evaluate("'axe' in window") else AXE_SCRIPT
    return Axe(script).run(page, context, options)
