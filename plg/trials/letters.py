"""Mails about a trial's end: to its owners, by what the account did. Written while nothing is held, then posted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from flask import current_app
from sqlalchemy import select

from plg.accounts.models import Account, Membership
from plg.events.models import Event
from plg.kit.clock import zone
from plg.kit.db import db, end_transaction, reading
from plg.messaging import mail
from plg.people.models import Person
from plg.plans import catalogue, seats
from plg.plans.catalogue import Plan, texts
from plg.plans.trial_rules import Reminder, TrialRule
from plg.trials import cases, reminders, states
from plg.trials.models import Trial

QUIET = dt.timedelta(days=7)
"""An account in which nobody did anything for so long is idle."""
LOCALES = ("es", "en")


@dataclass(frozen=True)
class Occasion:
    """A trial of which a mail is due, as it was read."""

    trial: Trial
    account: Account
    rule: TrialRule
    days: int

    @property
    def calendar(self) -> dt.tzinfo:
        return zone(self.account.timezone)


@dataclass(frozen=True)
class Deeds:
    """What the accounts did: those that were activated, and those in which somebody did something lately."""

    activated: Collection[int]
    active: Collection[int]

    def fit(self, reminder: Reminder, account_id: int) -> bool:
        return {
            "always": True,
            "activated": account_id in self.activated,
            "not_activated": account_id not in self.activated,
            "active": account_id in self.active,
            "idle": account_id not in self.active,
        }[reminder.when]


def send_due(moment: dt.datetime, limit: int) -> int:
    """Post the mails of at most `limit` trials that are due; returns how many trials. A trial whose end moved
    between the writing and the posting is left for the next time."""
    with reading():
        occasions = _due(moment, limit)
        written = {one.trial.id: (one.trial.ends_at, mails) for one, mails in _written(occasions, moment)}
        accounts = [one.account.id for one in occasions]
        end_transaction()
    posted = 0
    outbox: list[dict[str, Any]] = []
    for case in cases.take(accounts, skip_locked=True, which=Trial.remind_at <= moment):
        ends_at, mails = written.get(case.trial.id, (None, []))
        if ends_at is not None and ends_at == case.trial.ends_at:
            outbox += mails
            _tick_off(case, moment)
            posted += 1
    db.session.flush()
    mail.post(outbox)
    return posted


def _due(moment: dt.datetime, limit: int) -> list[Occasion]:
    query = select(Trial, Account).join(Account, Account.id == Trial.account_id)
    query = query.where(Trial.remind_at <= moment).order_by(Trial.remind_at).limit(limit)
    rules = catalogue.trial_rules()
    found = []
    for trial, account in db.session.execute(query):
        rule = rules[trial.rule_id]
        due = [o for o in reminders.occasions(trial, rule, zone(account.timezone)) if o.at <= moment]
        found.append(Occasion(trial, account, rule, due[-1].days if due else -1))
    return found


def _written(
    occasions: Sequence[Occasion], moment: dt.datetime
) -> list[tuple[Occasion, list[dict[str, Any]]]]:
    account_ids = [one.account.id for one in occasions]
    deeds = Deeds(cases.activated(account_ids), _active(account_ids, moment - QUIET))
    owners = _owners(account_ids)
    plans = catalogue.published().plans
    return [(one, _mails(one, deeds, owners.get(one.account.id, []), plans)) for one in occasions]


def _active(account_ids: Sequence[int], since: dt.datetime) -> set[int]:
    query = select(Event.account_id).where(Event.account_id.in_(account_ids), Event.occurred_at > since)
    query = query.where(Event.person_id.is_not(None), Event.source != "import").distinct()
    return set(db.session.scalars(query))


def _owners(account_ids: Sequence[int]) -> dict[int, list[Person]]:
    query = select(Membership.account_id, Person).join(Person, Person.id == Membership.person_id)
    query = query.where(Membership.account_id.in_(account_ids), Membership.role == "owner")
    found: dict[int, list[Person]] = {}
    for account_id, person in db.session.execute(query.order_by(Membership.id)):
        if person.email:
            found.setdefault(account_id, []).append(person)
    return found


def _mails(
    one: Occasion, deeds: Deeds, owners: Sequence[Person], plans: dict[str, Any] | Any
) -> list[dict[str, Any]]:
    fitting = [r for r in one.rule.reminders if r.days == one.days and deeds.fit(r, one.account.id)]
    if not fitting or one.trial.ends_at is None:
        return []
    mails = []
    for person in owners:
        locale = _locale(person, one.account)
        context = {**_context(one, locale, plans), "name": person.name, "mood": fitting[0].when}
        id = f"trial:{one.trial.id}:{one.days}:{one.trial.ends_at.isoformat()}:{person.id}"
        mails.append(
            mail.write(person.email or "", _template(one), locale, context, id=id, person_id=person.id)
        )
    return mails


def _template(one: Occasion) -> str:
    if one.days == 0:
        return "trial-over"
    return "trial-charge" if _charges(one) else "trial-ends"


def _charges(one: Occasion) -> bool:
    return one.rule.continues_as is not None and one.trial.card is not None and one.trial.stays


def _locale(person: Person, account: Account) -> str:
    default: str = current_app.extensions["plg.settings"].default_locale
    return next((code for code in (person.locale, account.locale) if code in LOCALES), default) or default


def _context(one: Occasion, locale: str, plans: Any) -> dict[str, Any]:
    """What the templates `trial-ends`, `trial-charge` and `trial-over` ask for."""

    def named(key: str | None) -> str:
        plan = plans.get(key or "")
        return texts(plan.name, locale, plan.key) if plan else key or ""

    onward = one.rule.continues_as
    ends_at = one.trial.ends_at or one.trial.requested_at
    return {
        "account": one.account.name,
        "days": one.days,
        "date": format_date(ends_at.astimezone(one.calendar), "long", locale=locale),
        "plan": named(one.trial.plan_key),
        "after": named(one.rule.at_end),
        "end": one.rule.end,
        "grace": one.rule.grace if one.trial.status == states.GRACE else 0,
        "onward": named(onward.plan) if onward else "",
        "price": _price(one.account, plans.get(onward.plan), onward.interval, locale) if onward else "",
        "interval": onward.interval if onward else "",
        "card": one.trial.card or "",
        "url": f"{current_app.extensions['plg.settings'].public_url}/workspace/trial",
    }


def _price(account: Account, plan: Plan | None, interval: str, locale: str) -> str:
    price = plan.price(account.currency, interval) if plan else None
    if plan is None or price is None:
        return ""
    code, amount = price.currency.upper(), seats.first(account.id, plan, price).amount
    return format_currency(Decimal(amount).scaleb(-get_currency_precision(code)), code, locale=locale)


def _tick_off(case: cases.Case, moment: dt.datetime) -> None:
    trial = case.trial
    due = [one for one in reminders.occasions(trial, case.rule, case.calendar) if one.at <= moment]
    told = trial.ends_at.isoformat() if trial.ends_at else ""
    trial.reminded = {**trial.reminded, **{str(one.days): told for one in due}}
    trial.remind_at = reminders.next_at(trial, case.rule, case.calendar)
