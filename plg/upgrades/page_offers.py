"""The offer on the page of plans: the one that a banner or a mail led from, or one that appears there alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from plg.kit.clock import now
from plg.kit.db import db, writing
from plg.kit.markdown import to_html
from plg.offers import answering, published, showing, standing
from plg.offers.definition import HOLDOUT, OfferNotFound
from plg.offers.models import Offer, OfferExposure, OfferPerson
from plg.offers.standing import Candidate
from plg.upgrades import offer_shown


def on_page(public_id: str, *, account_id: int, person_id: int, locale: str) -> dict[str, Any] | None:
    """The offer that is named, which its reader has followed; else the first that appears on this page; else none."""
    at = now()
    try:
        with writing():
            made = _followed(public_id, account_id, person_id) if public_id else None
            made = made or _first(account_id, person_id, at)
            db.session.commit()
    except OperationalError:  # nobody is kept from reading by a database that cannot take it now
        db.session.rollback()
        return None
    return _told(made, locale) if made is not None else None


def code_of(public_id: str, *, account_id: int) -> str | None:
    """The promotion code of an open offer to this account; None where it has none."""
    mine = select(Offer).where(Offer.public_id == public_id, Offer.account_id == account_id)
    made = db.session.scalar(mine.where(Offer.status == "open", Offer.version_id.is_not(None)))
    if made is None or made.version_id is None:
        return None
    upgrade = published.version(made.version_id).offer.in_arm(made.variant).answer.upgrade
    return upgrade.code if upgrade is not None else None


def _followed(public_id: str, account_id: int, person_id: int) -> Offer | None:
    try:
        offer = answering.find(public_id, account_id=account_id, person_id=person_id)
    except OfferNotFound:
        return None
    answering.click(offer, person_id)
    return offer if offer.status == "open" and offer.version_id is not None else None


def _first(account_id: int, person_id: int, at: dt.datetime) -> Offer | None:
    """Nobody's attention is spent: one came here by oneself."""
    found = [each for each in _candidates(account_id, person_id) if standing.own_reason(each, at) is None]
    for each in sorted(found, key=lambda candidate: candidate.order):
        if each.made.variant == HOLDOUT:
            showing.meet([each], person_id=person_id, at=at)
        else:
            showing.show(each, person_id=person_id, at=at, spends=False)
            return each.made
    return None


def _candidates(account_id: int, person_id: int) -> list[Candidate]:
    mine = (OfferPerson.offer_id == Offer.id) & (OfferPerson.person_id == person_id)
    met = (OfferExposure.account_id == Offer.account_id) & (OfferExposure.key == Offer.key)
    query = (
        select(Offer, OfferPerson, OfferExposure.key)
        .outerjoin(OfferPerson, mine)
        .outerjoin(OfferExposure, met)
    )
    query = query.where(Offer.account_id == account_id, Offer.status == "open", Offer.version_id.is_not(None))
    found = [
        Candidate(made, row, row is not None and row.shown_at is not None, key is not None)
        for made, row, key in db.session.execute(query)
    ]
    return [each for each in found if each.channel == "page"]


def _told(made: Offer, locale: str) -> dict[str, Any]:
    """extends: days of the trial that the button gives; url: where it leads; neither: a plan below is the answer."""
    assert made.version_id is not None
    defined = published.version(made.version_id).offer.in_arm(made.variant)
    answer, action = defined.answer, offer_shown.action_of(made, defined, locale)
    return {
        "id": made.public_id,
        "title": defined.title.text(locale),
        "body_html": Markup(to_html(defined.body.text(locale))),
        "label": action["label"] if action else "",
        "url": action["url"] if action and answer.teach is not None else None,
        "days": answer.extend.days if answer.extend is not None else 0,
        "plan": made.plan_key,
        "code": answer.upgrade.code if answer.upgrade is not None else None,
    }
