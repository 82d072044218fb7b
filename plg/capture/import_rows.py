"""The rows of a file, one after another, each with the line it begins at: CSV, TSV and JSON lines, also gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from plg.capture.decoding import parse_json
from plg.kit.errors import Fault, Refusal, Unprocessable
from plg.kit.texts import scrub

MAX_FIELD = 1_000_000
_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")
_WORDS = {"true": True, "false": False}
_NOT_UTF8 = "is not UTF-8"


class BadRow(ValueError):  # noqa: N818 - it is the row that is bad
    """Why a row cannot be read."""


class UnreadableFile(Unprocessable):
    title = "The file cannot be read"


class Row(msgspec.Struct):
    """A row by column, or the `fault` why there is none. line: where it begins, from 1."""

    line: int
    values: dict[str, Any] = {}
    fault: str = ""


def read_rows(path: Path, on_bytes: Callable[[int], None] = lambda position: None) -> Iterator[Row]:
    """Every row of the file. on_bytes: how many bytes of it were read. Raises UnreadableFile for a kind of file that
    is not in READERS, and for one without a header."""
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    reader = READERS.get(plain.suffix.lower())
    if reader is None:
        raise UnreadableFile(errors=[Fault(path.name, f"must end in one of {', '.join(READERS)} (and .gz)")])
    with path.open("rb") as raw:
        binary: Any = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        # What is no UTF-8 comes through as half surrogates, so that the row can be named.
        text = io.TextIOWrapper(binary, "utf-8-sig", errors="surrogateescape", newline="")
        try:
            for count, row in enumerate(reader(text)):
                if count % 500 == 0:
                    on_bytes(raw.tell())
                yield row
        except (EOFError, gzip.BadGzipFile) as error:
            raise UnreadableFile(errors=[Fault(path.name, f"gzip: {error}")]) from error
        on_bytes(raw.tell())


def _read_csv(text: IO[str]) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD)
    first = text.readline()
    if not first.strip():
        raise UnreadableFile(errors=[Fault("line 1", "must name the columns")])
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter))
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(line, fault=str(error))
            continue
        if cells:
            yield _row_of_cells(line, header, cells)


def _row_of_cells(line: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        return Row(line, fault=f"has {len(cells)} columns instead of {len(header)}")
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return Row(line, fault=_NOT_UTF8)
    return Row(line, {column: _value(cell) for column, cell in zip(header, cells, strict=True) if cell})


def _value(cell: str) -> Any:
    """A cell as what it looks like. Numbers with zeros in front are codes, and stay text."""
    if _NUMBER.fullmatch(cell):
        return float(cell) if "." in cell else int(cell)
    return _WORDS[cell] if cell in _WORDS else scrub(cell)


def _read_json_lines(text: IO[str]) -> Iterator[Row]:
    for line, content in enumerate(text, start=1):
        if not content.strip():
            continue
        try:
            value = parse_json(content.encode("utf-8"))
        except UnicodeEncodeError:
            yield Row(line, fault=_NOT_UTF8)
        except Refusal as error:
            yield Row(line, fault=error.detail)
        else:
            yield Row(line, value) if type(value) is dict else Row(line, fault="must be an object")


READERS: dict[str, Callable[[IO[str]], Iterator[Row]]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
}
