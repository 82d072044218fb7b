"""What the report on an offer counts, by arm; each figure of all arms is one statement.

An upgrade is a paid subscription that began after the account met the offer, within its window. In shares only
accounts count whose window is over, so that those who came lately do not look worse."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, case, cast, func, select

from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.db_expressions import epoch
from plg.kit.proportions import Share
from plg.kit.rules.times import span
from plg.offers.models import Offer, OfferExposure, OfferPerson


def shares(key: str, window: str) -> dict[str, Share]:
    """How many of each arm upgraded, of those whose window is over."""
    met, upgraded = exposures(key, window), upgrades(key, window)
    return {
        arm: Share(upgraded[arm].judged if arm in upgraded else 0, row.judged) for arm, row in met.items()
    }


def exposures(key: str, window: str) -> dict[str, Row[Any]]:
    """arm -> met: accounts that met the offer; judged: those of them whose window is over; since."""
    query = select(
        OfferExposure.variant,
        func.count().label("met"),
        _number(_is_over(window)).label("judged"),
        func.min(OfferExposure.exposed_at).label("since"),
    ).where(OfferExposure.key == key)
    return _by_arm(query.group_by(OfferExposure.variant))


def upgrades(key: str, window: str) -> dict[str, Row[Any]]:
    """arm -> upgraded: accounts that upgraded within the window by now; judged: those of them whose window is
    over."""
    columns = (OfferExposure.account_id, OfferExposure.variant, OfferExposure.exposed_at)
    first = (
        select(*columns, func.min(Event.occurred_at).label("at"))
        .join(Event, Event.account_id == OfferExposure.account_id)
        .where(
            OfferExposure.key == key,
            Event.name == names.SUBSCRIPTION_STARTED,
            Event.occurred_at > OfferExposure.exposed_at,
        )
        .group_by(*columns)
        .subquery()
    )
    inside = epoch(first.c.at) - epoch(first.c.exposed_at) <= int(span(window).total_seconds())
    over = first.c.exposed_at <= _begun_before(window)
    query = select(first.c.variant, _number(inside).label("upgraded"), _number(inside & over).label("judged"))
    return _by_arm(query.group_by(first.c.variant))


def people(key: str) -> dict[str, Row[Any]]:
    """arm -> shown, dismissed, snoozed, clicked: people; accounts: how many got it made."""
    shown, clicked = OfferPerson.shown_at.is_not(None), OfferPerson.clicked_at.is_not(None)
    query = (
        select(
            Offer.variant,
            func.count(Offer.account_id.distinct()).label("accounts"),
            _number(shown).label("shown"),
            _number(OfferPerson.dismissed_at.is_not(None)).label("dismissed"),
            _number(OfferPerson.snoozed_until.is_not(None)).label("snoozed"),
            _number(clicked).label("clicked"),
        )
        .outerjoin(OfferPerson, OfferPerson.offer_id == Offer.id)
        .where(Offer.key == key, Offer.status != "passed")
    )
    return _by_arm(query.group_by(Offer.variant))


def _by_arm(query: Any) -> dict[str, Row[Any]]:
    return {row.variant: row for row in db.session.execute(query)}


def _is_over(window: str) -> ColumnElement[bool]:
    return OfferExposure.exposed_at <= _begun_before(window)


def _begun_before(window: str) -> dt.datetime:
    return now() - span(window)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(case((condition, 1), else_=0)), 0), Integer)


def all_met() -> dict[str, int]:
    """Key -> accounts that met the offer, the holdout included."""
    query = select(OfferExposure.key, func.count()).group_by(OfferExposure.key)
    rows: dict[str, int] = dict(db.session.execute(query).all())
    return rows


def all_people() -> dict[str, dict[str, int]]:
    """Key -> how many people were shown the offer, and followed it."""
    shown, clicked = OfferPerson.shown_at.is_not(None), OfferPerson.clicked_at.is_not(None)
    query = select(Offer.key, _number(shown).label("shown"), _number(clicked).label("clicked"))
    query = query.join(OfferPerson, OfferPerson.offer_id == Offer.id).where(Offer.key != "")
    rows = db.session.execute(query.group_by(Offer.key))
    return {row.key: {"shown": row.shown, "clicked": row.clicked} for row in rows}
