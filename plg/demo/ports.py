"""Where the demo listens: free ports on loopback, from a first one upward."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from dataclasses import asdict, dataclass

LOOPBACK = "127.0.0.1"
HOST = "localhost"
"""In addresses: browsers know passkeys for a name, not for an IP address."""
HIGHEST = 65535
QUIET = (15_000, 30_000)
"""Below the ports that systems give to outgoing connections, which might take one before we listen."""


class NoFreePort(Exception):  # noqa: N818 - named like every refusal
    """Every port from the first one upward is taken."""


@dataclass(frozen=True)
class Ports:
    """One for each part; `smtp` speaks SMTP, the others HTTP."""

    web: int
    inbox: int
    stripe: int
    product: int
    posthog: int
    smtp: int

    def url(self, part: str) -> str:
        """The address of a part, without a slash at the end."""
        return f"http://{HOST}:{asdict(self)[part]}"


def choose(first: int) -> Ports:
    """Six ports that nobody listens on, from `first` upward; any six for 0. Raises `NoFreePort`."""
    candidate = first or random.randrange(*QUIET)
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < 6:
            if candidate > HIGHEST:
                raise NoFreePort(f"No six ports are free from {first} upward.")
            listener = held.enter_context(socket.socket())
            try:
                listener.bind((LOOPBACK, candidate))
                found.append(candidate)
            except OSError:
                listener.close()
            candidate += 1
    return Ports(*found)
