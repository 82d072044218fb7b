"""Paths: which events follow one another, from an event, towards one, or from the first of each.

One path an actor: with `starts_at` from its first such event in the range, with `ends_at` towards it, else from its
first event of the range at all. It ends where the range does, or after a pause longer than `pause_seconds`. An event
that repeats the one before counts once (`repeats` keeps it); of one millisecond they stand by name."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from plg.growth.columns import Events, Log
from plg.growth.columns.keys import Keys, actors_of, first_of_each

from . import parts
from .chosen import bounds, mask_within
from .definition import EXAMPLE_RANGE, Chosen, Definition, EventName, EventNames, refuse_unkept, where_fields
from .numbers import Number, Place, newest_first

Numbers = NDArray[np.int64]
ENDED = -1


class Paths(Definition):
    model_config = {
        "json_schema_extra": {
            "example": {
                **EXAMPLE_RANGE,
                "starts_at": {"events": ["Signed Up"]},
            }
        }
    }

    events: EventNames | None = Field(None, description="Only these; else all")
    without: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    starts_at: Chosen | None = None
    ends_at: Chosen | None = None
    steps: Annotated[int, Field(ge=2, le=10)] = 5
    pause_seconds: Annotated[int, Field(ge=1, le=366 * 86_400)] = 30 * 86_400
    repeats: bool = False
    most: Annotated[int, Field(ge=1, le=500)] = Field(
        50, description="Links of each step and routes that are shown"
    )

    @field_validator("ends_at")
    @classmethod
    def _one_end(cls, chosen: Chosen | None, info: ValidationInfo) -> Chosen | None:
        if chosen and info.data.get("starts_at"):
            raise ValueError("a path has 'starts_at' or 'ends_at', not both")
        return chosen


class Link(BaseModel):
    """So many went from one event to the other as their step-th."""

    step: int
    source: str
    target: str
    actors: int


class Route(BaseModel):
    """So many went exactly this way."""

    route: str
    length: int
    actors: int


class PathsResult(BaseModel):
    links: list[Link]
    routes: list[Route]


class PathsNumber(Number):
    """Who went exactly this way, or from the source to the target as their step-th; all who went at all where nothing
    is said."""

    model_config = {
        "json_schema_extra": {"example": {"step": 1, "source": "Signed Up", "target": "Invoice Sent"}}
    }

    route: Annotated[str, Field(max_length=2100)] | None = None
    step: Annotated[int, Field(ge=1, le=9)] = 1
    source: EventName | None = None
    target: EventName | None = None

    @classmethod
    def at(cls, asked: Any, place: Place) -> Self | None:
        if place.name == "routes.actors":
            return cls(route=place.record["route"])
        if place.name == "links.actors":
            return cls(**{name: place.record[name] for name in ("step", "source", "target")})
        return None


def evaluate(asked: Paths, log: Log) -> PathsResult:
    """Count. Raises `PropertyNotKept`."""
    ways, names, _ = _gone(asked, log)
    return PathsResult(links=_links(ways, names, asked), routes=_routes(ways, names, asked))


def people(asked: Paths, log: Log, number: PathsNumber) -> Keys:
    """The actors behind a number. Raises `PropertyNotKept`."""
    ways, names, actors = _gone(asked, log)
    chosen = np.ones(actors.size, np.bool_)
    if number.route is not None:
        found, places = np.unique(ways, axis=1, return_inverse=True)
        wanted = [_route(way, names, asked) == number.route for way in found.T]
        chosen = np.array(wanted, np.bool_)[places.reshape(-1)]
    if number.step < asked.steps:
        pair = (number.target, number.source) if asked.ends_at else (number.source, number.target)
        for row, name in zip(ways[number.step - 1 :], pair, strict=False):
            chosen &= row == names.index(name) if name in names else name is None
    elif number.source or number.target:
        chosen[:] = False
    return newest_first(actors[chosen])


def _gone(asked: Paths, log: Log) -> tuple[Numbers, list[str], Keys]:
    """The ways, the names that their codes stand for, and who went each."""
    used = [
        (name, each) for name, each in (("starts_at", asked.starts_at), ("ends_at", asked.ends_at)) if each
    ]
    refuse_unkept([field for name, each in used for field in where_fields(name, each)], log)
    names = sorted(set(asked.events or log.names()) - set(asked.without))

    def work(events: Events) -> tuple[Numbers, Keys]:
        keys, codes, rows = _timeline(asked, names, events)
        return _ways(asked, keys, codes, rows), actors_of(keys[rows])

    found = parts.of_all(work, log, names, asked.actor)
    ways, actors = (np.concatenate(each, axis=-1) for each in zip(*found, strict=True))
    return ways, names, actors


def _timeline(asked: Paths, names: list[str], events: Events) -> tuple[Keys, Numbers, Numbers]:
    """The keys of all events in order, the code of the name of each, and the rows where an actor's path begins."""
    inside = [mask_within(events.keys(name, asked.actor), *bounds(asked)) for name in names]
    each = [events.keys(name, asked.actor)[mask] for name, mask in zip(names, inside, strict=True)]
    marks = [_marks(asked, name, events)[mask] for name, mask in zip(names, inside, strict=True)]
    keys = np.concatenate([np.empty(0, np.uint64), *each])
    codes = np.repeat(np.arange(len(names)), [part.size for part in each])
    order = np.lexsort((codes, keys))
    keys, codes = keys[order], codes[order]
    begins = np.flatnonzero(np.concatenate([np.empty(0, np.bool_), *marks])[order])
    begins = begins[first_of_each(actors_of(keys[begins]))]
    if asked.repeats or not keys.size:
        return keys, codes, begins
    kept = np.append(True, (codes[1:] != codes[:-1]) | (actors_of(keys)[1:] != actors_of(keys)[:-1]))
    kept[begins] = True
    return keys[kept], codes[kept], np.cumsum(kept)[begins] - 1


