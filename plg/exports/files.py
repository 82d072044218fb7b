"""Rows as Parquet or CSV files, written by DuckDB from one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Literal

import duckdb

from plg.exports.contents.row import Columns

Format = Literal["parquet", "csv"]
OPEN_FILES = 200
FORMS: dict[Format, str] = {"parquet": "FORMAT parquet, COMPRESSION zstd", "csv": "FORMAT csv, HEADER"}


class Lines:
    """Rows of many parts on their way, a file of JSON lines a part; use it in a `with` statement."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, int] = {}
        self._folder = folder
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def write(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        for part, row in rows:
            self.rows[part] = self.rows.get(part, 0) + 1
            self._file(part).write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        self._close()

    def path(self, part: str) -> Path:
        return self._folder / f"{part or 'all'}.jsonl"

    def _file(self, part: str) -> BinaryIO:
        if part not in self._open:
            if len(self._open) >= OPEN_FILES:
                self._close()
            self._open[part] = self.path(part).open("ab")
        return self._open[part]

    def _close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()


def convert(lines: Path, columns: Columns | None, form: Format, into: Path) -> None:
    """One file of JSON lines as Parquet or CSV. columns: their DuckDB types; else what the rows look like."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1; SET memory_limit = '512MB'")
        source = "read_json_auto($lines, format = 'newline_delimited')"
        if columns is not None:
            types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
            source = f"read_json($lines, format = 'newline_delimited', columns = {{{types}}})"
        copy = f"COPY (SELECT * FROM {source}) TO '{_quoted(into)}' ({FORMS[form]})"  # noqa: S608 - our own
        connection.execute(copy, {"lines": str(lines)})


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
