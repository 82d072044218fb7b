"""What every shape of `plans.toml` is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]
Texts = dict[Literal["es", "en"], Annotated[str, StringConstraints(min_length=1, max_length=500)]]
Currency = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
"""ISO 4217, lower case."""
EventName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Strict(BaseModel):
    """Knows every key: one that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid")
