"""The gateway to PostHog: the official SDK, made to say when something did not arrive."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from plg.forwarding.messages import Message
from plg.settings import Settings

PATIENCE = 10.0
"""Seconds for one request. The SDK itself does not retry: the cursor waits, with a growing pause."""
BATCH = 1000


class DeliveryFailed(Exception):  # noqa: N818 - named like every refusal
    """PostHog did not take all of what was sent; the whole batch comes again."""


class ForwardingLoop(ValueError):  # noqa: N818
    """`posthog_host` is plg itself."""


class PosthogGateway:
    """Sends messages and returns when PostHog has them. The SDK starts at the first message."""

    def __init__(self, key: str, host: str) -> None:
        self._key, self._host = key, host
        self._one_at_a_time = threading.Lock()
        self._client: Any = None
        self._errors: list[Exception] = []

    def send(self, messages: Sequence[Message]) -> None:
        """Raises `DeliveryFailed` unless every message was taken."""
        with self._one_at_a_time:
            client = self._started()
            self._errors.clear()
            refused = [message for message in messages if not self._capture(client, message)]
            client.flush(timeout_seconds=None)
            if self._errors or refused:
                reason = self._errors[0] if self._errors else f"{len(refused)} messages did not fit its queue"
                raise DeliveryFailed(f"{self._host} did not take the events: {reason}")

    def close(self) -> None:
        """End the SDK's threads."""
        if self._client is not None:
            self._client.shutdown()

    def _capture(self, client: Any, message: Message) -> str | None:
        return client.capture(
            message.event,
            distinct_id=message.distinct_id,
            timestamp=message.timestamp,
            uuid=message.uuid,
            properties=message.properties,
            groups=message.groups or None,
        )

    def _started(self) -> Any:
        if self._client is None:
            from posthog import Posthog

            self._client = Posthog(
                self._key,
                host=self._host,
                gzip=True,
                flush_at=BATCH,
                max_retries=0,
                timeout=PATIENCE,
                on_error=lambda error, _: self._errors.append(error),
            )
        return self._client


def connect(settings: Settings) -> PosthogGateway | None:
    """The gateway of these settings; None where no project key is set, and nothing is forwarded."""
    key = settings.posthog_key.get_secret_value()
    if key and settings.posthog_host.rstrip("/") == settings.public_url:
        raise ForwardingLoop("posthog_host is this plg itself: every event would come back for ever.")
    return PosthogGateway(key, settings.posthog_host) if key else None
