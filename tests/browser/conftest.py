"""One running demo for all browser tests, and a camera for the README's pictures: PLG_TEST_PICTURES=1."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.steps import Demo
from tests.demo.running import RunningDemo

PICTURES = Path(__file__).parent / "pictures"
TAKING_PICTURES = bool(os.environ.get("PLG_TEST_PICTURES"))


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The real demo, as `plg demo --json` starts it; its history is smaller than a person's."""
    people = 2000 if TAKING_PICTURES else 300
    running = RunningDemo(tmp_path_factory.mktemp("demo") / "data", people)
    yield Demo(running.addresses)
    assert running.end() == 0


@pytest.fixture
def picture() -> Callable[..., None]:
    """`picture(page, "trial")` keeps a picture for the README, where the run asks for it."""

    def take(page: Page, name: str, height: int = 800) -> None:
        if TAKING_PICTURES:
            page.set_viewport_size({"width": 1280, "height": height})
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)  # what moves comes to rest
            page.screenshot(path=PICTURES / f"{name}.png")

    return take
