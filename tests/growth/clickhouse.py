"""ClickHouse itself, in this process, filled with small logs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

import clickhouse_connect
import pytest

from plg.growth.clickhouse import Reader, Store, Writer
from plg.growth.columns import Snapshot, segment
from plg.growth.columns.manifest import Manifest
from plg.growth.columns.merges import Merges
from tests.growth.logs import Happened, batch

GROUP = pytest.mark.xdist_group("clickhouse")
"""One process runs all of these tests: the engine is large."""


@cache
def engine() -> Any:
    """What is in its memory is gone when its last client is. Loaded by who runs these tests alone."""
    pytest.importorskip("chdb", reason="chdb has no wheel for this machine")
    return clickhouse_connect.get_client(dsn="chdb://memory")


def new_store() -> Store:
    name = f"t{uuid.uuid4().hex}"
    engine().command(f"CREATE DATABASE {name}")
    return Store(f"chdb://memory/{name}")


def written(
    store: Store, events: Sequence[Happened], merges: Sequence[tuple[int, int]], cut: int
) -> Snapshot:
    """What is read after two appends, the first up to the event `cut`."""
    with Writer(store, ["plan"]) as writer, writer.anew():
        writer.append(batch(events[:cut]), merges[:1])
        writer.append(batch(events[cut:], cut + 1), merges[1:])
    return Reader(store).snapshot()


def embedded(events: Sequence[Happened], merges: Sequence[tuple[int, int]]) -> Snapshot:
    known = Merges().extended(merges[:1]).extended(merges[1:])
    return Snapshot(Manifest(properties=("plan",)), [segment.build(batch(events))], known)