def _marks(asked: Paths, name: str, events: Events) -> NDArray[np.bool_]:
    """The events of a name that a path may begin at."""
    chosen, size = asked.starts_at or asked.ends_at, events.keys(name, asked.actor).size
    if chosen is None:
        return np.ones(size, np.bool_)
    if name not in chosen.events:
        return np.zeros(size, np.bool_)
    return events.matches(name, asked.actor, chosen.where) if chosen.where else np.ones(size, np.bool_)


def _ways(asked: Paths, keys: Keys, codes: Numbers, rows: Numbers) -> Numbers:
    """Steps x actors: the codes of the events one after another (backwards with `ends_at`), ENDED after the last."""
    step = -1 if asked.ends_at else 1
    ways = np.full((asked.steps, rows.size), ENDED)
    alive = np.arange(rows.size)
    for number in range(asked.steps):
        ways[number, alive] = codes[rows]
        following = rows + step
        inside = (following >= 0) & (following < keys.size)
        rows, following, alive = rows[inside], following[inside], alive[inside]
        # Keys of two actors are always farther apart than any pause.
        gap = np.maximum(keys[rows], keys[following]) - np.minimum(keys[rows], keys[following])
        near = gap <= np.uint64(asked.pause_seconds * 1000)
        rows, alive = following[near], alive[near]
    return ways


def _links(ways: Numbers, names: list[str], asked: Paths) -> list[Link]:
    links = []
    for number in range(asked.steps - 1):
        pairs = ways[number : number + 2, ways[number + 1] != ENDED]
        found, counts = np.unique(pairs, axis=1, return_counts=True)
        for place in np.argsort(-counts, kind="stable")[: asked.most].tolist():
            one, two = (names[code] for code in found[:, place])
            source, target = (two, one) if asked.ends_at else (one, two)
            links.append(Link(step=number + 1, source=source, target=target, actors=int(counts[place])))
    return links


def _routes(ways: Numbers, names: list[str], asked: Paths) -> list[Route]:
    found, counts = np.unique(ways, axis=1, return_counts=True)
    routes = []
    for place in np.argsort(-counts, kind="stable")[: asked.most].tolist():
        way = found[:, place]
        text, length = _route(way, names, asked), int((way != ENDED).sum())
        routes.append(Route(route=text, length=length, actors=int(counts[place])))
    return routes


def _route(way: Numbers, names: list[str], asked: Paths) -> str:
    passed = [names[code] for code in way if code != ENDED]
    return " → ".join(reversed(passed) if asked.ends_at else passed)
