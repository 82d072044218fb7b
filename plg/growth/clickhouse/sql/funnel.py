"""Funnels: the best chain of each actor (`funnels`), and how many reached which step after what time."""

from __future__ import annotations

import math
from typing import Any

from plg.growth.columns.keys import Keys
from plg.growth.reports import periods
from plg.growth.reports.chosen import edges_of
from plg.growth.reports.funnels.counts import MOST_BINS, Counts, Steps, Valued, Whole, bins_of
from plg.growth.reports.funnels.definition import Breakdown, Funnel
from plg.growth.reports.funnels.search import share_names

from .funnels import any_order, search, timeline
from .funnels.lines import Stages, best_of_each, lines
from .query import NotCountableError, Query, Tables

ALL, SHOWN, OTHER = range(3)
Row = Any


def counts(asked: Funnel, tables: Tables) -> Counts:
    """Completions follow one another, a breakdown of held values looks beyond them, and events of one moment that
    compete for steps have to be tried: these are counted from the events."""
    if asked.counting == "completions" or (asked.hold and asked.breakdown):
        raise NotCountableError
    found = _counted(asked, tables, edges_of(asked))
    bare = asked.model_copy(update={"breakdown": None})
    trend: list[tuple[int, int]] = []
    if asked.trend:
        calendar = periods.cut(asked, asked.trend.interval, asked.trend.timezone)
        each = _counted(bare, tables, calendar.edges)
        pairs = (_steps(asked, each.get((n, ALL, ""))).entered for n in range(calendar.count))
        trend = [(entered[0], entered[-1]) for entered in pairs]
    compared = _counted(bare, tables, edges_of(asked.compare_to)) if asked.compare_to else None
    total = found.get((0, ALL, ""))
    return Counts(
        steps=_steps(asked, total),
        whole=_whole(total),
        breakdown=_breakdown(asked, found),
        trend=trend,
        compared=None if compared is None else _steps(asked, compared.get((0, ALL, ""))),
    )


def _counted(asked: Funnel, tables: Tables, edges: Keys) -> dict[tuple[int, int, str], Row]:
    """What each period (between two edges) has in all, and each value of its breakdown."""
    query = Query(tables, asked.actor)
    way = search if asked.is_plain else any_order if asked.order == "any" else timeline
    found = way.chains(asked, lines(asked, query, edges), query)
    if asked.hold:
        found = best_of_each(found)
    if asked.breakdown:
        found = _valued(asked, asked.breakdown, found, query)
    else:
        found.add(f"({ALL}, '') AS of")
    rows = query.rows(_statement(asked, found))
    if asked.is_plain and share_names(asked) and any(row[2] for row in rows):
        raise NotCountableError
    return {(number, *of): row for number, of, *row in rows}


def _statement(asked: Funnel, found: Stages) -> str:
    last = len(asked.steps)
    between = [(f"chain[{n}] - arrayMax(arraySlice(chain, 1, {n - 1}))", n) for n in range(2, last + 1)]
    medians = ", ".join(f"quantileExactInclusiveIf(0.5)({wait}, chain[{n}] > 0)" for wait, n in between)
    averages = ", ".join(f"avgIf({wait}, chain[{n}] > 0)" for wait, n in between)
    whole = f"chain[{last}] - chain[1], chain[{last}] > 0"
    grouped = Stages(
        f"""SELECT number, of, max(tied) AS tied, sumForEach(arrayMap(t -> t > 0, chain)) AS entered,
        [{medians}] AS medians, [{averages}] AS averages, quantileExactInclusiveIf(0.5)({whole}) AS median,
        avgIf({whole}) AS average, arraySort(groupArrayIf({whole})) AS waits
        FROM ({found.text}) GROUP BY number, of"""
    )
    columns = "number, of, tied, entered, medians, averages, median, average, waits[1], waits[-1], counts"
    return f"SELECT {columns} FROM ({_binned(grouped).text})"


def _binned(found: Stages) -> Stages:
    """Adds `counts`: how many of the waits lie in which bin, found and mended as `numpy.histogram` does it."""
    bins = f"toUInt8(greatest(1, least({MOST_BINS}, round(pow(length(waits), 1 / 3)))))"
    found.add("arrayMap(wait -> wait / 1000, waits) AS seconds", f"{bins} AS bins")
    found.add(
        "if(waits[1] = waits[-1], 0.5, 0) AS more", "seconds[1] - more AS low", "seconds[-1] + more AS high"
    )
    found.add("(high - low) / bins AS width", "bins / (high - low) AS density")
    found.add("arrayMap(x -> least(bins - 1, toInt32((x - low) * density)), seconds) AS near")
    lower, upper = "x < n * width + low", "n < bins - 1 AND x >= (n + 1) * width + low"
    found.add(f"arrayMap((x, n) -> multiIf({lower}, n - 1, {upper}, n + 1, n), seconds, near) AS places")
    return found.add("arrayReduce('sumMap', [places], [arrayMap(place -> 1, places)]) AS counts")


def _valued(asked: Funnel, breakdown: Breakdown, found: Stages, query: Query) -> Stages:
    """Adds `of`: for each chain all, and its value; values that are not shown are one. Who did not get to the step
    that is asked for is left out."""
    each = [_value_at(asked, number) for number in range(len(asked.steps))]
    if breakdown.attribution == "step":
        value, lacks = each[breakdown.step - 1], f"chain[{breakdown.step}] = 0"
    else:
        first = "arrayFirst" if breakdown.attribution == "first" else "arrayLast"
        value, lacks = f"{first}(value -> value != '', [{', '.join(each)}])", "false"
    found.add(f"{value} AS value", f"{lacks} AS lacks")
    found.add("count() OVER (PARTITION BY number, lacks, value) AS many")
    found.add("dense_rank() OVER (PARTITION BY number ORDER BY lacks, many DESC, value) AS rank")
    shown = f"if(rank <= {query.bind(breakdown.most, 'UInt16')}, ({SHOWN}, value), ({OTHER}, ''))"
    return found.add(f"arrayJoin(if(lacks, [({ALL}, '')], [({ALL}, ''), {shown}])) AS of")


def _value_at(asked: Funnel, number: int) -> str:
    """The value of the event by which a chain reached a step; of several in one moment the first that has one."""
    fits = "event.3 > 0" if asked.order == "any" else f"bitTest(event.3, {number})"
    here = f"arrayFirst(event -> event.1 = chain[{number + 1}] AND {fits}, told).4"
    return f"if(chain[{number + 1}] > 0, {here}, '')"


def _breakdown(asked: Funnel, found: dict[tuple[int, int, str], Row]) -> list[Valued]:
    """By descending number of chains, then by the value; the others last."""
    each = [
        Valued(value, kind == OTHER, _steps(asked, row))
        for (_, kind, value), row in found.items()
        if kind != ALL
    ]
    return sorted(each, key=lambda group: (group.other, -group.steps.entered[0], group.value))


def _steps(asked: Funnel, row: Row | None) -> Steps:
    if row is None:
        return Steps([0] * len(asked.steps), [None] * len(asked.steps), [None] * len(asked.steps))
    return Steps(list(row[1]), [None, *map(_known, row[2])], [None, *map(_known, row[3])])


def _whole(row: Row | None) -> Whole:
    if row is None or math.isnan(row[4]):
        return Whole(None, None, 0, 0, [])
    bins = dict(zip(*row[8], strict=True))
    return Whole(row[4], row[5], row[6], row[7], [bins.get(n, 0) for n in range(bins_of(sum(bins.values())))])


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
