"""A run of an export: what has to leave is read, made into files, and put where it goes, part by part.

Each part that has left is written down, so that a run that failed or died goes on with what is left. Nothing of the
database is held while a file is on its way."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import duckdb
import structlog
from sqlalchemy import select, update

from plg.events.stream import Place, end
from plg.exports import exports, files, targets
from plg.exports.contents import CONTENTS
from plg.exports.files import Lines
from plg.exports.models import DONE, FAILED, RUNNING, Export, ExportRun
from plg.kit.clock import now
from plg.kit.db import db, reading, writing
from plg.kit.errors import Refusal

log = structlog.get_logger()

GIVEN_UP = dt.timedelta(minutes=30)
BACKOFF = dt.timedelta(minutes=5)
LONGEST_BACKOFF = dt.timedelta(hours=6)


def due(moment: dt.datetime, most: int) -> list[int]:
    """Exports that have to run."""
    query = select(Export.id).where(Export.due_at <= moment).order_by(Export.due_at).limit(most)
    return list(db.session.scalars(query))


def run(export_id: int, moment: dt.datetime) -> bool:
    """Run an export that is due, unless another worker does. Commits as it goes."""
    claim = update(Export).where(Export.id == export_id, Export.due_at <= moment)
    with writing():
        claimed = db.session.execute(claim.values(due_at=moment + GIVEN_UP)).rowcount  # type: ignore[attr-defined]
        db.session.commit()
    if not claimed:
        return False
    run_id = None
    try:
        run_id = _begin(export_id, moment)
        _leave(export_id, run_id)
    except (Refusal, duckdb.Error, OSError) as error:
        _fail(export_id, run_id, _words(error), moment)
        return True
    _finish(export_id, run_id, moment)
    return True


def _begin(export_id: int, moment: dt.datetime) -> int:
    """The run that stopped in the middle, or else a new one."""
    with writing():
        export = db.session.get_one(Export, export_id)
        newest = exports.runs_of(export, 1)
        if newest and newest[0].status != DONE and newest[0].pending:
            row = newest[0]
            row.status, row.attempts, row.error = RUNNING, row.attempts + 1, ""
        else:
            upto = end()
            parts, whole = CONTENTS[export.content].parts(export, (export.tx, export.position), upto)
            row = ExportRun(export_id=export_id, pending=parts, whole=whole, started_at=moment)
            row.tx, row.position = upto
            db.session.add(row)
            db.session.flush()
        run_id = row.id
        db.session.commit()
    return run_id


def _leave(export_id: int, run_id: int) -> None:
    """Everything that is still pending, and what is there besides is deleted where all has left."""
    export, row = db.session.get_one(Export, export_id), db.session.get_one(ExportRun, run_id)
    pending, upto = list(row.pending), (row.tx, row.position)
    folder, content, form = export.folder, export.content, export.format
    with tempfile.TemporaryDirectory(prefix="plg-export-") as name, Lines(Path(name)) as lines:
        store = targets.store_of(export.target)
        if pending:
            _read(export, pending, upto, lines)
        db.session.rollback()
        for part in pending:
            _part(export_id, run_id, part, lines, store, f"{_folder(folder, part)}/{content}.{form}")
    row = db.session.get_one(ExportRun, run_id)
    whole, kept = row.whole, {f"{_folder(folder, part)}/{content}.{form}" for part in row.done}
    db.session.rollback()
    if whole:
        for path in store.names(f"{folder}/"):
            if path not in kept:
                store.delete(path)


def _read(export: Export, parts: list[str], upto: Place, lines: Lines) -> None:
    with reading():
        lines.write(CONTENTS[export.content].read(export, parts, upto))


def _part(export_id: int, run_id: int, part: str, lines: Lines, store: targets.Store, path: str) -> None:
    """One part is made and put, and written down as done."""
    columns, size = CONTENTS[path.rpartition("/")[2].partition(".")[0]].columns, 0
    rows, told = lines.rows.get(part, 0), lines.path(part)
    form: files.Format = "csv" if path.endswith(".csv") else "parquet"
    if rows or columns is not None:
        told.touch()
        made = told.with_suffix(f".{form}")
        files.convert(told, columns, form, made)
        store.put(path, made)
        size = made.stat().st_size
        made.unlink()
    told.unlink(missing_ok=True)
    _note(export_id, run_id, part, rows, size)


def _note(export_id: int, run_id: int, part: str, rows: int, size: int) -> None:
    with writing():
        row = db.session.get_one(ExportRun, run_id)
        row.pending = [each for each in row.pending if each != part]
        if size:
            row.done = [*row.done, part]
            row.files += 1
        row.rows += rows
        row.bytes += size
        db.session.get_one(Export, export_id).due_at = now() + GIVEN_UP
        db.session.commit()


def _finish(export_id: int, run_id: int, moment: dt.datetime) -> None:
    with writing():
        export, row = db.session.get_one(Export, export_id), db.session.get_one(ExportRun, run_id)
        row.status, row.ended_at = DONE, now()
        export.tx, export.position = row.tx, row.position
        export.due_at = exports.next_due(export.every, moment)
        db.session.commit()


def _fail(export_id: int, run_id: int | None, why: str, moment: dt.datetime) -> None:
    db.session.rollback()
    with writing():
        export = db.session.get_one(Export, export_id)
        row = db.session.get(ExportRun, run_id) if run_id else None
        if row is None:
            row = ExportRun(export_id=export_id, pending=[], started_at=moment)
            db.session.add(row)
            db.session.flush()
        row.status, row.error, row.ended_at = FAILED, why[:500], now()
        export.due_at = moment + min(BACKOFF * 2 ** (row.attempts - 1), LONGEST_BACKOFF)
        db.session.commit()
    log.warning("export failed", export=export_id, why=why)


def _words(error: Exception) -> str:
    """Why, without addresses and keys: those of libraries may name some."""
    return (error.detail or error.title) if isinstance(error, Refusal) else type(error).__name__


def _folder(folder: str, part: str) -> str:
    return f"{folder}/{part}" if part else folder
