"""What steps earn: points, and days of the account's trial. The ledger follows what is done and what is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, update

from onboarding_flows import event_names, flows
from onboarding_flows.enrolled import Enrolled, Held, Place, hold
from onboarding_flows.models import FlowEnrolment, FlowReward, StepCompletion
from onboarding_flows.step_definition import Reward
from onboarding_flows.telling import Telling
from plg.accounts import memberships
from plg.accounts.models import Account
from plg.capture.trust import is_believed
from plg.events import log
from plg.events.log import NewEvent
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.trials import deeds
from plg.trials.deeds import Deed

NO_ACCOUNT: Final = "no_account"
NOT_BELIEVED: Final = "not_believed"
SHOWN: Final = 100


def follow(enrolled: Sequence[Enrolled]) -> None:
    """Give what done steps earn and have not earned, and take back what steps earned that are done no more.

    In parallel or repeated each step earns once: whoever gives holds the enrolment."""
    flows.versions_of([each.version_id for each in enrolled])
    concerned = {each.id for each in enrolled if each.flow.rewards} | {
        place.enrolment_id for place in in_force([each.id for each in enrolled])
    }
    if not concerned:
        return
    held = hold(concerned)
    given = in_force(held)
    _give(held, given)
    _take_back(held, given)


def in_force(enrolment_ids: Collection[int]) -> dict[Place, FlowReward]:
    """What steps earned that was not taken back."""
    query = select(FlowReward).where(
        FlowReward.enrolment_id.in_(enrolment_ids), FlowReward.reversed_at.is_(None)
    )
    rows = db.session.scalars(query.execution_options(populate_existing=True)) if enrolment_ids else ()
    return {Place(row.enrolment_id, row.step_key): row for row in rows}


def _give(held: Mapping[int, Held], given: Mapping[Place, FlowReward]) -> None:
    due = {
        Place(i, key): reward
        for i, each in held.items()
        for key, reward in each.enrolled.flow.rewards.items()
        if key in each.done and Place(i, key) not in given
    }
    if not due:
        return
    causes, moment = _causes({place.enrolment_id for place in due}), now()
    new = [
        {
            **place._asdict(),
            "person_id": causes[place].person_id,
            "account_id": causes[place].account_id,
            "points": reward.points,
            "trial_days": 0,
            "given_at": moment,
        }
        for place, reward in due.items()
    ]
    db.session.execute(insert(FlowReward), new)
    standing = in_force({place.enrolment_id for place in due})
    rows = {place: standing[place] for place in due}
    asked = {place: row for place, row in rows.items() if due[place].trial_days}
    _give_days(held, asked, causes)
    _tell(held, rows, event_names.POINTS_EARNED)


class _Cause:
    """What did a step: who, in which account, and whether it is believed."""

    def __init__(self, row: Any, homes: Mapping[int, int]) -> None:
        self.person_id: int | None = row.person_id
        home = homes.get(row.person_id) if row.owner is None and row.account_id is None else None
        self.account_id: int | None = row.owner or row.account_id or home
        self.event_id: str | None = row.event_id
        self.is_believed = row.event_id is None or (row.source is not None and is_believed(row))


def _causes(enrolment_ids: Collection[int]) -> dict[Place, _Cause]:
    query = (
        select(
            StepCompletion.enrolment_id,
            StepCompletion.step_key,
            StepCompletion.person_id,
            StepCompletion.event_id,
            FlowEnrolment.account_id.label("owner"),
            Event.account_id,
            Event.source,
            Event.context,
        )
        .join(FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id)
        .outerjoin(Event, Event.id == StepCompletion.event_id)
        .where(StepCompletion.enrolment_id.in_(enrolment_ids), ~StepCompletion.skipped)
    )
    rows = db.session.execute(query).all()
    homes = memberships.only_account({row.person_id for row in rows if row.person_id is not None})
    return {Place(row.enrolment_id, row.step_key): _Cause(row, homes) for row in rows}


def _give_days(
    held: Mapping[int, Held], rows: Mapping[Place, FlowReward], causes: Mapping[Place, _Cause]
) -> None:
    """Under the cap of the account's trial. What only a browser says earns none, as in the trial's own rule."""
    account_ids = {row.account_id for row in rows.values()}
    known = select(Account.id, Account.locale).where(Account.id.in_(account_ids))
    languages = dict(db.session.execute(known).all()) if rows else {}
    wanted: dict[str, tuple[FlowReward, Deed]] = {}
    changes: list[dict[str, Any]] = []
    for place, row in rows.items():
        cause, flow = causes[place], held[place.enrolment_id].flow
        if row.account_id is None or not cause.is_believed:
            why = NO_ACCOUNT if row.account_id is None else NOT_BELIEVED
            changes.append({"id": row.id, "trial_days": 0, "no_days": why})
            continue
        step = flow.steps[place.step_key]
        at, days = held[place.enrolment_id].done[place.step_key], flow.rewards[place.step_key].trial_days
        name = step.title.text((languages.get(row.account_id) or "en")[:2])
        wanted[_name(row)] = (row, Deed(row.account_id, _name(row), days, name, at, cause.event_id))
    changes += [
        {"id": wanted[name][0].id, "trial_days": earned.days, "no_days": earned.less}
        for name, earned in deeds.earn([deed for _, deed in wanted.values()]).items()
    ]
    if changes:
        db.session.execute(update(FlowReward), changes)


def _take_back(held: Mapping[int, Held], given: Mapping[Place, FlowReward]) -> None:
    moment = now()
    gone = {
        place: row
        for place, row in given.items()
        if place.enrolment_id in held and place.step_key not in held[place.enrolment_id].done
    }
    for row in gone.values():
        row.reversed_at = moment
    if gone:
        db.session.flush()
        deeds.take_back({_name(row): row.account_id for row in gone.values() if row.account_id is not None})
        _tell(held, gone, event_names.POINTS_TAKEN_BACK)


def _name(row: FlowReward) -> str:
    """By which a trial's ledger knows what was earned here."""
    return f"flow:{row.id}"


