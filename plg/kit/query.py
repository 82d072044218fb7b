"""Shapes of queries and paths."""

from __future__ import annotations

import functools
from typing import Any

from pydantic import BaseModel


class Query(BaseModel):
    """A query or a path. Flask-OpenAPI3 asks for its schema at every request, which can take longer than the answer:
    it is made once."""

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        return _schema_of(cls) if not args and not options else super().model_json_schema(*args, **options)


@functools.cache
def _schema_of(query: type[Query]) -> dict[str, Any]:
    return super(Query, query).model_json_schema()
