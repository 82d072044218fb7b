"""What usage does when something happened."""

from plg.events.stream import Batch
from plg.usage import counting


def on_events(batch: Batch) -> None:
    """Meters measure the events that they name; what was cancelled is taken back."""
    counting.hear(batch.events)
