"""The embedded columnar copy of the log: per event name one sorted array of 64-bit keys, memory-mapped.

One process writes (`Writer`), any number read (`Reader`). Nothing here knows the database.
"""

from .batch import Batch
from .keys import ACTORS, Actor, ActorOutOfRange, TimeOutOfRange
from .reader import PropertyNotKept, Reader, Snapshot
from .storage import ColumnsUnreadable
from .views import Among, Events, Held, Log
from .writer import Writer, WriterBusy

__all__ = [
    "ACTORS",
    "Actor",
    "ActorOutOfRange",
    "Among",
    "Batch",
    "ColumnsUnreadable",
    "Events",
    "Held",
    "Log",
    "PropertyNotKept",
    "Reader",
    "Snapshot",
    "TimeOutOfRange",
    "Writer",
    "WriterBusy",
]
