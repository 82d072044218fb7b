"""What people do with an offer that they see: not now, later, or take it."""

from __future__ import annotations

from sqlalchemy import case, select, update

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.rules.times import span
from plg.offers import published
from plg.offers.definition import HOLDOUT, OfferNotFound
from plg.offers.models import Offer, OfferPerson
from plg.trials import states, trials


def find(public_id: str, *, account_id: int, person_id: int) -> Offer:
    """An offer that the person may have seen, held until the transaction ends. Raises OfferNotFound."""
    query = select(Offer).where(Offer.public_id == public_id, Offer.account_id == account_id)
    offer = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if offer is None or offer.variant == HOLDOUT or offer.status == "passed":
        raise OfferNotFound("There is no such offer.")
    if offer.is_for_some and db.session.get(OfferPerson, (offer.id, person_id)) is None:
        raise OfferNotFound("There is no such offer.")
    return offer


def dismiss(public_id: str, *, account_id: int, person_id: int) -> None:
    """Not now: the person sees it no more. What a limit raised by itself nobody of the account sees any more.
    Repeated, nothing more happens."""
    offer = find(public_id, account_id=account_id, person_id=person_id)
    if offer.status != "open":
        return
    if offer.version_id is None:
        offer.status, offer.closed_at = "dismissed", now()
    else:
        mine = _mine(offer, person_id)
        if mine.dismissed_at is not None:
            return
        mine.dismissed_at = now()
    _record(names.OFFER_DISMISSED, offer, person_id)


def snooze(public_id: str, *, account_id: int, person_id: int) -> None:
    """Later: as long after now as the offer says. What a limit raised by itself is put away as by `dismiss`."""
    offer = find(public_id, account_id=account_id, person_id=person_id)
    if offer.version_id is None:
        return dismiss(public_id, account_id=account_id, person_id=person_id)
    lasts = span(published.version(offer.version_id).offer.snooze)
    _mine(offer, person_id).snoozed_until = now() + lasts
    return None


def take(public_id: str, *, account_id: int, person_id: int) -> None:
    """The person follows the offer; days of a trial are given, once for an account. Repeated, nothing
    more happens."""
    offer = find(public_id, account_id=account_id, person_id=person_id)
    click(offer, person_id)
    if offer.version_id is None or offer.status != "open":
        return
    answer = published.version(offer.version_id).offer.in_arm(offer.variant).answer
    if answer.extend is not None:
        offer.status, offer.closed_at = "accepted", now()
        _extend(offer, answer.extend.days)


def _extend(offer: Offer, days: int) -> None:
    """Once for an account and key, and while there is a trial to be longer."""
    same = (Offer.account_id == offer.account_id, Offer.key == offer.key, Offer.id != offer.id)
    had = db.session.scalar(select(Offer.id).where(*same, Offer.status == "accepted").limit(1))
    trial = trials.of_account(offer.account_id)
    if had is None and trial is not None and trial.status in (states.ACTIVE, states.GRACE):
        trials.extend(offer.account_id, days, reason=f"offer {offer.key}", by=f"offer:{offer.public_id}")


def click(offer: Offer, person_id: int) -> None:
    """The person followed what it offers."""
    mine = _mine(offer, person_id)
    if mine.clicked_at is None:
        mine.clicked_at = now()
        _record(names.OFFER_CLICKED, offer, person_id)


def click_plan(account_id: int, person_id: int, plan_key: str) -> None:
    """The person goes to pay for a plan: that follows the offers of it that they saw."""
    query = select(Offer).join(OfferPerson, OfferPerson.offer_id == Offer.id)
    seen = (OfferPerson.person_id == person_id, OfferPerson.shown_at.is_not(None))
    mine = (Offer.account_id == account_id, Offer.status == "open", Offer.plan_key == plan_key)
    for offer in db.session.scalars(query.where(*seen, *mine).order_by(Offer.id)):
        click(offer, person_id)


def settle(account_id: int, *, is_paid: bool) -> None:
    """The account has another plan, so that what was offered before is over. is_paid: it is one that is paid for:
    that accepts the offers of a plan."""
    rows = update(Offer).where(Offer.account_id == account_id, Offer.status == "open")
    status = case((Offer.plan_key != "", "accepted"), else_="over") if is_paid else "over"
    db.session.execute(rows.values(status=status, closed_at=now()))


def _mine(offer: Offer, person_id: int) -> OfferPerson:
    blank = {"offer_id": offer.id, "person_id": person_id, "times": 0}
    db.session.execute(insert(OfferPerson).values(blank).on_conflict_do_nothing())
    return db.session.get_one(OfferPerson, (offer.id, person_id), populate_existing=True)


def _record(name: str, offer: Offer, person_id: int) -> None:
    properties = {"offer": offer.key or offer.public_id, "feature": offer.feature, "reason": offer.reason}
    log.record(
        name,
        person_id=person_id,
        account_id=offer.account_id,
        properties=properties | {"variant": offer.variant},
    )
