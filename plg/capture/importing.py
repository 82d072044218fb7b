"""History from a file: CSV or JSON lines become events of the source `import`, which no limit and no trial counts.

A row keeps its id, or gets one made from its content, so a file can be read twice. Chunks are committed as they
are read, and how far they got is kept: after an interruption the same call goes on there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select

from plg.capture import segment
from plg.capture.decoding import parse_json
from plg.capture.desk import Desk, Ticket
from plg.capture.import_rows import BadRow, Row, read_rows
from plg.capture.messages import EventError, Message
from plg.capture.posthog_events import read_event
from plg.capture.times import EARLIEST, FUTURE, parse_time
from plg.capture.trust import Sender
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db, reading
from plg.kit.errors import Fault, Refusal, Unprocessable

CHUNK = 2000
SOURCE = "import"
_SENDER = Sender(by="import", trusted=True)

# What a column may mean, and the names by which it is known without being told.
FIELDS: dict[str, tuple[str, ...]] = {
    "event": ("event", "event_name", "eventname", "name"),
    "user": ("user", "user_id", "userid", "distinct_id", "customer_id"),
    "anonymous": ("anonymous", "anonymous_id", "anonymousid", "device_id"),
    "account": (
        "account",
        "account_id",
        "accountid",
        "group_id",
        "groupid",
        "company",
        "company_id",
        "workspace_id",
    ),
    "time": ("time", "timestamp", "occurred_at", "date", "created_at"),
    "id": ("id", "message_id", "messageid", "event_id", "uuid", "insert_id"),
    "properties": ("properties",),
}


class UnknownField(Unprocessable):
    title = "--map names a field that there is not"


@dataclass
class Summary:
    """rows: read; kept: in the log now; known: of these, there before; broken: named and left out."""

    rows: int = 0
    kept: int = 0
    known: int = 0
    broken: int = 0


def check_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """column -> field of FIELDS, from texts like `Customer=user`. Raises UnknownField naming every fault."""
    mapping: dict[str, str] = {}
    faults = []
    for pair in pairs:
        column, _, field = pair.partition("=")
        if field in FIELDS and column:
            mapping[column] = field
        else:
            faults.append(Fault(pair, f"must be COLUMN=FIELD with one of {', '.join(FIELDS)}"))
    if faults:
        raise UnknownField(errors=faults)
    return mapping


def import_events(
    path: Path,
    mapping: Mapping[str, str],
    account_groups: tuple[str, ...],
    *,
    progress_dir: Path,
    on_fault: Callable[[int, str], None],
    on_bytes: Callable[[int], None] = lambda position: None,
    from_start: bool = False,
) -> Summary:
    """Store every good row of the file; call on_fault(line, reason) for each other one.

    mapping: as of check_mapping. progress_dir: where it is kept how far this file was read. on_bytes: how many
    bytes were read. Commits each chunk."""
    mark = progress_dir / f"{_digest(path, mapping)}.json"
    summary = Summary() if from_start or not mark.exists() else Summary(**json.loads(mark.read_text()))
    rows = islice(read_rows(path, on_bytes), summary.rows, None)
    while chunk := list(islice(rows, CHUNK)):
        messages = list(_messages(chunk, mapping, account_groups, on_fault, summary))
        _store(messages, summary)
        summary.rows += len(chunk)
        _keep(mark, summary)
    mark.unlink(missing_ok=True)
    return summary


def _digest(path: Path, mapping: Mapping[str, str]) -> str:
    stat = path.stat()
    content = [str(path.resolve()), stat.st_size, stat.st_mtime_ns, sorted(mapping.items())]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _keep(mark: Path, summary: Summary) -> None:
    mark.parent.mkdir(parents=True, exist_ok=True)
    written = mark.with_suffix(".new")
    written.write_text(json.dumps(asdict(summary)))
    written.replace(mark)


def _store(messages: list[Message], summary: Summary) -> None:
    if not messages:
        return
    ids = {message.id for message in messages}
    with reading():
        known = db.session.scalar(select(func.count()).where(Event.id.in_(ids)))
        db.session.rollback()
    Desk().store(Ticket(messages, _SENDER, now()))
    summary.kept += len(messages)
    summary.known += (known or 0) + len(messages) - len(ids)


def _messages(
    chunk: Iterable[Row],
    mapping: Mapping[str, str],
    account_groups: tuple[str, ...],
    on_fault: Callable[[int, str], None],
    summary: Summary,
) -> Iterator[Message]:
    moment = now()
    for row in chunk:
        try:
            yield _message(row, mapping, account_groups, moment)
        except (EventError, BadRow, Refusal) as error:
            summary.broken += 1
            on_fault(row.line, str(error))


def _message(
    row: Row, mapping: Mapping[str, str], account_groups: tuple[str, ...], moment: dt.datetime
) -> Message:
    if row.fault:
        raise BadRow(row.fault)
    values = row.values
    skew = dt.timedelta(0)
    if values.get("type") in segment.CALLS and not mapping:
        _check_time(values.get("timestamp"), moment)
        message = segment.read_call(values, skew, moment)
    elif "distinct_id" in values and type(values.get("properties")) is dict and not mapping:
        _check_time(values.get("timestamp"), moment)
        message = read_event(values, skew, moment, account_groups)
    else:
        call = _as_call(values, mapping)
        _check_time(call["timestamp"], moment)
        message = segment.read_call(call, skew, moment)
    if message.name in _SENDER.refused_names():
        raise EventError(("event", "is recorded by plg itself"))
    return msgspec.structs.replace(message, source=SOURCE)


def _as_call(values: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """A row of any table as a Segment `track` call: known columns by what they mean, the others as properties."""
    found: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for column, value in values.items():
        field = mapping.get(column) or _KNOWN.get(column.strip().lower().replace(" ", "_"))
        if field is None or (field in found and column not in mapping):
            properties[column] = value
        else:
            found[field] = value
    given = found.get("properties")
    if type(given) is str and given.strip():
        given = parse_json(given.encode())
    if given not in (None, "") and type(given) is not dict:
        raise EventError(("properties", "must be an object"))
    account = found.get("account")
    return {
        "type": "track",
        "messageId": found.get("id") or None,
        "userId": found.get("user"),
        "anonymousId": found.get("anonymous"),
        "timestamp": found.get("time"),
        "event": found.get("event"),
        "properties": properties | (given or {}),
        "context": {"groupId": account} if account not in (None, "") else {},
    }


_KNOWN = {name: field for field, names in FIELDS.items() for name in names}


def _check_time(value: Any, moment: dt.datetime) -> None:
    """History without its time would all have happened today."""
    if value in (None, ""):
        raise EventError(("time", "is missing"))
    time = parse_time(value)
    if time is None:
        raise EventError(("time", f"{str(value)[:40]!r} cannot be read"))
    if not EARLIEST <= time <= moment + FUTURE:
        raise EventError(("time", f"{str(value)[:40]!r} is before 1970 or in the future"))
