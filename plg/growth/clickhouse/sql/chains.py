"""The best chain of each actor through a funnel's steps: an array with its time at each step, 0 where it was not.

As `reports.funnels.timeline` does it: for each step it is known before each event which chain stands there, as what
broke or reached it is filled on from event to event; a chain is a tuple with its times. No event is asked for what
another array holds at its place, so the work grows as the line does."""

from __future__ import annotations

from plg.growth.reports.funnels.definition import Funnel

from .lines import Stages
from .query import Query

CARRY = "18446744073709551615"
"""Instead of a chain's start: who stood here goes on to stand here."""


def ordered(funnel: Funnel, lines: Stages, query: Query) -> Stages:
    """Adds `chain` for whoever has one, and `tied`: whether it rests on an order that a moment does not tell."""
    steps = len(funnel.steps)
    lines.add(f"{_mixed() if not funnel.is_plain else 'emptyArrayUInt8()'} AS mixed", f"{_tied()} AS tied")
    for number in range(steps):
        lines.add(f"{_hits(funnel, number, query)} AS hits{number}")
        if number + 1 < steps:
            lines.add(f"{_standing(funnel, number)} AS standing{number}")
    best = "".join(
        f"arrayExists(hit -> hit.1 > 0, hits{number}), {_first_whole(funnel, number, query)}, "
        for number in range(steps - 1, 0, -1)
    )
    lines.add(f"multiIf({best}{_first_whole(funnel, 0, query)}) AS best")
    return lines.only("best.1 > 0").add(f"[{', '.join(f'best.{n + 1}' for n in range(steps))}] AS chain")


def any_order(funnel: Funnel, lines: Stages, query: Query) -> Stages:
    """Adds `chain` for whoever has one: at n the time of the n-th different step."""
    window, steps = _window(funnel, query), len(funnel.steps)
    at_step = [f"arrayMap((t, step) -> if(bitTest(step, {n}), t, 0), times, steps)" for n in range(steps)]
    coming = [f"arrayReverseFill(t -> t > 0, {each}) AS coming{n}" for n, each in enumerate(at_step)]
    each = ", ".join(f"coming{n}" for n in range(steps))
    near = (
        f"arraySort(arrayFilter(next -> next > 0 AND next - t <= {window}, [{each.replace('coming', 'n')}]))"
    )
    arguments = each.replace("coming", "n")
    starts = "t != before AND t >= low AND t < high"
    found = f"arrayMap((t, before, {arguments}) -> if({starts}, {near}, []), times, {_BEFORE}, {each})"
    order = "(-length(chain), chain[-1], -chain[1])"
    best = f"arraySort(chain -> {order}, arrayFilter(chain -> notEmpty(chain), {found}))[1]"
    return lines.add(*coming).add(f"arrayResize({best}, {steps}, 0) AS chain", "false AS tied")


def best_of_each(lines: Stages) -> Stages:
    """Of each actor the deepest chain, of those the first to get there, of those the last to start."""
    depth = "arrayLastIndex(t -> t > 0, chain)"
    lines.text = f"""SELECT number, argMin(chain, (-{depth}, chain[{depth}], -chain[1], chain)) AS chain,
        max(tied) AS tied FROM ({lines.text}) GROUP BY actor, number"""
    return lines


_BEFORE = "arrayPushFront(arrayPopBack(times), 0)"


def _mixed() -> str:
    """Whether an event shares its moment with one of other steps: where the number of differences so far is another
    at the moment's first event than at its last."""
    before = [_BEFORE, "arrayPushFront(arrayPopBack(steps), 0)", "arrayPushFront(arrayPopBack(excluded), 0)"]
    differs = "t = t0 AND (step != step0 OR without != without0)"
    differences = (
        f"arrayCumSum(arrayMap((t, step, without, t0, step0, without0) -> {differs}, times, steps, excluded, "
        f"{', '.join(before)}))"
    )
    first = f"arrayFill((n, t, t0) -> t != t0, {differences}, times, {_BEFORE})"
    after = "arrayPushBack(arrayPopFront(times), 0)"
    last = f"arrayReverseFill((n, t, t0) -> t != t0, {differences}, times, {after})"
    return f"arrayMap((n, m) -> n != m, {first}, {last})"


