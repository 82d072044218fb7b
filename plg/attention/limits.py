"""How often something may come up by itself: the [attention] table of `plg.toml`, or these defaults."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

KEY: Final = "attention"
SPANS: Final = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}
"""They roll: the last hour is the last sixty minutes."""

Times = Annotated[int, Field(ge=0, le=1_000_000)]


class OfPerson(BaseModel):
    """So often at most to one person; 0: never."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hour: Times = 1
    day: Times = 3
    week: Times = 10


class OfAccount(BaseModel):
    """So often at most to all people of one account together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hour: Times = 50
    day: Times = 200
    week: Times = 500


class Limits(BaseModel):
    """Both hold at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: OfPerson = OfPerson()
    account: OfAccount = OfAccount()


DEFAULT: Final = Limits()


@lru_cache(maxsize=100)
def of_text(definition: str | None) -> Limits:
    """Those of a published definition, as JSON; the defaults where none is published."""
    return Limits.model_validate_json(definition) if definition else DEFAULT
