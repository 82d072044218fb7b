"""The best path of each actor through a funnel, by the engine that can answer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Events, Held, Log
from plg.growth.columns.keys import Keys, actors_of, times_of, with_actors
from plg.growth.reports import parts

from . import any_order, attempts, search, timeline
from .definition import Funnel
from .search import Paths

Found = TypeVar("Found")


def best_paths(funnel: Funnel, log: Log) -> Paths:
    """Steps x actors (or attempts), by part of the actors: see `search.Paths`."""
    return of_ranges([funnel], log)[0]


def of_ranges(funnels: Sequence[Funnel], log: Log) -> list[Paths]:
    """The best paths of each of these, which only differ in their range of time."""
    found = in_parts(lambda events: [of_part(funnel, events) for funnel in funnels], funnels[0], log)
    return [np.concatenate(each, axis=1) for each in zip(*found, strict=True)]


def in_parts(work: Callable[[Events], Found], funnel: Funnel, log: Log) -> list[Found]:
    """What the work finds in each part of the events that a funnel looks at."""
    return parts.of_all(work, log, _names(funnel, log), funnel.actor)


def of_part(funnel: Funnel, events: Events) -> Paths:
    """The best paths among few events."""
    if not funnel.hold:
        return _found(funnel, events)
    names = _names(funnel, events)
    held = Held(events, funnel.actor, names, funnel.hold)
    paths = _owned(_found(funnel, held), held)
    return paths if funnel.counting == "completions" else _best_of_each(paths)


def depth_of(paths: Paths) -> NDArray[np.int64]:
    """The number of the last step that each reached, from 1."""
    return len(paths) - np.argmax(paths[::-1] > 0, axis=0)


def last_of(paths: Paths) -> Keys:
    """The last event of each path."""
    return paths[depth_of(paths) - 1, np.arange(paths.shape[1])]


def _names(funnel: Funnel, events: Events) -> list[str]:
    return events.names() if funnel.order == "strict" else funnel.names


def _found(funnel: Funnel, events: Events) -> Paths:
    if funnel.counting == "completions":
        return attempts.chains(funnel, events)
    if funnel.order == "any":
        return any_order.chains(funnel, events)
    return search.shortest_chains(funnel, events) if funnel.is_plain else timeline.chains(funnel, events)


def _owned(paths: Paths, held: Held) -> Paths:
    """The same paths, ascribed to whose they are."""
    owners = np.broadcast_to(
        held.owner(actors_of(paths[0])) if paths.size else np.empty(0, np.uint64), paths.shape
    )
    return np.where(paths > 0, with_actors(paths, owners), np.uint64(0))


def _best_of_each(paths: Paths) -> Paths:
    """Of each actor the deepest path, of those the first to get there, of those the last to start."""
    if not paths.size:
        return paths
    starts = paths[0]
    ties = paths[::-1]  # of those the one that was early at its first steps
    order = np.lexsort(
        (*ties, ~times_of(starts), times_of(last_of(paths)), -depth_of(paths), actors_of(starts))
    )
    actors = actors_of(starts[order])
    return paths[:, order[np.append(True, actors[1:] != actors[:-1])]]
