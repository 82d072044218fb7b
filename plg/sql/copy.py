"""The copy that queries read: Parquet files below `data_dir`, brought up to date when somebody asks, and deleted when
nobody has asked for a day. What is erased from the log is erased here with the next refresh."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import current_app

from plg.events.stream import START, Place, end, holds
from plg.exports import files
from plg.exports.contents import CONTENTS
from plg.exports.models import Export
from plg.kit.db import db, reading
from plg.kit.errors import Refusal
from plg.settings import Settings

FRESH = dt.timedelta(seconds=60)
KEPT = dt.timedelta(days=1)
AT_ONCE = 200_000
"""So many positions of the log are copied while somebody waits; more is left to the worker."""
STATE, WANTED, LOCK = "state.json", "wanted", "lock"


class CopyNotReady(Refusal):
    """The copy is being made; ask again in a minute."""

    status = 503
    title = "The data are being copied"


def folder() -> Path:
    settings: Settings = current_app.extensions["plg.settings"]
    return settings.data_dir / "sql"


def wanted(moment: dt.datetime) -> dt.datetime:
    """Somebody asks: the copy, brought up to date where it is quickly done. Returns as of when it is. Ends the
    transaction. Raises `CopyNotReady`."""
    here = folder()
    here.mkdir(parents=True, exist_ok=True)
    (here / WANTED).write_text(moment.isoformat())
    place, at = _state(here)
    if at is None or moment - at > FRESH:
        with reading():
            behind = end()[1] - place[1]
            db.session.rollback()
        if behind <= AT_ONCE:
            refresh(moment)
            place, at = _state(here)
    if at is None:
        raise CopyNotReady("The data are being copied. Ask again in a minute.")
    return at


def keep_up(moment: dt.datetime) -> None:
    """Bring the copy up to date where somebody has asked within a day; delete it where nobody has."""
    here = folder()
    try:
        asked = dt.datetime.fromisoformat((here / WANTED).read_text())
    except FileNotFoundError:
        return
    if moment - asked > KEPT:
        shutil.rmtree(here)
    elif (at := _state(here)[1]) is None or moment - at > FRESH:
        refresh(moment)


def refresh(moment: dt.datetime) -> None:
    """Copy what is new. Another process at it is left to it. Ends the transaction."""
    here = folder()
    with _alone(here) as alone:
        if alone:
            _refresh(here, moment)


def _refresh(here: Path, moment: dt.datetime) -> None:
    with TemporaryDirectory(dir=here, prefix="new-") as name:
        new = Path(name)
        with reading():
            since, upto = _state(here)[0], end()
            since = since if holds(since) else START
            days, whole = CONTENTS["events"].parts(Export(), since, upto)
            _write("events", days, upto, new)
            _write("people", [""], upto, new)
            _write("accounts", [""], upto, new)
            db.session.rollback()
        events = here / "events"
        events.mkdir(exist_ok=True)
        if whole:
            for old in {path.name for path in events.glob("*.parquet")} - {f"{day}.parquet" for day in days}:
                (events / old).unlink()
        for made in new.glob("*.parquet"):
            made.replace((events if made.stem in days else here) / made.name)
    state = new.with_suffix(".state")
    state.write_text(json.dumps({"place": upto, "at": moment.isoformat()}))
    state.replace(here / STATE)


def _write(content: str, parts: list[str], upto: Place, into: Path) -> None:
    if not parts:
        return
    told = CONTENTS[content]
    with files.Lines(into) as lines:
        lines.write(told.read(Export(), parts, upto))
        for part in parts:
            path = lines.path(part)
            path.touch()
            files.convert(path, told.columns, "parquet", into / f"{part or content}.parquet")
            path.unlink()


def _state(here: Path) -> tuple[Place, dt.datetime | None]:
    """The place of the log up to which the copy is complete, and since when; of none, the start."""
    try:
        told = json.loads((here / STATE).read_text())
        place = (int(told["place"][0]), int(told["place"][1]))
        return place, dt.datetime.fromisoformat(told["at"])
    except (FileNotFoundError, ValueError, KeyError):
        return START, None


@contextmanager
def _alone(here: Path) -> Iterator[bool]:
    """Whether no other process brings the copy up to date; where there is none yet, it is waited for."""
    with (here / LOCK).open("wb") as file:
        wait = 0 if _state(here)[1] is None else fcntl.LOCK_NB
        try:
            fcntl.flock(file, fcntl.LOCK_EX | wait)
        except BlockingIOError:
            yield False
            return
        yield True
