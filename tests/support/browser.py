"""A real Chromium and its pages, in the reader's language and on the reader's screen."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.support import chromium

DESKTOP = (1280, 800)
PHONE = (375, 667)
PATIENCE = 20_000  # ms: on a busy machine a page may be slow without being wrong

expect.set_options(timeout=PATIENCE)


class SharedBrowser:
    """One headless Chromium for all tests of a process; to start one costs more than most pages."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._browser: Browser | None = None

    @contextmanager
    def lent(self) -> Iterator[Browser]:
        """The browser, for a test. Playwright leaves its event loop marked as the one that runs in this thread, which
        would disturb tests that have their own: so it is marked only here."""
        asyncio._set_running_loop(self._loop)
        try:
            browser = self._running()
            self._loop = asyncio._get_running_loop()
            yield browser
        finally:
            asyncio._set_running_loop(None)

    def close(self) -> None:
        """End it, where it was ever started."""
        if self._playwright and self._browser:
            with self.lent() as browser:
                browser.close()
                self._playwright.stop()

    def _running(self) -> Browser:
        if self._playwright is None:
            self._playwright = sync_playwright().start()
        if self._browser is None or not self._browser.is_connected():
            found = chromium.find()
            environment = {**os.environ, **found.environment}
            self._browser = self._playwright.chromium.launch(
                executable_path=found.path, args=list(chromium.FLAGS), env=environment
            )
        return self._browser


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
