"""Why a person sees an offer or not: every check with what it asks for and what was found."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from plg.accounts import accounts, memberships
from plg.accounts.memberships import NotAMember
from plg.accounts.models import Account
from plg.attention import budget, held_back, ledger
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.offers import arms, published, raising, standing
from plg.offers.definition import HOLDOUT, OfferNotFound
from plg.offers.models import Offer, OfferExposure, OfferPerson
from plg.offers.published import PublishedOffer
from plg.offers.standing import Candidate
from plg.people import people
from plg.people.models import Person
from plg.segments import segments


@dataclass(frozen=True)
class Asked:
    """Whose screen, which offer. live: its live version; made: what the account was made last."""

    person: Person
    account: Account
    key: str
    live: PublishedOffer | None
    made: Offer | None
    at: dt.datetime

    @property
    def version(self) -> PublishedOffer | None:
        """The version that counts: of what was made and is open, else the live one."""
        if self.made is not None and self.made.version_id is not None and self.made.status == "open":
            return published.version(self.made.version_id)
        return self.live


@dataclass(frozen=True)
class Check:
    """One thing that has to hold. holds: None where the offer asks nothing of the kind."""

    name: str
    holds: bool | None
    wanted: Any
    found: Any

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "holds": self.holds, "wanted": self.wanted, "found": self.found}


def explain(person_key: str, offer: str, account_key: str | None = None) -> dict[str, Any]:
    """offer: a key of `offers.yaml`, or the id of one that was made. Nothing is shown or counted by asking. Raises
    OfferNotFound, NotAMember, and the refusals of people and accounts that are not known."""
    asked = _asked(person_key, offer, account_key)
    checks = _checks(asked)
    missing = next((check for check in checks if check.holds is False), None)
    return {
        "offer": asked.key or offer,
        "person": asked.person.public_id,
        "account": asked.account.public_id,
        "shown": missing is None,
        "reason": None if missing is None else f"{missing.name}: {_said(missing.found)}",
        "version": _version_number(asked.made),
        "live_version": asked.live.version if asked.live else None,
        "made": _made(asked) if asked.made is not None else None,
        "event": _event(asked.made) if asked.made is not None else None,
        "checks": [check.to_json() for check in checks],
        "first_met_at": _met_at(asked),
    }


def _asked(person_key: str, offer: str, account_key: str | None) -> Asked:
    person = people.find(person_key)
    if account_key:
        account_id: int | None = accounts.find(account_key).id
    else:
        account_id = memberships.only_account([person.id]).get(person.id)
    if account_id is None or not _belongs(person.id, account_id):
        raise NotAMember("This person does not belong to the account, or not to one alone: name it.")
    made = _made_last(offer, account_id)
    key = made.key if made is not None else offer
    live = published.live().get(key)
    if made is None and live is None and key not in published.every_key():
        raise OfferNotFound(f"There is no offer {offer!r}.")
    return Asked(person, accounts.get(account_id), key, live, made, now())


def _belongs(person_id: int, account_id: int) -> bool:
    return memberships.role(account_id, person_id) is not None


def _made_last(offer: str, account_id: int) -> Offer | None:
    query = select(Offer).where(Offer.account_id == account_id)
    named = Offer.public_id == offer if offer.startswith("off_") else Offer.key == offer
    return db.session.scalar(query.where(named).order_by(Offer.id.desc()).limit(1))


def _checks(asked: Asked) -> list[Check]:
    """In the order in which they are asked: what raises it, for whom, and what keeps it back now."""
    version = asked.version
    found = [
        Check("live", asked.live is not None, "a live version", asked.live.version if asked.live else None)
    ]
    if asked.made is not None and asked.made.version_id is None:
        found = []  # A limit raised it by itself.
    if version is not None:
        found += [_running(version, asked), *_raised(version, asked), _arm(version, asked)]
    return [*found, *_now(asked)]


def _running(version: PublishedOffer, asked: Asked) -> Check:
    times = {"starts_at": version.offer.starts_at, "ends_at": version.offer.ends_at}
    return Check("running", raising.is_running(version, asked.at), times, asked.at.isoformat())


def _raised(version: PublishedOffer, asked: Asked) -> list[Check]:
    """The trigger and how often; the rules, with each value as it is now."""
    trigger, made = version.offer.trigger, asked.made
    status = made.status if made is not None else None
    found = [Check("trigger", status == "open", trigger.model_dump(exclude_unset=True), _of_made(made))]
    if status != "open":
        before = raising.made_before(version.key, asked.account.id)
        reason = raising.too_often(version, before, asked.at)
        wanted = version.offer.frequency.model_dump()
        found.append(Check("frequency", reason is None, wanted, reason or len(before)))
    for name, rule in (("rule", trigger.rule), ("audience", version.offer.audience_rule)):
        told = (
            segments.explain(rule, asked.person.id, asked.account.id, asked.at) if rule is not None else None
        )
        decided = _was_in_audience(asked) if status == "open" else None
        holds = decided if decided is not None else told and told["holds"]
        found.append(Check(name, None if told is None else bool(holds), told, told and told["holds"]))
    return found


def _was_in_audience(asked: Asked) -> bool | None:
    """Rules are asked when an offer is made: whom they held for then keeps it."""
    if asked.made is None or not asked.made.is_for_some:
        return None
    return db.session.get(OfferPerson, (asked.made.id, asked.person.id)) is not None


def _of_made(made: Offer | None) -> dict[str, Any] | None:
    return None if made is None else {"status": made.status, "event": made.event_id or None}


def _arm(version: PublishedOffer, asked: Asked) -> Check:
    offer = version.offer
    arm = asked.made.variant if asked.made is not None else None
    bucket = arms.bucket_of(version.key, asked.account.public_id)
    wanted = {"arms": offer.arms, "holdout": offer.holdout, "bucket": bucket}
    is_out = arm == HOLDOUT or (arm is None and bucket in offer.held_out)
    return Check("holdout", not is_out if offer.holdout else None, wanted, HOLDOUT if is_out else arm)


def _now(asked: Asked) -> list[Check]:
    """What the person did with it, the others that come first, and the budget of attention."""
    made = asked.made
    if made is None or made.status != "open":
        return []
    me = _candidate(made, asked)
    own = standing.own_reason(me, asked.at)
    found = [Check("person", own is None, "not put away, seen seldom enough", own or _mine(me.mine))]
    first = [each.made.key or each.made.public_id for each in _before(me, asked)]
    found.append(Check("priority", not first, me.order[1] * -1, {"comes_first": first}))
    spent = budget.of(asked.person.id, asked.account.id, asked.at)
    counts: dict[str, Any] = {f"{whose}_{span}": number for (whose, span), number in spent.shown.items()}
    counts["held_back"] = _held(me.source, asked.person.id)
    seen = not standing.is_new_showing(me, asked.at)
    reached = None if me.answers or seen else spent.reached()
    wanted = spent.limits.model_dump() | {"answers": me.answers, "seen": seen}
    return [*found, Check("attention", reached is None, wanted, counts | {"reached": reached})]


def _candidate(made: Offer, asked: Asked) -> Candidate:
    mine = db.session.get(OfferPerson, (made.id, asked.person.id))
    shown = ledger.was_shown(standing.source_of(made.public_id), person_id=asked.person.id)
    return Candidate(made, mine, shown, was_met=True)


def _before(me: Candidate, asked: Asked) -> list[Candidate]:
    """The open offers of the account that come up for this person before this one."""
    query = select(Offer).where(Offer.account_id == asked.account.id, Offer.status == "open")
    others = [_candidate(each, asked) for each in db.session.scalars(query) if each.id != me.made.id]
    rivals = [each for each in others if each.made.variant != HOLDOUT and each.channel in standing.IN_WIDGET]
    near = [each for each in rivals if each.place == me.place]
    return [each for each in near if each.order < me.order and standing.own_reason(each, asked.at) is None]


def _held(source: str, person_id: int) -> dict[str, Any] | None:
    row = held_back.find(source, person_id)
    return row and {
        "reason": row.reason,
        "first_at": row.first_at,
        "last_at": row.last_at,
        "times": row.times,
    }


def _made(asked: Asked) -> dict[str, Any]:
    made = asked.made
    assert made is not None
    told = {name: getattr(made, name) for name in ("status", "reason", "feature", "variant", "created_at")}
    times = {name: getattr(made, name) for name in ("ends_at", "closed_at")}
    mine = _mine(db.session.get(OfferPerson, (made.id, asked.person.id)))
    return {"id": made.public_id, "plan": made.plan_key or None} | told | times | {"person": mine}


def _mine(mine: OfferPerson | None) -> dict[str, Any] | None:
    names = ("times", "shown_at", "snoozed_until", "dismissed_at", "clicked_at")
    return None if mine is None else {name: getattr(mine, name) for name in names}


def _event(made: Offer) -> dict[str, Any] | None:
    event = db.session.scalar(select(Event).where(Event.id == made.event_id)) if made.event_id else None
    if event is None:
        return None
    told = {name: getattr(event, name) for name in ("id", "name", "occurred_at", "properties")}
    return told | {"source": event.source}


def _version_number(made: Offer | None) -> int | None:
    if made is None or made.version_id is None:
        return None
    return published.version(made.version_id).version


def _met_at(asked: Asked) -> dt.datetime | None:
    row = db.session.get(OfferExposure, (asked.account.id, asked.key))
    return row.exposed_at if row is not None else None


def _said(found: Any) -> str:
    return "" if found is None else str(found)[:200]
