"""An offer comes on somebody's screen: that counts for their attention, and their account has met its experiment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select

from plg.attention import ledger
from plg.events import log, names
from plg.kit.db import db, insert
from plg.offers import published, standing
from plg.offers.models import Offer, OfferExposure, OfferPerson
from plg.offers.standing import Candidate


def show(candidate: Candidate, *, person_id: int, at: dt.datetime, spends: bool = True) -> None:
    """It comes on the person's screen, or to them by mail. In parallel, and however often it is said, each showing
    counts once. spends: whether it came up by itself, and counts for their attention."""
    made = candidate.made
    db.session.execute(select(Offer.id).where(Offer.id == made.id).with_for_update())
    if made.version_id is not None and not _begin(candidate, person_id, at):
        return
    if made.version_id is None and ledger.was_shown(candidate.source, person_id=person_id):
        return
    if spends:
        ledger.note(candidate.source, person_id=person_id, account_id=made.account_id, at=at)
    properties = {"offer": made.key or made.public_id, "reason": made.reason, "feature": made.feature}
    log.record(
        names.OFFER_SHOWN,
        id=f"offer-shown:{made.public_id}:{person_id}",
        person_id=person_id,
        account_id=made.account_id,
        properties=properties | {"variant": made.variant, "channel": candidate.channel},
        occurred_at=at,
    )
    meet([candidate], person_id=person_id, at=at)


def _begin(candidate: Candidate, person_id: int, at: dt.datetime) -> bool:
    """Begin a showing to this person, unless another tab has."""
    made = candidate.made
    blank = {"offer_id": made.id, "person_id": person_id, "times": 0}
    db.session.execute(insert(OfferPerson).values(blank).on_conflict_do_nothing())
    mine = db.session.get_one(OfferPerson, (made.id, person_id), populate_existing=True)
    if not standing.is_new_showing(Candidate(made, mine, mine.shown_at is not None, True), at):
        return False
    mine.shown_at, mine.times = at, mine.times + 1
    return True


def meet(candidates: Iterable[Candidate], *, person_id: int, at: dt.datetime) -> None:
    """The account meets the experiments of these offers; noted once, whoever was the first to."""
    for made in [each.made for each in candidates if each.made.version_id is not None and not each.was_met]:
        row = {"account_id": made.account_id, "key": made.key, "variant": made.variant, "exposed_at": at}
        row |= {"version_id": made.version_id, "person_id": person_id}
        new = insert(OfferExposure).values(row).on_conflict_do_nothing().returning(OfferExposure.key)
        if db.session.execute(new).first() is not None:
            _tell(made, person_id, at)


def _tell(made: Offer, person_id: int, at: dt.datetime) -> None:
    assert made.version_id is not None
    version = published.version(made.version_id)
    if len(version.offer.arms) < 2:
        return
    facts = {"experiment": f"offer:{made.key}", "variant": made.variant, "version": version.version}
    log.record(
        names.EXPERIMENT_EXPOSED,
        id=f"experiment-exposed:offer:{made.key}:{made.account_id}",
        person_id=person_id,
        account_id=made.account_id,
        properties=facts,
        occurred_at=at,
    )
