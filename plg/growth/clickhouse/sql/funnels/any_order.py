"""Funnels whose steps may come in any order: the start that the most different steps follow within the window."""

from __future__ import annotations

from plg.growth.clickhouse.sql.query import Query
from plg.growth.reports.funnels.definition import Funnel

from .lines import Stages, shifted, window_of


def chains(funnel: Funnel, lines: Stages, query: Query) -> Stages:
    """Adds `chain` for whoever has one: at n the time of the n-th different step."""
    steps, limit = range(len(funnel.steps)), window_of(funnel, query)
    for n in steps:
        at_step = f"arrayMap((t, step) -> if(bitTest(step, {n}), t, 0), times, steps)"
        lines.add(f"arrayReverseFill(t -> t > 0, {at_step}) AS coming{n}")
    coming, each = ", ".join(f"coming{n}" for n in steps), ", ".join(f"t{n}" for n in steps)
    near = f"arraySort(arrayFilter(next -> next > 0 AND next - t <= {limit}, [{each}]))"
    starts = "t != before AND t >= low AND t < high"
    every = f"arrayMap((t, before, {each}) -> if({starts}, {near}, []), times, {shifted('times')}, {coming})"
    best = "arraySort(chain -> (-length(chain), chain[-1], -chain[1]), found)[1]"
    lines.add(f"arrayFilter(chain -> notEmpty(chain), {every}) AS found").only("notEmpty(found)")
    return lines.add(f"arrayResize({best}, {len(steps)}, 0) AS chain", "false AS tied")
