"""Funnels with a strict order, exclusions, optional steps or step windows: one pass over all events of each actor.

For each step and each event it is known which chain stands at that step: the latest that got there (of the same
start the first to get there), unless something broke it since. That is one running maximum of rows a step, as keys
ascend by actor and time; `Level` holds it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plg.growth.columns import Events
from plg.growth.columns.keys import Keys, actors_of, first_of_each
from plg.growth.reports.chosen import bounds, mask_within

from .definition import Funnel
from .search import Paths, steps_of

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Timeline:
    """All events that matter, sorted by actor, time and the first step that they may stand for. steps: a bit a step;
    excluded: a bit a step that a chain cannot survive at; mixed: shares its millisecond with an event of other steps,
    and so breaks no chain."""

    keys: Keys
    steps: NDArray[np.uint32]
    excluded: NDArray[np.uint32]
    mixed: Mask


@dataclass(frozen=True)
class Level:
    """Of one step, for each event. hits: the events that reached it. start, before: rows of the chain's first event
    and of the one before, where it hit. at: the row by which the chain that stands here got here, or -1."""

    hits: Mask
    start: Rows
    before: Rows
    before_level: NDArray[np.int8]
    at: Rows


def chains(funnel: Funnel, events: Events) -> Paths:
    """The best chain of every actor that started, with 0 at optional steps that it left out."""
    line = _timeline(funnel, events, events.names() if funnel.order == "strict" else funnel.names)
    levels: list[Level] = []
    for number in range(len(funnel.steps)):
        levels.append(_level(funnel, line, number, levels, bounds(funnel)))
    return _best(funnel, line, levels)


def _timeline(funnel: Funnel, events: Events, names: list[str]) -> Timeline:
    keys = np.concatenate([np.empty(0, np.uint64), *(events.keys(name, funnel.actor) for name in names)])
    steps = np.concatenate([np.empty(0, np.uint32), *(steps_of(funnel, name, events) for name in names)])
    excluded = np.concatenate([np.empty(0, np.uint32), *(_excluded(funnel, name, events) for name in names)])
    lowest = steps & (~steps + np.uint32(1))  # the lowest bit alone; 0, which no step claims, sorts last
    order = np.lexsort((lowest - np.uint32(1), keys))
    keys, steps, excluded = keys[order], steps[order], excluded[order]
    first = np.flatnonzero(first_of_each(keys)) if keys.size else np.empty(0, np.int64)
    kinds = steps.astype(np.uint64) << np.uint64(32) | excluded
    if not keys.size:
        return Timeline(keys, steps, excluded, np.empty(0, np.bool_))
    differ = np.maximum.reduceat(kinds, first) != np.minimum.reduceat(kinds, first)
    return Timeline(keys, steps, excluded, np.repeat(differ, np.diff(np.append(first, keys.size))))


def _excluded(funnel: Funnel, name: str, events: Events) -> NDArray[np.uint32]:
    """For each event of a name the steps at which it breaks a chain."""
    excluded = np.zeros(events.keys(name, funnel.actor).size, dtype=np.uint32)
    for each in funnel.exclusions:
        if name in each.events:
            last = each.before_step or len(funnel.steps)
            bits = sum(1 << step for step in range(each.after_step - 1, last - 1))
            matched = events.matches(name, funnel.actor, each.where) if each.where else True
            excluded |= np.where(matched, np.uint32(bits), np.uint32(0))
    return excluded


def _level(
    funnel: Funnel, line: Timeline, number: int, levels: list[Level], range_: tuple[np.uint64, np.uint64]
) -> Level:
    rows = np.arange(line.keys.size)
    matched = (line.steps >> np.uint32(number) & np.uint32(1)).astype(np.bool_)
    if number == 0:
        hits = matched & mask_within(line.keys, *range_)
        start, before, from_level = rows, np.full(rows.size, -1), np.full(rows.size, -1, np.int8)
    else:
        start, before, from_level = _previous(funnel, line, number, levels)
        hits = matched & (before >= 0)
    broken = _broken(funnel, line, number, matched)
    keeps_first = number + 1 == len(funnel.steps) or funnel.steps[number + 1].window_seconds is None
    fresh = _fresh(hits, start, broken) if keeps_first and number else hits
    at = _last(fresh)
    return Level(hits, start, before, from_level, np.where(at > _last(broken), at, -1))


def _previous(
    funnel: Funnel, line: Timeline, number: int, levels: list[Level]
) -> tuple[Rows, Rows, NDArray[np.int8]]:
    """For each event the chain that it could go on with: that of the step before, or where none stands there in time
    and the step is optional, of the one before that, and so on. -1 where there is none."""
    window, own = np.uint64(funnel.window_seconds * 1000), funnel.steps[number].window_seconds
    start, before = np.full(line.keys.size, -1), np.full(line.keys.size, -1)
    from_level = np.full(line.keys.size, -1, np.int8)
    for level in range(number - 1, -1, -1):
        at = np.concatenate([[-1], levels[level].at[:-1]]) if line.keys.size else start
        begun = np.where(at >= 0, levels[level].start[at], -1)
        # A key minus one of another actor is longer than any window.
        in_time = (at >= 0) & (line.keys - line.keys[begun] <= window) & (before < 0)
        if own is not None:
            in_time &= line.keys - line.keys[at] <= np.uint64(own * 1000)
        start, before = np.where(in_time, begun, start), np.where(in_time, at, before)
        from_level[in_time] = level
        if not funnel.steps[level].optional:
            break
    return start, before, from_level


def _broken(funnel: Funnel, line: Timeline, number: int, matched: Mask) -> Mask:
    """The events after which no chain stands at a step."""
    excluded = (line.excluded >> np.uint32(number) & np.uint32(1)).astype(np.bool_)
    strict = funnel.order == "strict"
    return (excluded | (~matched if strict else False)) & ~line.mixed


def _fresh(hits: Mask, start: Rows, broken: Mask) -> Mask:
    """The hits whose chain did not stand here already with the same start."""
    rows = np.flatnonzero(hits)
    fresh = hits.copy()
    if rows.size > 1:
        same = start[rows[1:]] == start[rows[:-1]]
        breaks = np.cumsum(broken)
        unbroken: Mask = breaks[rows[1:] - 1] == breaks[rows[:-1]] - broken[rows[:-1]]
        fresh[rows[1:]] = ~(same & unbroken)
    return fresh


def _last(marked: Mask) -> Rows:
    """For each row the last marked one until there, or -1."""
    return (
        np.maximum.accumulate(np.where(marked, np.arange(marked.size), -1))
        if marked.size
        else np.empty(0, np.int64)
    )


def _best(funnel: Funnel, line: Timeline, levels: list[Level]) -> Paths:
    """Each actor's deepest chain: of those that were not broken there the first; whoever has none is left out."""
    parts = [np.empty((len(levels), 0), np.uint64)]
    actors = actors_of(line.keys)
    done = np.zeros(int(actors[-1]) + 2 if actors.size else 1, np.bool_)
    for number in range(len(levels) - 1, -1, -1):
        hits = np.flatnonzero(levels[number].hits)
        hits = hits[~done[actors[hits]]]
        done[actors[hits]] = True
        whole = hits[~_tainted(funnel, line, number, levels[number], hits)]
        parts.append(_walked(line, levels, number, whole[first_of_each(actors[whole])]))
    return np.concatenate(parts, axis=1)


def _tainted(funnel: Funnel, line: Timeline, number: int, level: Level, hits: Rows) -> Mask:
    """Which of these chains an exclusion follows within the window."""
    if not funnel.exclusions:
        return np.zeros(hits.size, np.bool_)
    rows = np.flatnonzero((line.excluded >> np.uint32(number) & np.uint32(1)).astype(np.bool_) & ~line.mixed)
    places = np.searchsorted(rows, hits, side="right")
    found = np.append(rows, -1)[places]
    window = np.uint64(funnel.window_seconds * 1000)
    return (found >= 0) & (line.keys[found] - line.keys[level.start[hits]] <= window)


def _walked(line: Timeline, levels: list[Level], number: int, rows: Rows) -> Paths:
    """The chains that end in these rows of a level, walked back to their start."""
    paths = np.zeros((len(levels), rows.size), np.uint64)
    level = np.full(rows.size, number)
    columns = np.arange(rows.size)
    for each in range(number, -1, -1):
        here = level == each
        paths[each, columns[here]] = line.keys[rows[here]]
        before, from_level = levels[each].before[rows], levels[each].before_level[rows]
        rows, level = np.where(here, before, rows), np.where(here, from_level, level)
    return paths
