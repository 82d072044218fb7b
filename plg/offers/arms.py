"""Which variant of an offer an account gets: by a hash, so that it is always the same; those held out get nothing.

By rule first: of the variants, in their order, the first whose `when` holds says which rule decides; all with that
rule are the choice. Among these by weight, or, where the offer says `measured` and each of them has been met by
enough, the one whose lift against the holdout has the highest lower bound (without a holdout: its share's). An
account keeps the arm that it had, as long as there is one of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from plg.kit import assignment, proportions
from plg.kit.proportions import Share
from plg.offers import figures
from plg.offers.definition import ALL, HOLDOUT, Variant
from plg.offers.published import PublishedOffer

ENOUGH: Final = 100
"""So many accounts have to have met each variant, with the days of the window over, before what was measured
chooses."""


def assign(published: PublishedOffer, account: str, before: str | None, fitting: Sequence[Variant]) -> str:
    """The arm of an account (its public id). before: the arm that it had. fitting: the variants that are the
    choice."""
    offer = published.offer
    if before in offer.arms:
        assert before is not None
        return before
    if bucket_of(published.key, account) in offer.held_out:
        return HOLDOUT
    if not fitting:
        return ALL
    best = measured(published, fitting) if offer.choose == "measured" and len(fitting) > 1 else None
    if best is not None:
        return best
    salt = f"offer:{published.key}:variant"
    ranges = assignment.ranges({variant.key: variant.weight for variant in fitting})
    return assignment.arm_in(ranges, assignment.bucket(account, salt))


def bucket_of(key: str, account: str) -> int:
    """The number, from 0 to 9,999, by which an account is held out of an offer or not."""
    return assignment.bucket(account, f"offer:{key}")


def measured(published: PublishedOffer, fitting: Sequence[Variant]) -> str | None:
    """The variant that upgrades most for certain, of these; None while there is too little data."""
    found = figures.shares(published.key, published.offer.window)
    return best_of(
        {variant.key: found.get(variant.key, Share(0, 0)) for variant in fitting}, found.get(HOLDOUT)
    )


def best_of(shares: Mapping[str, Share], base: Share | None) -> str | None:
    """Of these arms the one with the highest lower bound; None where one of them, or the base, was met by fewer than
    ENOUGH, or nobody upgraded at all."""
    all_of_them = [*shares.values(), *([base] if base is not None else [])]
    if any(share.of < ENOUGH for share in all_of_them) or not any(share.count for share in shares.values()):
        return None
    return max(shares, key=lambda arm: _lower_bound(shares[arm], base))


def _lower_bound(share: Share, base: Share | None) -> float:
    return proportions.difference(share, base).low if base is not None else proportions.wilson(share).low
