"""Ordered funnels: at each event the latest start that has reached each step: see `reports.funnels.search`."""

from __future__ import annotations

from plg.growth.clickhouse.sql.query import Query
from plg.growth.reports.funnels.definition import Funnel

from .lines import Stages, shifted, window_of


def chains(funnel: Funnel, lines: Stages, query: Query) -> Stages:
    """Adds `chain` for whoever has one, and `tied`: whether events of one moment compete for its steps."""
    steps, limit = range(len(funnel.steps)), window_of(funnel, query)
    begun = "arrayMap((t, step) -> if(bitTest(step, 0) AND t >= low AND t < high, t, 0), times, steps)"
    starts = [f"arrayFill(start -> start > 0, {begun}) AS starts0"]
    for n in steps[1:]:
        fits = f"bitTest(step, {n}) AND start > 0 AND t - start <= {limit}"
        reached = (
            f"arrayMap((t, step, start) -> if({fits}, start, 0), times, steps, {shifted(f'starts{n - 1}')})"
        )
        starts.append(f"arrayFill(start -> start > 0, {reached}) AS starts{n}")
    lines.add(*starts).only("starts0[-1] > 0")
    deepest = ", ".join(f"starts{n}[-1] > 0, {n}" for n in reversed(steps[1:]))
    lines.add(f"multiIf({deepest}, 0) AS depth", f"{_tied()} AS tied")
    first = "arrayFirst(start -> start > 0, [{}][depth + 1]) AS start".format(
        ", ".join(f"starts{n}" for n in steps)
    )
    lines.add(first)
    places = ["arrayFirstIndex((t, step) -> t = start AND bitTest(step, 0), times, steps) AS place0"]
    for n in steps[1:]:
        after = f"(step, place) -> place > place{n - 1} AND bitTest(step, {n})"
        places.append(f"arrayFirstIndex({after}, steps, arrayEnumerate(steps)) AS place{n}")
    chain = ", ".join(f"if({n} > depth, 0, times[place{n}])" for n in steps)
    return lines.add(*places).add(f"[{chain}] AS chain")


def _tied() -> str:
    several = "step > 0 AND step0 > 0 AND (bitCount(step) > 1 OR bitCount(step0) > 1)"
    arrays = f"times, steps, {shifted('times')}, {shifted('steps')}"
    return f"arrayExists((t, step, t0, step0) -> t = t0 AND {several}, {arrays})"
