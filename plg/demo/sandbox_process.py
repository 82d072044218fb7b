"""One process for all that is not plg: the stand-ins of the outside world, and Facturo.

`python -m plg.demo.sandbox_process` reads its configuration as one line of JSON from its standard input
and ends when that closes, so that it never outlives the demo.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from plg.demo.ports import Ports


@dataclass(frozen=True)
class SandboxConfig:
    """All that the stand-ins and Facturo need. `folder`: where they keep what they know."""

    folder: str
    ports: Ports
    publishable_key: str
    secret_key: str
    user_token_secret: str
    stripe_webhook_secret: str
    stripe_webhook_path: str

    def to_json(self) -> str:
        """One line; `from_json` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> SandboxConfig:
        """The inverse of `to_json`."""
        values = json.loads(line)
        return cls(**values | {"ports": Ports(**values["ports"])})


def run(config: SandboxConfig) -> None:
    """Serve everything until standard input closes."""
    folder = Path(config.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as running:
        _start_inbox(config, folder, running)
        _start_stripe(config, folder, running)
        _start_posthog(config, folder, running)
        _start_product(config, folder, running)
        sys.stdin.read()


def _start_inbox(config: SandboxConfig, folder: Path, running: ExitStack) -> None:
    from plg.sandbox.inbox import SmtpInbox, create_inbox
    from plg.sandbox.mailbox import Mailbox
    from plg.sandbox.serving import Served

    mailbox = Mailbox(folder / "mail")
    smtp = SmtpInbox(mailbox, config.ports.smtp)
    smtp.start()
    running.callback(smtp.stop)
    running.enter_context(Served(create_inbox(mailbox), config.ports.inbox))


def _start_stripe(config: SandboxConfig, folder: Path, running: ExitStack) -> None:
    from plg.sandbox.serving import Served
    from plg.sandbox.stripe import create_stripe

    stripe = create_stripe(
        webhook_url=config.ports.url("web") + config.stripe_webhook_path,
        webhook_secret=config.stripe_webhook_secret,
        data_dir=folder,
        public_url=config.ports.url("stripe"),
    )
    running.callback(stripe.extensions["stripe_courier"].close)
    running.enter_context(Served(stripe, config.ports.stripe))


def _start_posthog(config: SandboxConfig, folder: Path, running: ExitStack) -> None:
    from plg.sandbox.posthog import create_posthog
    from plg.sandbox.posthog_store import PosthogStore
    from plg.sandbox.serving import Served

    running.enter_context(Served(create_posthog(PosthogStore(folder / "posthog")), config.ports.posthog))


def _start_product(config: SandboxConfig, folder: Path, running: ExitStack) -> None:
    from plg.demo.product import create_product
    from plg.sandbox.serving import Served

    product = create_product(
        config.ports.url("web"),
        config.publishable_key,
        config.secret_key,
        config.user_token_secret,
        str(folder / "facturo.sqlite3"),
    )
    running.callback(product.extensions["growth"].close)
    running.enter_context(Served(product, config.ports.product))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the demo itself decides when all of it ends
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run(SandboxConfig.from_json(sys.stdin.readline()))
