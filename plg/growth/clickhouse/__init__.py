"""The columns on a ClickHouse server, where one machine is outgrown: the same events behind the same `Snapshot`.

One worker writes (`Writer`), any process reads (`Reader`). Nothing here knows the database of plg.
"""

from .reader import Reader
from .store import ColumnsUnreachable, State, Store
from .writer import Writer

__all__ = ["ColumnsUnreachable", "Reader", "State", "Store", "Writer"]
