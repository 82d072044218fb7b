"""The shape of a learning path, as authors write it in `academy/paths/<key>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, Strict, model_validator

from academy.texts import Key, Shape, Text


def _written_out(course: Any) -> Any:
    return course if isinstance(course, Mapping) else {"course": course}


class PathCourse(Shape):
    """A course of a path; optional: the path is complete without it. The key alone will do for one that is not."""

    course: Key
    optional: Annotated[bool, Strict()] = False


class Path(Shape):
    """Courses in the order in which they are best taken."""

    title: Text
    summary: Text
    courses: Annotated[
        tuple[Annotated[PathCourse, BeforeValidator(_written_out)], ...], Field(min_length=1, max_length=50)
    ]

    @model_validator(mode="after")
    def _can_be_completed(self) -> Self:
        keys = [each.course for each in self.courses]
        if twins := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"courses: {', '.join(map(repr, twins))} stands there twice")
        if not self.required:
            raise ValueError("courses: at least one is not optional")
        return self

    @property
    def required(self) -> list[str]:
        """The courses without which the path is not complete."""
        return [each.course for each in self.courses if not each.optional]
