"""A real Chromium and its pages, in the reader's language and on the reader's screen."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.support import chromium

DESKTOP = (1280, 800)
PHONE = (375, 667)
PATIENCE = 20_000  # ms: on a busy machine a page may be slow without being wrong

expect.set_options(timeout=PATIENCE)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium for the block."""
    found = chromium.find()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found.path, args=list(chromium.FLAGS), env={**os.environ, **found.environment}
        )
        try:
            yield launched
        finally:
            launched.close()


@dataclass
class Pages:
    """Opens pages that share nothing, and keeps what went wrong in them.

    A test that provokes an error on purpose empties `errors` afterwards.
    """

    browser: Browser
    errors: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self, locale: str = "en", viewport: tuple[int, int] = DESKTOP, **context_options: Any
    ) -> Page:
        """A page of its own browser profile: no cookie of another page is in it."""
        width, height = viewport
        context = self.browser.new_context(
            locale={"en": "en-US", "es": "es-ES"}.get(locale, locale),
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            **context_options,
        )
        context.set_default_timeout(PATIENCE)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        page.on("console", self._listen)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def close(self) -> None:
        """Close all pages."""
        for context in self._contexts:
            context.close()
