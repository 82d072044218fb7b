"""What an offer brought, arm by arm: whom it met, what they did with it, and whether more of them upgraded than of
those it is compared with. Four queries, however many arms there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Final

from plg.kit import proportions
from plg.kit.assignment import BUCKETS
from plg.kit.clock import now
from plg.kit.proportions import Comparison, Share
from plg.offers import figures, published, raising
from plg.offers.definition import HOLDOUT
from plg.offers.published import PublishedOffer

MIN_FOR_RATIO: Final = 100
SUSPICIOUS: Final = 0.001


@dataclass(frozen=True)
class Arm:
    """made: accounts that it was raised for. met: accounts that met it: it was shown, or would have been. shown,
    dismissed, snoozed, clicked: people. upgraded: of those who met it, by now. of: those of them whose window is
    over, and how many of these upgraded within it. told: what can be said of that."""

    key: str
    made: int
    met: int
    shown: int
    dismissed: int
    snoozed: int
    clicked: int
    upgraded: int
    of: Share
    told: Comparison


@dataclass(frozen=True)
class Report:
    """baseline: the arm that the others are compared with. window: days within which an upgrade counts. uneven: the
    arms are farther from their planned parts than chance makes them."""

    offer: PublishedOffer
    baseline: str
    since: dt.datetime | None
    uneven: bool
    arms: list[Arm]


def of_offer(key: str) -> Report:
    """Of all versions of an offer together, with the arms and the window of the newest. Raises OfferNotFound."""
    version = published.newest(key)
    offer = version.offer
    met, upgraded = figures.exposures(key, offer.window), figures.upgrades(key, offer.window)
    people = figures.people(key)
    before = sorted((met.keys() | people.keys()) - set(offer.arms))
    shares = {
        arm: Share(upgraded[arm].judged if arm in upgraded else 0, met[arm].judged if arm in met else 0)
        for arm in [*offer.arms, *before]
    }
    base = offer.arms[0]
    arms = [
        _arm(arm, met.get(arm), people.get(arm), upgraded.get(arm), of, shares[base] if arm != base else None)
        for arm, of in shares.items()
    ]
    since = [row.since for row in met.values()]
    return Report(version, base, min(since, default=None), _is_uneven(version, arms), arms)


def _arm(key: str, met: Any, people: Any, upgraded: Any, of: Share, base: Share | None) -> Arm:
    counts = {
        name: getattr(people, name) if people is not None else 0
        for name in ("shown", "dismissed", "snoozed", "clicked")
    }
    return Arm(
        key=key,
        made=people.accounts if people is not None else 0,
        met=met.met if met is not None else 0,
        upgraded=upgraded.upgraded if upgraded is not None else 0,
        of=of,
        told=proportions.compare(of, base),
        **counts,
    )


def _is_uneven(version: PublishedOffer, arms: list[Arm]) -> bool:
    """Only where no rule and no measure decides, so that the planned parts are known."""
    offer = version.offer
    if offer.choose == "measured" or any(variant.when for variant in offer.variants):
        return False
    weights = {variant.key: variant.weight for variant in offer.variants} or dict.fromkeys(offer.arms[-1:], 1)
    whole = sum(weights.values())
    planned = {key: (BUCKETS - len(offer.held_out)) * weight // whole for key, weight in weights.items()}
    planned |= {HOLDOUT: len(offer.held_out)} if offer.holdout else {}
    met = {arm.key: arm.met for arm in arms if arm.key in planned}
    counts = [met[key] for key in planned]
    return sum(counts) >= MIN_FOR_RATIO and proportions.chance_of(counts, list(planned.values())) < SUSPICIOUS


def state_of(version: PublishedOffer, live: bool) -> str:
    """running, waiting (for its start), over (its time) or stopped."""
    if not live:
        return "stopped"
    if raising.is_running(version, now()):
        return "running"
    starts = version.offer.starts_at
    return "waiting" if starts is not None and dt.datetime.fromisoformat(starts) > now() else "over"


def overview() -> list[dict[str, Any]]:
    """Every offer that ever was, those of higher priority first, with its state and what it brought by now."""
    live, met, people = published.live(), figures.all_met(), figures.all_people()
    found = []
    for key in published.every_key():
        version = live.get(key) or published.newest(key)
        counts = {"met": met.get(key, 0), **people.get(key, {"shown": 0, "clicked": 0})}
        state = state_of(version, key in live)
        found.append({"key": key, "version": version, "state": state, **counts})
    return sorted(
        found, key=lambda each: (each["state"] == "stopped", -each["version"].offer.priority, each["key"])
    )


def answer(report: Report) -> dict[str, Any]:
    """As the API gives it."""
    return {
        "offer": report.offer.key,
        "version": report.offer.version,
        "baseline": report.baseline,
        "window": report.offer.offer.window,
        "since": report.since,
        "uneven": report.uneven,
        "arms": [_told(arm) for arm in report.arms],
    }


def _told(arm: Arm) -> dict[str, Any]:
    told = {
        name: getattr(arm, name)
        for name in ("made", "met", "shown", "dismissed", "snoozed", "clicked", "upgraded")
    }
    judged = {"judged": arm.of.of, "judged_upgraded": arm.of.count}
    return {"variant": arm.key, **told, **judged, **asdict(arm.told)}