def _tied() -> str:
    """Whether events of one moment compete for steps."""
    several = "(bitCount(step) > 1 OR bitCount(step0) > 1) AND step > 0 AND step0 > 0"
    arrays = f"times, {_BEFORE}, steps, arrayPushFront(arrayPopBack(steps), 0)"
    return f"arrayExists((t, t0, step, step0) -> t = t0 AND {several}, {arrays})"


def _hits(funnel: Funnel, number: int, query: Query) -> str:
    """For each event the chain that it brings to a step, zeros where it brings none."""
    none = _tuple(["toUInt64(0)"] * len(funnel.steps))
    if number == 0:
        start = _tuple(["t"] + ["toUInt64(0)"] * (len(funnel.steps) - 1))
        return f"arrayMap((t, step) -> if(bitTest(step, 0) AND t >= low AND t < high, {start}, {none}), times, steps)"
    before = _before(funnel, number)
    arguments = "".join(f", chain{level}" for level in before)
    standing = "".join(f", arrayPopBack(standing{level})" for level in before)
    cases = "".join(
        f"{_in_time(funnel, number, level, query)}, {_grown(funnel, number, level)}, " for level in before
    )
    fitting = f"NOT bitTest(step, {number}), {none}"
    return f"arrayMap((t, step{arguments}) -> multiIf({fitting}, {cases}{none}), times, steps{standing})"


def _before(funnel: Funnel, number: int) -> list[int]:
    """The steps from which a chain may come to a step: the one before, and beyond those that are optional."""
    found = [number - 1]
    while funnel.steps[found[-1]].optional:
        found.append(found[-1] - 1)
    return found


def _in_time(funnel: Funnel, number: int, level: int, query: Query) -> str:
    own = funnel.steps[number].window_seconds
    window = f"chain{level}.1 > 0 AND t - chain{level}.1 <= {_window(funnel, query)}"
    if own is None:
        return window
    return f"{window} AND t - chain{level}.{level + 1} <= {query.bind(own * 1000, 'UInt64')}"


def _grown(funnel: Funnel, number: int, level: int) -> str:
    known = [f"chain{level}.{n + 1}" for n in range(number)]
    return _tuple([*known, "t", *["toUInt64(0)"] * (len(funnel.steps) - number - 1)])


def _standing(funnel: Funnel, number: int) -> str:
    """The chain that stands at a step before each event, and after the last: the newest that got there, of one start
    the first to get there (unless the next step counts from it), if nothing broke it since."""
    none, carry = (
        _tuple([start] + ["toUInt64(0)"] * (len(funnel.steps) - 1)) for start in ("toUInt64(0)", CARRY)
    )
    broken = _broken(funnel, number)
    arrays = f"hits{number}, steps" + (", excluded, mixed" if not funnel.is_plain else "")
    arguments = "hit, step" + (", without, mix" if not funnel.is_plain else "")
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
    if funnel.is_plain:
        return "false"
    missed = f" OR NOT bitTest(step, {number})" if funnel.order == "strict" else ""
    return f"NOT mix AND (bitTest(without, {number}){missed})"


def _first_whole(funnel: Funnel, number: int, query: Query) -> str:
    """The first chain at a step that no exclusion follows within the window, zeros where there is none."""
    if not funnel.exclusions:
        return f"arrayFirst(hit -> hit.1 > 0, hits{number})"
    excludes = f"bitTest(without, {number}) AND NOT mix"
    follows = f"arrayMap((t, without, mix) -> if({excludes}, t, 0), times, excluded, mixed)"
    next_one = f"arrayPopFront(arrayReverseFill(t -> t > 0, arrayPushBack({follows}, 0)))"
    whole = f"(next = 0 OR next - hit.1 > {_window(funnel, query)})"
    return f"arrayFirst((hit, next) -> hit.1 > 0 AND {whole}, hits{number}, {next_one})"


def _window(funnel: Funnel, query: Query) -> str:
    return query.bind(funnel.window_seconds * 1000, "UInt64")


def _tuple(parts: list[str]) -> str:
    return f"tuple({', '.join(parts)})"
