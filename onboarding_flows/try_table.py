"""What came of trying a flow, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from onboarding_flows.tally import TOO_FEW

_UNITS: Final = ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s"))


def lines(told: dict[str, Any]) -> Iterator[str]:
    """The answer of `trying.replay`, line by line."""
    what = f"version {told['version']}" if told["version"] else f"the {told['tried']}"
    days = f"{told['since']:%Y-%m-%d} to {told['until']:%Y-%m-%d}"
    yield f"{told['flow']}: {what}, tried on who acted from {days}. Nothing is changed."
    share = share_text(told["completed_share"]) or f"too few for a share, fewer than {TOO_FEW}"
    yield f"{told['enrolled']} would have begun it, {told['completed']} completed it ({share})."
    if told["median_seconds"] is not None:
        yield f"Half of those who completed it since they began took {span_text(told['median_seconds'])} or less."
    if told["arms"]:
        yield (
            "In its experiment would be: " + ", ".join(f"{arm} {n}" for arm, n in told["arms"].items()) + "."
        )
    if told["only_manual_left"]:
        yield f"{told['only_manual_left']} would have only steps left that are done by hand."
    yield ""
    yield f"  {'step':<30} {'done':>8} {'share':>8} {'half within':>12} {'stuck':>8}"
    for step in told["steps"]:
        yield _step(step)
    yield from _stuck(told["steps"])
    if told["live"] is not None:
        yield from _against(told["live"])


def _step(step: dict[str, Any]) -> str:
    share, half = share_text(step["share"]) or "too few", span_text(step["median_seconds"])
    done = "by hand" if step["manual"] else step["done"]
    return f"  {step['step']:<30} {done:>8} {share:>8} {half:>12} {step['stuck']['count']:>8}"


def _stuck(steps: list[dict[str, Any]]) -> Iterator[str]:
    for step in steps:
        if step["stuck"]["count"]:
            yield f"  stuck at {step['step']}: {_ids(step['stuck'])}"


def _against(live: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield f"Today, with version {live['version']}: {live['enrolled']} of them began, {live['completed']} completed."
    if live["steps"]:
        yield f"  {'step':<30} {'today':>8} {'then':>8} {'change':>8}"
    for step in live["steps"]:
        change = step["then"] - step["now"]
        yield f"  {step['step']:<30} {step['now']:>8} {step['then']:>8} {change:>+8}"
    if (more := live["would_be_completed"])["count"]:
        yield f"{more['count']} not completed today would be: {_ids(more)}"
    if (less := live["would_be_uncompleted"])["count"]:
        yield f"{less['count']} completed today would not be: {_ids(less)}"


def _ids(some: dict[str, Any]) -> str:
    rest = some["count"] - len(some["ids"])
    return ", ".join(some["ids"]) + (f" and {rest} more" if rest else "")


def share_text(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def span_text(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{seconds / size:.1f} {unit}"
