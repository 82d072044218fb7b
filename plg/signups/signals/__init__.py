"""The signals: each looks at one thing and says how much it weighs, or nothing. A new one is a file and a line."""

from collections.abc import Callable

from plg.signups.signals import (
    card,
    company,
    device,
    disposable,
    haste,
    mailbox,
    network,
    program,
    texts,
)
from plg.signups.signals.asked import Asked, Finding

SIGNALS: dict[str, Callable[[Asked], Finding | None]] = {
    "mailbox": mailbox.look,
    "card": card.look,
    "device": device.look,
    "disposable": disposable.look,
    "network": network.look,
    "texts": texts.look,
    "program": program.look,
    "haste": haste.look,
    "company": company.look,
}

AGAIN_WHEN_CONFIRMED = ("mailbox", "company")
"""Those that an unconfirmed address of a stranger could bring about: looked at anew once the address is confirmed."""
