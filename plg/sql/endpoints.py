"""SQL for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_openapi3 import Tag

from plg.growth.tables import csv_response
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.sql import queries
from plg.sql.schemas import SqlIn, SqlOut, SqlQueryParameters

api = APIBlueprint(
    "sql", __name__, url_prefix="/v1", abp_tags=[Tag(name="Reports")], abp_security=[{"secret": []}]
)


@api.post(
    "/sql",
    summary="Ask by SQL",
    description="One SELECT over the views `events`, `people`, `accounts` and `sessions`, in DuckDB's SQL: at most "
    f"{queries.ROWS} rows, {queries.SECONDS} seconds and {queries.MEMORY}. The data are at most a minute old, or as "
    "`as_of` says. Every query is written down with who asked it.",
    responses={200: SqlOut},
)
@requires("secret", "staff")
def ask_by_sql(body: SqlIn, query: SqlQueryParameters) -> Any:
    found = queries.ask(body.sql, by=current_caller().actor)
    if query.format == "csv":
        return csv_response([[each["name"] for each in found.columns], *found.rows], "query")
    return SqlOut.model_validate(asdict(found)).model_dump(mode="json")
