"""Any report's result as tables: each list of it is one, and what stands outside of lists is one row, `summary`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel


@dataclass(frozen=True)
class Table:
    """rows: values as JSON has them, in the order of `columns`."""

    name: str
    columns: list[str]
    rows: list[list[Any]]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def names_of(result: type[BaseModel]) -> list[str]:
    """The names of the tables that such a result has."""
    lists = [name for name in result.model_fields if _row_of(result, name)]
    return lists if len(lists) == len(result.model_fields) else ["summary", *lists]


def tables_of(result: BaseModel) -> list[Table]:
    """All tables, those without rows too."""
    return list(_tables(result))


def _tables(result: BaseModel) -> Iterable[Table]:
    data = result.model_dump(mode="json")
    fields = type(result).model_fields
    single = [name for name in fields if _row_of(type(result), name) is None]
    if single:
        yield Table("summary", single, [[data[name] for name in single]])
    for name in fields:
        row = _row_of(type(result), name)
        if row is not None:
            columns = list(row.model_fields)
            yield Table(name, columns, _rows(data[name], columns))


def _rows(records: Sequence[dict[str, Any]], columns: Sequence[str]) -> list[list[Any]]:
    return [[record[column] for column in columns] for record in records]


def _row_of(result: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model of a list's rows; None for a field that is no list."""
    inner = get_args(result.model_fields[name].annotation)
    return inner[0] if inner and isinstance(inner[0], type) and issubclass(inner[0], BaseModel) else None
