"""The columns of this app, embedded or on ClickHouse: where they are, who fills them, and their newest state."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flask import current_app

from plg.growth import clickhouse, columns
from plg.growth.columns import Snapshot
from plg.settings import Settings

Writer = columns.Writer | clickhouse.Writer


def folder() -> Path:
    return _settings().columns_dir


def writer(properties: Iterable[str]) -> Writer:
    """Raises `WriterBusy` or `ColumnsUnreachable`."""
    store = _store()
    return clickhouse.Writer(store, properties) if store else columns.Writer(folder(), properties)


def newest() -> Snapshot:
    """What the subscriber has written so far; one stat, or one small query, where nothing is new."""
    if "plg.growth.reader" not in current_app.extensions:
        store = _store()
        reader = clickhouse.Reader(store) if store else columns.Reader(folder())
        current_app.extensions.setdefault("plg.growth.reader", reader)
    found: columns.Reader | clickhouse.Reader = current_app.extensions["plg.growth.reader"]
    return found.snapshot()


def _store() -> clickhouse.Store | None:
    settings = _settings()
    url = settings.clickhouse_url.get_secret_value()
    if not url:
        return None
    made = clickhouse.Store(url, settings.clickhouse_cluster)
    store: clickhouse.Store = current_app.extensions.setdefault("plg.growth.store", made)
    return store


def _settings() -> Settings:
    settings: Settings = current_app.extensions["plg.settings"]
    return settings
