"""What a trial was worth to an account: what it did, learned and saved, what each plan would cost at its own use, and
what stops. Plain JSON, so that a receipt stays as it was."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from flask import current_app
from sqlalchemy import func, select

from plg.accounts.models import Membership
from plg.events.models import Event
from plg.kit.db import db
from plg.kit.wing import Learning
from plg.plans import assignments, catalogue, quoting
from plg.plans.catalogue import Plan, Published
from plg.trials.models import Trial
from plg.upgrades import receipt_config
from plg.upgrades.receipt_config import Deed
from plg.usage import paywall
from plg.usage.amounts import Number, plain, tidy
from plg.usage.models import Counter

MONTH: Final = 30
"""Days of the month that a trial's use is reckoned up, or down, to."""
MOST_LEARNED: Final = 10

Facts = dict[str, Any]


def of_trial(trial: Trial, until: dt.datetime) -> Facts:
    """until: the trial's end, or now while it runs. Ten queries at most, however much was done."""
    since = trial.started_at or trial.requested_at
    use = _use(trial.account_id, since)
    deeds = receipt_config.live().deeds
    counts = _counts(trial.account_id, [deed.event for deed in deeds], since, until)
    published = catalogue.published()
    monthly = _monthly(use, since, until)
    return {
        "plan": trial.plan_key,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "did": _did(deeds, counts) if deeds else _metered(published, use),
        "saved": _saved(deeds, counts),
        "learned": _learned(trial.account_id, since),
        "use": [
            {"feature": key, "name": published.catalogue.features[key].name, "amount": plain(amount)}
            for key, amount in monthly.items()
        ],
        "prices": _prices(trial.account_id, published, monthly),
        "stops": _stops(trial, published),
        "access": assignments.current(trial.account_id).access,
    }


def _counts(
    account_id: int, names: Sequence[str], since: dt.datetime, until: dt.datetime
) -> Mapping[str, int]:
    if not names:
        return {}
    query = select(Event.name, func.count()).where(Event.account_id == account_id, Event.name.in_(names))
    query = query.where(Event.occurred_at >= since, Event.occurred_at <= until).group_by(Event.name)
    found: dict[str, int] = dict(db.session.execute(query).all())
    return found


def _did(deeds: Sequence[Deed], counts: Mapping[str, int]) -> list[Facts]:
    told = [{"name": deed.name, "count": counts.get(deed.event, 0)} for deed in deeds]
    return [each for each in told if each["count"]]


def _metered(published: Published, use: Mapping[str, Number]) -> list[Facts]:
    features = published.catalogue.features
    return [{"name": features[key].name, "count": plain(amount)} for key, amount in use.items() if amount]


def _saved(deeds: Sequence[Deed], counts: Mapping[str, int]) -> Facts:
    minutes = sum(deed.minutes * counts.get(deed.event, 0) for deed in deeds)
    money: Tally[str] = Tally()
    for deed in deeds:
        money[deed.currency] += deed.amount * counts.get(deed.event, 0)
    return {"minutes": minutes, "money": {code: amount for code, amount in money.items() if amount}}


def _learned(account_id: int, since: dt.datetime) -> list[Facts]:
    teachers: Sequence[Learning] = current_app.extensions["plg.learning"]
    found = [asdict(each) for teacher in teachers for each in teacher.learned(account_id, since)]
    return found[:MOST_LEARNED]


def _use(account_id: int, since: dt.datetime) -> dict[str, Number]:
    """What the meters read in the periods that the trial touched."""
    query = select(Counter.feature, Counter.used).where(Counter.account_id == account_id, Counter.part == "")
    query = query.where(Counter.ends_at.is_(None) | (Counter.ends_at > since))
    total: dict[str, Number] = {}
    known = catalogue.live().features
    for feature, used in db.session.execute(query.order_by(Counter.feature)):
        if feature in known:
            total[feature] = tidy(total.get(feature, 0) + used)
    return total


def _monthly(use: Mapping[str, Number], since: dt.datetime, until: dt.datetime) -> dict[str, Number]:
    """The same as of a month at this rate, rounded up: nobody is to pay more than they were told."""
    days = max((until - since) / dt.timedelta(days=1), 1.0)
    return {key: math.ceil(Decimal(amount) * MONTH / Decimal(days)) for key, amount in use.items()}


def _prices(account_id: int, published: Published, monthly: Mapping[str, Number]) -> list[Facts]:
    """What a month, or a year, of each plan would cost at this use; what does not fit into it is named."""
    seats = db.session.scalar(select(func.count()).where(Membership.account_id == account_id)) or 0
    currency = paywall.currency_of(account_id)
    return [_price(plan, published, currency, seats, monthly) for plan in published.paid_plans()]


def _price(
    plan: Plan, published: Published, currency: str | None, seats: int, monthly: Mapping[str, Number]
) -> Facts:
    price = plan.price(currency)
    assert price is not None
    used = {key: Decimal(amount) for key, amount in monthly.items()}
    amount = quoting.quote(plan, price.currency, price.interval, seats=seats, used=used)
    features = published.catalogue.features
    wanted = {**monthly, **{key: seats for key, each in features.items() if each.type == "seats"}}
    over = [features[key].name for key, number in wanted.items() if not _fits(plan, key, number)]
    told = {"plan": plan.key, "name": plan.name, "amount": amount}
    return told | {"currency": price.currency, "interval": price.interval, "over": over}


def _fits(plan: Plan, feature: str, wanted: Number) -> bool:
    limit, allowance = plan.limit(feature), plan.allowance(feature)
    return limit is None or wanted <= limit or (allowance is not None and allowance.soft)


def _stops(trial: Trial, published: Published) -> list[Facts]:
    """What the plan after the trial gives less of; None is as much as wanted."""
    during = published.plans.get(trial.plan_key)
    if during is None:
        return []
    rule = catalogue.trial_rules()[trial.rule_id]
    after = published.plans.get(rule.at_end or "", during if rule.end != "plan" else published.default_plan())
    found = []
    for key, feature in published.catalogue.features.items():
        had, has = during.limit(key), after.limit(key)
        if has is not None and (had is None or had > has):
            told = {"name": feature.name, "type": feature.type}
            found.append(told | {"had": had, "has": has})
    return found


def is_worth_telling(facts: Facts) -> bool:
    """Whether there is anything that was done or learned."""
    return bool(facts["did"] or facts["learned"])
