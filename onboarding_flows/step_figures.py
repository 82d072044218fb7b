"""Figures of steps, for groups of enrolments: how many settled them, who stopped there, how long they took. Each is
one statement, whatever the number of groups, steps and people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, select

from onboarding_flows.models import FlowEnrolment, StepCompletion
from plg.kit.db import db
from plg.kit.db_expressions import epoch, json_at, seconds_of

Condition = ColumnElement[bool]
Arm = tuple[int, str | None]
"""A version, and an arm of its experiment."""


def settled(of_them: Condition) -> dict[tuple[Arm, str], tuple[int, int]]:
    """(arm, step) -> (done, skipped)."""
    skipped = func.sum(cast(StepCompletion.skipped, Integer))
    by_step = (FlowEnrolment.version_id, FlowEnrolment.variant, StepCompletion.step_key)
    query = _steps(select(*by_step, func.count(), skipped))
    rows = db.session.execute(query.where(of_them).group_by(*by_step))
    return {((version, arm), key): (all - left_out, left_out) for version, arm, key, all, left_out in rows}


def there(of_them: Condition, keys: Collection[str]) -> dict[tuple[Arm, str], int]:
    """(arm, step that has a condition) -> for how many it is there, or was."""
    if not keys:
        return {}
    arm, counts = (FlowEnrolment.version_id, FlowEnrolment.variant), []
    for key in keys:
        settled = select(StepCompletion.step_key).where(
            StepCompletion.enrolment_id == FlowEnrolment.id, StepCompletion.step_key == key
        )
        is_there = json_at(FlowEnrolment.revealed, [key]).exists | settled.exists()
        counts.append(func.sum(case((is_there, 1), else_=0)))
    rows = db.session.execute(select(*arm, *counts).where(of_them).group_by(*arm))
    return {
        ((row[0], row[1]), key): number for row in rows for key, number in zip(keys, row[2:], strict=True)
    }


def stopped(of_them: Condition) -> dict[tuple[str | None, str], int]:
    """(variant, step) -> how many open enrolments have settled it last."""
    latest_first = (StepCompletion.occurred_at.desc(), StepCompletion.completed_at.desc())
    rank = func.row_number().over(
        partition_by=StepCompletion.enrolment_id, order_by=(*latest_first, StepCompletion.step_key)
    )
    query = _steps(select(FlowEnrolment.variant, StepCompletion.step_key, rank.label("rank")))
    c = query.where(of_them, FlowEnrolment.completed_at.is_(None)).subquery().c
    counted = select(c.variant, c.step_key, func.count()).where(c.rank == 1)
    rows = db.session.execute(counted.group_by(c.variant, c.step_key))
    return {(variant, key): number for variant, key, number in rows}


def medians(of_them: Condition, step_keys: Collection[str]) -> dict[str, dt.timedelta]:
    """Step -> the middle of the times since the beginning, or since its reset; what was done before took none."""
    took = epoch(StepCompletion.occurred_at) - _counted_from(step_keys)
    times = _steps(select(StepCompletion.step_key, seconds(took)))
    found = middles(times.where(of_them, StepCompletion.skipped.is_(False)))
    return {key: middle for (key,), middle in found.items()}


def medians_since_met(of_them: Condition) -> dict[tuple[str | None, str], dt.timedelta]:
    """(variant, step) -> the middle of the times since its owner met the experiment; what was done before took
    none."""
    took = epoch(StepCompletion.occurred_at) - epoch(FlowEnrolment.exposed_at)
    times = _steps(select(FlowEnrolment.variant, StepCompletion.step_key, seconds(took)))
    found = middles(times.where(of_them, StepCompletion.skipped.is_(False)))
    return {(variant, key): middle for (variant, key), middle in found.items()}


def seconds(took: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((took > 0, took), else_=0).label("seconds")


def middles(times: Select[Any]) -> dict[tuple[Any, ...], dt.timedelta]:
    """The other columns -> the middle of the column `seconds`; of an even number, what lies between the two."""
    c = times.subquery().c
    by = [column for column in c if column.key != "seconds"]
    rank = func.row_number().over(partition_by=by, order_by=c.seconds).label("rank")
    ranked = select(*c, rank, func.count().over(partition_by=by).label("number")).subquery().c
    middle = (2 * ranked.rank >= ranked.number) & (2 * ranked.rank <= ranked.number + 2)
    groups = [ranked[column.key] for column in by]
    rows = db.session.execute(select(*groups, func.avg(ranked.seconds)).where(middle).group_by(*groups))
    return {tuple(group): dt.timedelta(seconds=float(average)) for *group, average in rows}


def _steps(query: Any) -> Select[Any]:
    return query.join(FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id)


def _counted_from(step_keys: Collection[str]) -> ColumnElement[Any]:
    """The second from which a step counts: that of its reset, else of the enrolment."""
    resets = {key: seconds_of(json_at(FlowEnrolment.counts_from, [key]).text) for key in step_keys}
    began = epoch(FlowEnrolment.enrolled_at)
    if not resets:
        return began
    reset = case((FlowEnrolment.reopened > 0, case(resets, value=StepCompletion.step_key)))
    return func.coalesce(reset, began)
