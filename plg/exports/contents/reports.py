"""A saved report as it is answered now: `table=steps/…`, a file for each of its tables that has rows."""

from __future__ import annotations

from plg.events.stream import Place
from plg.exports.contents.row import Rows
from plg.exports.models import Export
from plg.growth import answers, config, saved_reports
from plg.growth.reports import REPORTS, tables


def parts(export: Export, since: Place, upto: Place) -> tuple[list[str], bool]:
    """Raises `SavedReportNotFound`."""
    kind = saved_reports.find(export.report).kind
    return [f"table={name}" for name in tables.names_of(REPORTS[kind].result)], True


def read(export: Export, parts: list[str], upto: Place) -> Rows:
    """Ends the transaction: counting needs no database."""
    row = saved_reports.find(export.report)
    kind = row.kind
    found = answers.answer(kind, saved_reports.definition_of(row, config.live().timezone))
    for table in tables.tables_of(found):
        if f"table={table.name}" in parts:
            for record in table.records():
                yield f"table={table.name}", record
