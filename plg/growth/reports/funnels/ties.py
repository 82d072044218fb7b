"""Funnels of one actor, exactly, where events of one millisecond compete for several steps."""

from __future__ import annotations

from collections.abc import Sequence


def deepest_chain(
    moments: Sequence[tuple[int, Sequence[int]]], depth: int, window: int, starts: range
) -> list[int]:
    """The times of the best chain of at most `depth` steps, empty where none starts within `starts`.

    moments: ascending times with their events, each the set of steps it may stand for, a bit a step. From a
    given start it is never worse to go as far as each moment allows; best are the deepest, then the first to
    get there, then the latest start.
    """
    best: list[int] = []
    for place, (start, _) in enumerate(moments):
        if start not in starts:
            continue
        times = _chain_from(moments[place:], depth, window)
        if times and (not best or (len(times), -times[-1]) >= (len(best), -best[-1])):
            best = times
    return best


def _chain_from(moments: Sequence[tuple[int, Sequence[int]]], depth: int, window: int) -> list[int]:
    start = moments[0][0]
    times: list[int] = []
    for time, events in moments:
        if time - start > window:
            break
        times += [time] * _steps_taken(events, len(times), depth)
        if not times or len(times) == depth:
            break
    return times


def _steps_taken(events: Sequence[int], done: int, depth: int) -> int:
    """How many steps beyond `done` distinct events of one moment can stand for: augmenting paths."""
    step_of: dict[int, int] = {}

    def give(step: int, asked: set[int]) -> bool:
        for event, steps in enumerate(events):
            if steps >> step & 1 and event not in asked:
                asked.add(event)
                if event not in step_of or give(step_of[event], asked):
                    step_of[event] = step
                    return True
        return False

    taken = 0
    while done + taken < depth and give(done + taken, set()):
        taken += 1
    return taken
