"""Funnels with a strict order, exclusions, optional steps or step windows, as `reports.funnels.timeline` has them.

For each step it is known before each event which chain stands there: what brought or broke one is filled on from
event to event. A chain is a tuple: the place in the line where it starts, and its time at each step until there."""

from __future__ import annotations

from plg.growth.clickhouse.sql.query import Query
from plg.growth.reports.funnels.definition import Funnel

from .lines import Stages, shifted, window_of

CARRY = "18446744073709551615"
"""Instead of a chain's start: who stood here goes on to stand here."""


def chains(funnel: Funnel, lines: Stages, query: Query) -> Stages:
    """Adds `chain` for whoever has one."""
    steps = range(len(funnel.steps))
    lines.add(f"{_mixed()} AS mixed")
    for number in steps:
        lines.add(f"{_hits(funnel, number, query)} AS hits{number}")
        if number < steps[-1]:
            lines.add(f"{_standing(funnel, number)} AS standing{number}")
    lines.add(*(f"{_first_whole(funnel, number, query)} AS best{number}" for number in steps))
    whole = [[f"best{number}.{n + 2}" if n <= number else "0" for n in steps] for number in steps]
    deepest = "".join(
        f"arrayExists(hit -> hit.1 > 0, hits{number}), [{', '.join(whole[number])}], "
        for number in reversed(steps[1:])
    )
    lines.add(f"multiIf({deepest}[{', '.join(whole[0])}]) AS chain", "false AS tied")
    return lines.only("chain[1] > 0")


def _mixed() -> str:
    """Whether an event shares its moment with one of other steps: where the number of differences so far is another
    at the moment's first event than at its last."""
    before = [shifted(each) for each in ("times", "steps", "excluded")]
    differs = "t = t0 AND (step != step0 OR without != without0)"
    differences = (
        f"arrayCumSum(arrayMap((t, step, without, t0, step0, without0) -> {differs}, times, steps, excluded, "
        f"{', '.join(before)}))"
    )
    first = f"arrayFill((n, t, t0) -> t != t0, {differences}, times, {shifted('times')})"
    after = "arrayPushBack(arrayPopFront(times), 0)"
    last = f"arrayReverseFill((n, t, t0) -> t != t0, {differences}, times, {after})"
    return f"arrayMap((n, m) -> n != m, {first}, {last})"


def _hits(funnel: Funnel, number: int, query: Query) -> str:
    """For each event the chain that it brings to a step, zeros where it brings none."""
    if number == 0:
        starts = f"bitTest(step, 0) AND t >= low AND t < high, (row, t), {_no_chain(0)}"
        return f"arrayMap((t, step, row) -> if({starts}), times, steps, arrayEnumerate(times))"
    before = _before(funnel, number)
    arguments = "".join(f", chain{level}" for level in before)
    standing = "".join(f", arrayPopBack(standing{level})" for level in before)
    cases = "".join(
        f"{_in_time(funnel, number, level, query)}, {_grown(number, level)}, " for level in before
    )
    cases = f"NOT bitTest(step, {number}), {_no_chain(number)}, {cases}{_no_chain(number)}"
    return f"arrayMap((t, step{arguments}) -> multiIf({cases}), times, steps{standing})"


def _before(funnel: Funnel, number: int) -> list[int]:
    """The steps from which a chain may come to a step: the one before, and beyond those that are optional."""
    found = [number - 1]
    while funnel.steps[found[-1]].optional:
        found.append(found[-1] - 1)
    return found


def _in_time(funnel: Funnel, number: int, level: int, query: Query) -> str:
    own = funnel.steps[number].window_seconds
    window = f"chain{level}.1 > 0 AND t - chain{level}.2 <= {window_of(funnel, query)}"
    if own is None:
        return window
    return f"{window} AND t - chain{level}.{level + 2} <= {query.bind(own * 1000, 'UInt64')}"


def _grown(number: int, level: int) -> str:
    """The chain that stands at a level, gone on to a step."""
    known = ", ".join(f"chain{level}.{place + 1}" for place in range(level + 2))
    return f"({known}, {'0, ' * (number - level - 1)}t)"


def _no_chain(number: int, place: str = "0") -> str:
    return f"(toUInt64({place}){', toUInt64(0)' * (number + 1)})"


def _standing(funnel: Funnel, number: int) -> str:
    """The chain that stands at a step before each event, and after the last: the newest that got there, of one start
    the first to get there (unless the next step counts from it), if nothing broke it since."""
    none, carry = _no_chain(number), _no_chain(number, CARRY)
    broken = _broken(funnel, number)
    arrays, arguments = f"hits{number}, steps, excluded, mixed", "hit, step, without, mix"
    fresh = "hit.1 > 0"
    if number and funnel.steps[number + 1].window_seconds is None:
        starts = f"arrayMap(({arguments}) -> multiIf({broken}, 0, hit.1 > 0, hit.1, {CARRY}), {arrays})"
        filled = f"arrayFill(start -> start != {CARRY}, arrayPushFront({starts}, 0))"
        fresh, arguments = f"{fresh} AND hit.1 != start", f"{arguments}, start"
        arrays = f"{arrays}, arrayPopBack({filled})"
    chains = f"arrayMap(({arguments}) -> multiIf({broken}, {none}, {fresh}, hit, {carry}), {arrays})"
    return f"arrayFill(chain -> chain.1 != {CARRY}, arrayPushFront({chains}, {none}))"


def _broken(funnel: Funnel, number: int) -> str:
    """Whether an event breaks the chains that stand at a step."""
    missed = f" OR NOT bitTest(step, {number})" if funnel.order == "strict" else ""
    return f"NOT mix AND (bitTest(without, {number}){missed})"


def _first_whole(funnel: Funnel, number: int, query: Query) -> str:
    """The first chain at a step that no exclusion follows within the window, zeros where there is none."""
    if not funnel.exclusions:
        return f"arrayFirst(hit -> hit.1 > 0, hits{number})"
    excludes = f"bitTest(without, {number}) AND NOT mix"
    follows = f"arrayMap((t, without, mix) -> if({excludes}, t, 0), times, excluded, mixed)"
    next_one = f"arrayPopFront(arrayReverseFill(t -> t > 0, arrayPushBack({follows}, 0)))"
    whole = f"(next = 0 OR next - hit.2 > {window_of(funnel, query)})"
    return f"arrayFirst((hit, next) -> hit.1 > 0 AND {whole}, hits{number}, {next_one})"
