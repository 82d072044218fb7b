"""The report on an experiment as JSON, as a table for a spreadsheet, and for people at a terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from onboarding_flows.experiment_report import Arm, Outcome, Report, StepFigures
from onboarding_flows.try_table import share_text, span_text
from plg.kit.proportions import Estimate


def answer(report: Report) -> dict[str, Any]:
    """As the API gives it."""
    return {
        "flow": report.flow.key,
        "versions": report.versions,
        "scope": report.flow.flow.scope,
        "baseline": report.baseline,
        "since": report.since,
        "uneven": report.uneven,
        "arms": [_arm(arm) for arm in report.arms],
    }


def _arm(arm: Arm) -> dict[str, Any]:
    return {
        "variant": arm.key,
        "planned": arm.planned,
        "enrolled": arm.begun,
        "exposed": arm.met,
        "median_seconds": _seconds(arm.median),
        "steps": [_step(step) for step in arm.steps.values()],
        "outcomes": [_outcome(outcome) for outcome in arm.outcomes],
    }


def _step(step: StepFigures) -> dict[str, Any]:
    return {
        "step": step.step.key,
        "done": step.done,
        "share": step.share,
        "skipped": step.skipped,
        "stopped": step.stopped,
        "median_seconds": _seconds(step.median),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    of, told = outcome.of, asdict(outcome.told)
    return {"outcome": outcome.name, "within_days": outcome.days, "of": of.of, "count": of.count, **told}


def _seconds(time: dt.timedelta | None) -> float | None:
    return time.total_seconds() if time is not None else None


def rows(report: Report) -> Iterator[Sequence[object]]:
    """A heading and a row for each outcome and each step of each arm; shares as fractions, times in seconds. What too
    few people say nothing about is empty."""
    estimates = [f"{name}{end}" for name in ("share", "difference", "lift") for end in ("", "_low", "_high")]
    yield [
        "arm",
        "figure",
        "within_days",
        "of",
        "count",
        *estimates,
        "missing",
        "more",
        "median_seconds",
        "stopped",
    ]
    for arm in report.arms:
        for outcome in arm.outcomes:
            told = outcome.told
            ends = [*_ends(told.share), *_ends(told.difference), *_ends(told.lift)]
            median = _seconds(arm.median) if outcome.days is None else None
            counts = [outcome.days, outcome.of.of, outcome.of.count]
            yield [arm.key, outcome.name, *counts, *ends, told.missing, told.more, median, None]
        for step in arm.steps.values():
            blank = [None] * 10
            yield [
                arm.key,
                f"step {step.step.key}",
                None,
                arm.met,
                step.done,
                step.share,
                *blank,
                _seconds(step.median),
                step.stopped,
            ]


def _ends(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (found.value, found.low, found.high) if found else (None, None, None)


def lines(report: Report) -> Iterator[str]:
    """Line by line."""
    since = f"since {report.since:%Y-%m-%d}" if report.since else "nobody has met it yet"
    versions = ", ".join(map(str, report.versions))
    yield f"{report.flow.key}, version {versions}: {since}. Compared with {report.baseline}; intervals of 95 %."
    if report.uneven:
        yield "The arms are not as large as planned: do not trust the rest before you know why."
    for arm in report.arms:
        yield ""
        yield f"{arm.key} ({arm.planned:.0%} planned): {arm.begun} begun, {arm.met} exposed"
        for outcome in arm.outcomes:
            yield f"  {_named(outcome):<22} {outcome.of.count:>7} of {outcome.of.of:<7} {_said(outcome)}"
        for step in arm.steps.values():
            share = share_text(step.share) or "too few"
            figures = (
                f"{step.done:>7} of {arm.met:<7} {share:>8}  half within {span_text(_seconds(step.median))}"
            )
            yield f"  step {step.step.key:<17} {figures}, {step.stopped} stopped there"


def _named(outcome: Outcome) -> str:
    return outcome.name if outcome.days is None else f"{outcome.name} in {outcome.days} days"


def _said(outcome: Outcome) -> str:
    told = outcome.told
    said = [f"{share_text(told.share.value)} ({_span(told.share)})" if told.share else "too little data"]
    if told.difference is not None:
        said.append(f"{100 * told.difference.value:+.1f} points ({_span(told.difference)})")
        said.append("certain" if told.difference.is_certain else "not certain")
    elif told.share is not None and told.missing != 0:
        said.append("too little data to compare")
    if told.lift is not None:
        said.append(
            f"lift {told.lift.value:+.0%} ({100 * told.lift.low:+.0f} to {100 * told.lift.high:+.0f} %)"
        )
    if told.missing:
        said.append(f"some {told.missing} more are needed in each arm")
    if told.more:
        said.append(f"some {told.more} more in each arm would tell a difference like this")
    return ", ".join(said)


def _span(found: Estimate) -> str:
    return f"{100 * found.low:.1f} to {100 * found.high:.1f}"
