"""Raising offers: what happened, or the time, makes one worth showing to an account; or the reason why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select, update

from plg.accounts.models import Account, Membership
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.ids import new_id
from plg.kit.rules import Rule
from plg.kit.rules.language import All
from plg.kit.rules.times import moment, span
from plg.offers import answers, arms, mailing
from plg.offers.definition import Variant
from plg.offers.models import OPEN, Offer, OfferPerson
from plg.offers.published import PublishedOffer
from plg.offers.triggers import SeatsFull
from plg.segments import segments
from plg.usage import entitlements

FRESH: Final = dt.timedelta(days=1)
"""What happened longer ago raises nothing: history that is read again is no moment of value."""
BATCH: Final = 200


@dataclass(frozen=True)
class Occasion:
    """What raises an offer: an event, or, where event_id is empty, the time."""

    account_id: int
    person_id: int | None = None
    event_id: str = ""
    feature: str = ""

    @classmethod
    def of(cls, event: LoggedEvent) -> Occasion:
        assert event.account_id is not None
        feature = event.properties.get("feature")
        named = feature if isinstance(feature, str) and len(feature) <= 50 else ""
        return cls(event.account_id, event.person_id, event.id, named)


def hear(offers: Iterable[PublishedOffer], events: Sequence[LoggedEvent]) -> None:
    """Raise what these events raise; of many events that would, the last of an account does."""
    oldest = now() - FRESH
    fresh = [e for e in events if e.account_id is not None and e.occurred_at >= oldest]
    for published in offers:
        trigger = published.offer.trigger
        fitting = {e.account_id: e for e in fresh if e.name in trigger.hears and trigger.fits(e)}
        for event in fitting.values():
            consider(published, Occasion.of(event), now())


def consider(published: PublishedOffer, occasion: Occasion, at: dt.datetime) -> str | None:
    """Make the account this offer; else why not."""
    if not is_running(published, at):
        return "not_running"
    _close_over(occasion.account_id, at)
    before = made_before(published.key, occasion.account_id)
    if (reason := too_often(published, before, at)) is not None:
        return reason
    trigger = published.offer.trigger
    if isinstance(trigger, SeatsFull) and not seats_are_full(occasion.account_id):
        return "seats_left"
    people = audience(published, occasion.account_id, at)
    if people is not None and not people:
        return "nobody"
    row = _row(published, occasion, before, at)
    if row["status"] == "passed" and occasion.event_id:
        return "nothing_to_offer"
    made = _insert(row | {"is_for_some": people is not None})
    if made is None:
        return "open"
    if row["status"] == "open" and people:
        of_them = [{"offer_id": made, "person_id": each, "times": 0} for each in people]
        db.session.execute(insert(OfferPerson).on_conflict_do_nothing(), of_them)
    if row["status"] == "open" and published.offer.channel == "email":
        mailing.send(db.session.get_one(Offer, made), published.offer.in_arm(row["variant"]), at)
    return None


def is_running(published: PublishedOffer, at: dt.datetime) -> bool:
    """Whether its time has come and is not over."""
    offer = published.offer
    has_begun = offer.starts_at is None or moment(offer.starts_at) <= at
    return has_begun and (offer.ends_at is None or moment(offer.ends_at) > at)


def made_before(key: str, account_id: int) -> list[Offer]:
    """The offers of this key that the account was made, the newest first."""
    query = select(Offer).where(Offer.account_id == account_id, Offer.key == key)
    return list(db.session.scalars(query.order_by(Offer.id.desc())))


def too_often(published: PublishedOffer, before: Sequence[Offer], at: dt.datetime) -> str | None:
    """Whether the account has the offer, has had it too lately, or often enough."""
    if before and before[0].status == "open":
        return "open"
    frequency = published.offer.frequency
    if sum(each.status != "passed" for each in before) >= frequency.most:
        return "most"
    if before and (before[0].closed_at or before[0].created_at) > at - span(frequency.every):
        return "every"
    return None


def seats_are_full(account_id: int) -> bool:
    """Whether a feature that is counted in seats has none left."""
    found = entitlements.of_account(account_id).by_feature.values()
    return any(each.type == "seats" and each.remaining == 0 for each in found)


def audience(published: PublishedOffer, account_id: int, at: dt.datetime) -> list[int] | None:
    """The members whom the trigger's rule and the audience hold for; None: everybody, now and later."""
    rule = whole_rule(published)
    if rule is None:
        return None
    theirs = segments.members(rule, at).where(Membership.account_id == account_id)
    return sorted(person_id for person_id, _ in db.session.execute(theirs))


def whole_rule(published: PublishedOffer) -> Rule | None:
    """What has to hold for somebody to be offered it, where anything has."""
    asked = [
        rule for rule in (published.offer.trigger.rule, published.offer.audience_rule) if rule is not None
    ]
    return All(all=asked) if asked else None


