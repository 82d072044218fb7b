"""Offers that are published: those that are live, and any version that somebody was made an offer of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import func, select, update

from plg.kit import versions
from plg.kit.clock import now
from plg.kit.db import db
from plg.offers import definition
from plg.offers.definition import Offer, OfferNotFound
from plg.offers.models import Offer as Made
from plg.offers.models import OfferVersion


@dataclass(frozen=True)
class PublishedOffer:
    """A version of an offer."""

    id: int
    key: str
    version: int
    offer: Offer


def live() -> Mapping[str, PublishedOffer]:
    """Every live offer by key. One small query sees whether something changed since the last look."""
    seen = db.session.execute(select(func.max(OfferVersion.id), func.count(OfferVersion.retired_at))).one()
    kept = current_app.extensions.get("plg.offers_live")
    if kept is None or kept[0] != seen:
        kept = (seen, {key: _published(row) for key, row in versions.all_live(OfferVersion).items()})
        current_app.extensions["plg.offers_live"] = kept
    found: Mapping[str, PublishedOffer] = kept[1]
    return found


def live_definitions() -> dict[str, dict[str, Any]]:
    """What is live, as it was written."""
    return {key: row.definition for key, row in versions.all_live(OfferVersion).items()}


def version(version_id: int) -> PublishedOffer:
    """A version by its number. Versions never change, so each is read once."""
    cache: dict[int, PublishedOffer] = current_app.extensions.setdefault("plg.offer_versions", {})
    if version_id not in cache:
        cache[version_id] = _published(db.session.get_one(OfferVersion, version_id))
    return cache[version_id]


def newest(key: str) -> PublishedOffer:
    """The newest version, live or not. Raises OfferNotFound."""
    query = select(OfferVersion).where(OfferVersion.key == key).order_by(OfferVersion.version.desc()).limit(1)
    row = db.session.scalar(query)
    if row is None:
        raise OfferNotFound(f"There is no offer {key!r}.")
    return _published(row)


def versions_of(key: str) -> list[OfferVersion]:
    """Every version, the newest first."""
    query = select(OfferVersion).where(OfferVersion.key == key).order_by(OfferVersion.version.desc())
    return list(db.session.scalars(query))


def every_key() -> list[str]:
    """The keys of all offers that ever were."""
    return sorted(db.session.scalars(select(OfferVersion.key).distinct()))


def _published(row: OfferVersion) -> PublishedOffer:
    return PublishedOffer(row.id, row.key, row.version, Offer.model_validate(row.definition))


def publish(key: str, told: dict[str, Any], *, by: str) -> None:
    """Publish a definition as a new version; the same again changes nothing. Offers that were made stay on theirs."""
    versions.publish(OfferVersion, key, definition.parse(told), by=by)


def stop(key: str) -> None:
    """The offer is made to nobody any more, and is taken back from whom it was made to."""
    if key not in live():
        raise OfferNotFound(f"There is no offer {key!r} that runs.")
    versions.retire(OfferVersion, key)
    open_ones = update(Made).where(Made.key == key, Made.status == "open")
    db.session.execute(open_ones.values(status="stopped", closed_at=now()))
