"""The demo from its first second to Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from plg.app import create_app
from plg.demo import prepare
from plg.demo.keepsake import Keepsake, find
from plg.demo.ports import Ports, choose
from plg.demo.sandbox_process import SandboxConfig
from plg.demo.stage import PLG, Stage
from plg.events import subscribers
from plg.kit.db import db, reading
from plg.settings import Settings

STRIPE_WEBHOOK = "/v1/webhooks/stripe"
Say = Callable[[str], None]


class FolderInUse(Exception):  # noqa: N818 - named like every refusal
    """Another demo runs in this folder."""


@dataclass(frozen=True)
class Ready:
    """Where everything is, once it is up."""

    folder: Path
    ports: Ports
    kept: Keepsake

    def as_json(self) -> dict[str, Any]:
        """The line that `--json` prints; stable."""
        return {
            "url": self.ports.url("web"),
            "staff": {"email": self.kept.staff_email, "password": self.kept.staff_password},
            "publishable_key": self.kept.publishable_key,
            "secret_key": self.kept.secret_key,
            "user_token_secret": self.kept.user_token_secret,
            "sandbox": {part: self.ports.url(part) for part in ("inbox", "stripe", "posthog", "product")},
        }


def run(folder: Path, port: int, people: int, say: Say, on_ready: Callable[[Ready], None]) -> None:
    """Start all, call `on_ready`, and serve until SIGINT or SIGTERM. `say` hears each step."""
    with _ending_by_signal(), _alone_in(folder):
        ready = Ready(folder, choose(port), find(folder))
        chosen = prepare.settings(folder, ready.kept, ready.ports)
        variables = {f"PLG_{name.upper()}": value for name, value in chosen.items()}
        stage = Stage(folder, variables | {"PLG_CONFIG": os.devnull})
        try:
            _bring_up(ready, Settings(**chosen), stage, people, say)  # type: ignore[arg-type]
            on_ready(ready)
            while True:
                stage.check()
                time.sleep(0.5)
        except KeyboardInterrupt:
            say("Stopping")
        finally:
            stage.stop()


def _bring_up(ready: Ready, settings: Settings, stage: Stage, people: int, say: Say) -> None:
    """The web and the sandbox start while the history is made; the worker, which reads the log, after it."""
    say("Preparing the database")
    app = create_app(settings)
    prepare.prepare(app, ready.folder, ready.kept)
    _start_sandbox(stage, ready)
    stage.start("web", [*PLG, "serve", "--port", str(ready.ports.web), "--workers", "1"])
    if people and not ready.kept.history:
        say(f"Making a history of {people} people")
        prepare.load_history(app, ready.folder, ready.kept, people)
    say("Waiting until everything answers")
    stage.start("worker", [*PLG, "worker"])
    _until_up(stage, ready.ports)
    _until_current(app, stage)


def _start_sandbox(stage: Stage, ready: Ready) -> None:
    kept = ready.kept
    config = SandboxConfig(
        folder=str(ready.folder / "sandbox"),
        ports=ready.ports,
        publishable_key=kept.publishable_key,
        secret_key=kept.secret_key,
        user_token_secret=kept.user_token_secret,
        stripe_webhook_secret=kept.stripe_webhook_secret,
        stripe_webhook_path=STRIPE_WEBHOOK,
    )
    stage.start("sandbox", [PLG[0], "-m", "plg.demo.sandbox_process"], said=config.to_json())


def _until_up(stage: Stage, ports: Ports) -> None:
    stage.wait_for(f"{ports.url('web')}/readyz")
    for part in ("inbox", "stripe", "posthog", "product"):
        stage.wait_for(ports.url(part))


def _until_current(app: Flask, stage: Stage, seconds: float = 120.0) -> None:
    """Until every subscriber has read the whole log, so that the first report is a true one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stage.check()
        with app.app_context(), reading():
            statuses = subscribers.statuses()
            db.session.rollback()
        if statuses and not any(status.lag_events for status in statuses):
            return
        time.sleep(0.1)
    raise TimeoutError("the subscribers did not catch up")


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise FolderInUse(f"Another demo runs in {folder}; give this one its own --data.") from None
        yield
