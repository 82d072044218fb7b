"""What the widget shows of an account's trial, usage and offer: one query for all three."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, literal, literal_column, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from plg.accounts.models import Account
from plg.attention import budget, held_back
from plg.attention.held_back import Kept
from plg.attention.models import Appearance, HeldBack
from plg.kit.caller import Caller
from plg.kit.clock import now, zone
from plg.kit.db import db, writing
from plg.offers import showing, standing
from plg.offers.models import Offer, OfferExposure, OfferPerson
from plg.offers.standing import Candidate, Choice
from plg.trials.models import Trial
from plg.trials.schemas import TrialOut
from plg.upgrades import offer_shown
from plg.upgrades.models import UpgradeRequest
from plg.upgrades.offer_shown import Reader
from plg.upgrades.texts import trial_text, usage_text
from plg.usage import entitlements, reading

_OPEN: Any = literal_column("'open'")
"""A literal: where a bound value chooses a partial index, SQLite plans the statement anew at each run."""


def widget_state(caller: Caller, locale: str) -> dict[str, Any]:
    if caller.account_id is None:
        return {"trial": None, "usage": [], "offer": None}
    rows = _rows(caller.account_id, caller.person_id)
    found = entitlements.from_rows(rows, locale)
    trial, requested = rows[0].Trial, rows[0].requested is not None
    metered = [e for e in found.by_feature.values() if e.type == "metered"]
    state: dict[str, Any] = {
        "trial": _trial(trial, rows[0].timezone, locale),
        "usage": [e.to_json() | {"text": usage_text(e, locale)} for e in metered],
    }
    return state | _coming_up(rows, Reader(found, caller, requested, locale, rows[0].currency))


def _coming_up(rows: Sequence[Any], reader: Reader) -> dict[str, Any]:
    """The offers that come up: one as the card, one as a prompt. Offers ask the budget of attention before
    anything else does; on the hosted pages, where one came by oneself, there is none.

    The widget draws what it is given, so that from now on the person has seen it; what is held back is kept with its
    reason. Last of all, for what was read before is over with that."""
    caller, at = reader.caller, now()
    by_offer = {row.Offer.id: row for row in rows if row.Offer is not None}
    drawn = {id: offer_shown.drawn(row.Offer, reader) for id, row in by_offer.items()}
    found = [_candidate(row) for id, row in by_offer.items() if drawn[id] is not None]
    asks = caller.kind == "user" and caller.person_id is not None
    spent = budget.of_request(rows[0], caller.person_id) if asks and caller.person_id is not None else None
    choice = standing.choose(found, spent, at)
    if spent is not None and caller.person_id is not None:
        _note(choice, caller.person_id, at)
        _keep(choice, by_offer.values(), caller, at)
        spent.promised.difference_update(each.source for each in choice.shown)
    return offer_shown.placed([drawn[each.made.id] for each in choice.shown])


def _candidate(row: Any) -> Candidate:
    return Candidate(row.Offer, row.OfferPerson, bool(row.was_shown), bool(row.was_met))


def _note(choice: Choice, person_id: int, at: dt.datetime) -> None:
    """Nobody is kept from reading by a database that cannot take it now."""
    shown = [each for each in choice.shown if standing.is_new_showing(each, at)]
    met = [each for each in choice.met if not each.was_met]
    if not shown and not met:
        return
    try:
        with writing():
            for each in shown:
                showing.show(each, person_id=person_id, at=at)
            showing.meet(met, person_id=person_id, at=at)
            db.session.commit()
    except OperationalError:
        db.session.rollback()


def _keep(choice: Choice, rows: Iterable[Any], caller: Caller, at: dt.datetime) -> None:
    kept = {
        standing.source_of(row.Offer.public_id): Kept(row.held_reason, row.held_at)
        for row in rows
        if row.held_at is not None
    }
    assert caller.person_id is not None
    held_back.keep(choice.held, kept, person_id=caller.person_id, account_id=caller.account_id, at=at)


def _rows(account_id: int, person_id: int | None) -> Any:
    asked = {**reading.parameters(account_id), "person_id": person_id, **budget.parameters(now())}
    return db.session.execute(_query(), asked).all()


@functools.cache
def _query() -> Any:
    """Built once: putting it together costs more than running it."""
    person = bindparam("person_id", type_=BigInteger)
    its_source = literal(standing.source_of("")) + Offer.public_id
    met = exists().where(OfferExposure.account_id == Offer.account_id, OfferExposure.key == Offer.key)
    seen = exists().where(Appearance.person_id == person, Appearance.source == its_source)
    query: Any = select(
        *reading.columns(),
        Trial,
        Offer,
        OfferPerson,
        met.label("was_met"),
        func.lower(Account.traits["currency"].as_string()).label("currency"),
        UpgradeRequest.id.label("requested"),
        seen.label("was_shown"),
        HeldBack.reason.label("held_reason"),
        HeldBack.last_at.label("held_at"),
        *budget.columns(person, bindparam("account_id", type_=BigInteger)),
    )
    query = reading.source(query)
    other = aliased(Trial)
    newest = select(func.max(other.id)).where(other.account_id == Account.id).scalar_subquery()
    query = query.outerjoin(Trial, Trial.id == newest)
    query = query.outerjoin(Offer, (Offer.account_id == Account.id) & (Offer.status == _OPEN))
    query = query.outerjoin(
        OfferPerson, (OfferPerson.offer_id == Offer.id) & (OfferPerson.person_id == person)
    )
    query = query.outerjoin(HeldBack, (HeldBack.person_id == person) & (HeldBack.source == its_source))
    mine = UpgradeRequest.person_id == person
    open_mine = (UpgradeRequest.account_id == Account.id) & mine & (UpgradeRequest.status == _OPEN)
    return query.outerjoin(UpgradeRequest, open_mine)


def _trial(trial: Trial | None, timezone: str, locale: str) -> dict[str, Any] | None:
    if trial is None:
        return None
    shown = TrialOut.of(trial, now(), zone(timezone))
    text = trial_text(shown.status, shown.days_left, locale)
    return shown.model_dump(mode="json", include={"status", "days_left", "ends_at"}) | {"text": text}
