"""The columns of this app: where they lie, and their newest state."""

from __future__ import annotations

from pathlib import Path

from flask import current_app

from plg.growth.columns import Reader, Snapshot
from plg.settings import Settings


def folder() -> Path:
    settings: Settings = current_app.extensions["plg.settings"]
    return settings.columns_dir


def newest() -> Snapshot:
    """What the subscriber has written so far; one stat where nothing is new."""
    reader: Reader = current_app.extensions.setdefault("plg.growth.reader", Reader(folder()))
    return reader.snapshot()