def _tell(held: Mapping[int, Held], rows: Mapping[Place, FlowReward], name: str) -> None:
    totals: dict[int, int] = {}
    for place, row in in_force({place.enrolment_id for place in rows}).items():
        totals[place.enrolment_id] = totals.get(place.enrolment_id, 0) + row.points
    told: list[NewEvent] = []
    for place, row in rows.items():
        if row.points:
            telling = Telling(held[place.enrolment_id].enrolled, row.person_id, row.account_id)
            facts = {"step": place.step_key, "points": row.points, "total": totals.get(place.enrolment_id, 0)}
            told += telling.told(name, facts, now())
    log.store(told)


def told(reward: Reward | None, row: FlowReward | None) -> dict[str, Any] | None:
    """What a step earns, and what it earned."""
    if reward is None:
        return None
    return {
        **reward.model_dump(),
        "given_points": row.points if row else 0,
        "given_days": row.trial_days if row else 0,
        "given_at": row.given_at if row else None,
        "no_days": row.no_days if row else None,
    }


def points_of_enrolment() -> ColumnElement[int | None]:
    """The points of an enrolment, for queries that read enrolments."""
    earned = select(func.sum(FlowReward.points)).where(
        FlowReward.enrolment_id == FlowEnrolment.id, FlowReward.reversed_at.is_(None)
    )
    return earned.scalar_subquery()


def of(person_id: int | None, account_id: int | None) -> dict[str, Any]:
    """What a person earned, or an account, or a person in an account: the sums and the last of it."""
    theirs = [
        column == value
        for column, value in ((FlowReward.person_id, person_id), (FlowReward.account_id, account_id))
        if value is not None
    ]
    sums = select(func.sum(FlowReward.points), func.sum(FlowReward.trial_days))
    points, days = db.session.execute(sums.where(*theirs, FlowReward.reversed_at.is_(None))).one()
    last = select(FlowReward, FlowEnrolment.flow_key).join(
        FlowEnrolment, FlowEnrolment.id == FlowReward.enrolment_id
    )
    rows = db.session.execute(last.where(*theirs).order_by(FlowReward.id.desc()).limit(SHOWN))
    names = ("points", "trial_days", "given_at", "reversed_at")
    data = [
        {"flow": key, "step": row.step_key} | {name: getattr(row, name) for name in names}
        for row, key in rows
    ]
    return {"points": points or 0, "trial_days": days or 0, "data": data}


def pour(gone_id: int, into_id: int, moment: dt.datetime) -> None:
    """Two enrolments become one: what both earned is earned once."""
    kept = {place.step_key for place in in_force([into_id])}
    double = {place: row for place, row in in_force([gone_id]).items() if place.step_key in kept}
    for row in double.values():
        row.reversed_at = moment
    db.session.flush()
    deeds.take_back({_name(row): row.account_id for row in double.values() if row.account_id is not None})
    for row in db.session.scalars(select(FlowReward).where(FlowReward.enrolment_id == gone_id)):
        row.enrolment_id = into_id
    db.session.flush()