def fitting_variants(
    published: PublishedOffer, account_id: int, person_id: int | None, at: dt.datetime
) -> list[Variant]:
    """The variants that are the choice: those with the first rule that holds, for the person who raised it or else
    the one who has been in the account longest."""
    variants = published.offer.variants
    if any(variant.when for variant in variants) and person_id is None:
        oldest = (
            select(Membership.person_id).where(Membership.account_id == account_id).order_by(Membership.id)
        )
        person_id = db.session.scalar(oldest.limit(1))
    held: dict[str, bool] = {}
    for variant in variants:
        known = repr(variant.when)
        if known not in held:
            held[known] = variant.rule is None or (
                person_id is not None and segments.matches(variant.rule, person_id, account_id, at)
            )
    first = next((variant for variant in variants if held[repr(variant.when)]), None)
    return [variant for variant in variants if first is not None and variant.when == first.when]


def _row(
    published: PublishedOffer, occasion: Occasion, before: Sequence[Offer], at: dt.datetime
) -> dict[str, Any]:
    """The offer as this account gets it; `passed` where there is nothing to offer to it."""
    account = db.session.get_one(Account, occasion.account_id)
    earlier = next((each.variant for each in before if each.variant), None)
    fitting = fitting_variants(published, account.id, occasion.person_id, at)
    arm = arms.assign(published, account.public_id, earlier, fitting)
    trigger = published.offer.trigger
    feature = getattr(trigger, "feature", None) or occasion.feature
    is_closing = account.deleted_at is not None or account.delete_at is not None
    plan = None if is_closing else answers.plan_for(account.id, published.offer.in_arm(arm).answer, feature)
    return {
        "public_id": new_id("off"),
        "account_id": account.id,
        "key": published.key,
        "version_id": published.id,
        "variant": arm,
        "feature": feature,
        "reason": trigger.kind,
        "plan_key": plan or "",
        "status": "passed" if plan is None else "open",
        "event_id": occasion.event_id,
        "created_at": at,
        "ends_at": _ends_at(published, at),
        "closed_at": at if plan is None else None,
    }


def _insert(row: dict[str, Any]) -> int | None:
    new = insert(Offer).values(row)
    new = new.on_conflict_do_nothing(index_elements=["account_id", "key", "feature"], index_where=OPEN)
    made: int | None = db.session.scalar(new.returning(Offer.id))
    return made


def _ends_at(published: PublishedOffer, at: dt.datetime) -> dt.datetime:
    ends = at + span(published.offer.lasts)
    return min(ends, moment(published.offer.ends_at)) if published.offer.ends_at else ends


def _close_over(account_id: int, at: dt.datetime) -> None:
    over = update(Offer).where(Offer.account_id == account_id, Offer.status == "open", Offer.ends_at <= at)
    db.session.execute(over.values(status="over", closed_at=Offer.ends_at))


def close_over(at: dt.datetime) -> int:
    """Close a batch of offers whose time is over; returns how many."""
    due = select(Offer.id).where(Offer.status == "open", Offer.ends_at <= at).limit(BATCH)
    over = update(Offer).where(Offer.id.in_(due)).values(status="over", closed_at=at)
    return len(db.session.execute(over.returning(Offer.id)).all())


def by_time(offers: Iterable[PublishedOffer], at: dt.datetime) -> int:
    """Raise a batch of what goes by time; returns how many accounts were considered. Whom there is nothing to offer
    is noted as passed, so that nobody is asked again and again."""
    done = 0
    for published in offers:
        trigger = published.offer.trigger
        if trigger.rule is None or trigger.hears or not is_running(published, at):
            continue
        for account_id in _waiting(published, at):
            consider(published, Occasion(account_id), at)
            done += 1
    return done


def _waiting(published: PublishedOffer, at: dt.datetime) -> list[int]:
    """Accounts with members for whom the offer's rules hold and that it has not been made lately, or too often."""
    rule = whole_rule(published)
    assert rule is not None
    frequency = published.offer.frequency
    held = segments.members(rule, at).subquery().c
    theirs = (Offer.account_id == held.account_id) & (Offer.key == published.key)
    lately = (Offer.status == "open") | (
        func.coalesce(Offer.closed_at, Offer.created_at) > at - span(frequency.every)
    )
    often = select(func.count()).where(theirs, Offer.status != "passed").scalar_subquery()
    query = select(held.account_id).where(~select(Offer.id).where(theirs, lately).exists())
    query = query.where(often < frequency.most).group_by(held.account_id).order_by(held.account_id)
    return list(db.session.scalars(query.limit(BATCH)))
