"""What segments do when something happened."""

from __future__ import annotations

from plg.events.stream import Batch
from plg.segments import cohorts


def on_people_merged(batch: Batch) -> None:
    """Who survives is in the cohorts that the merged record was in."""
    for event in batch.events:
        cohorts.move(event.properties["from_person_id"], event.properties["into_person_id"])
