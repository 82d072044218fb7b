"""What trials do as time passes."""

from __future__ import annotations

import datetime as dt

from plg.trials import ending, letters

BATCH = 100
LETTERS = 200


def expire_trials(now: dt.datetime) -> int:
    """Let the clock of a batch of trials run out: waiting, running, in grace, or waiting for a payment."""
    return ending.end_due(now, BATCH)


def send_reminders(now: dt.datetime) -> int:
    """Write the mails about a batch of ends that come near or have come."""
    return letters.send_due(now, LETTERS)
