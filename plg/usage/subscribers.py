"""What usage does when something happened."""

from plg.events.stream import Batch
from plg.usage import counters


def on_events(batch: Batch) -> None:
    """Metered features count the events that they name."""
    counters.count(batch.events)
