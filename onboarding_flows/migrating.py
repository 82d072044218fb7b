"""The move itself, a batch at a time: everybody's steps go to the new version, then the log is read for them.

A batch is moved in one transaction and its past is read in the next one, so that an event which arrives between the
two is found by the one or by the other. A crash loses nothing: the row of the migration says how far it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from sqlalchemy import case, delete, func, select, update

from onboarding_flows import by_rule, event_names, moving, progress
from onboarding_flows.enrolled import COLUMNS, Done, Enrolled, Held, hold
from onboarding_flows.models import CountedEvent, FlowEnrolment, FlowMigration, FlowReward, StepCompletion
from onboarding_flows.moving import Move
from onboarding_flows.telling import Telling
from plg.events import log
from plg.events.log import NewEvent
from plg.kit.db import db

BATCH = 200
V = TypeVar("V")


def continue_one(moment: dt.datetime) -> int:
    """One batch of the oldest migration that is under way; returns how many enrolments were handled, at least 1
    while there is more to do."""
    open_ones = select(FlowMigration).where(FlowMigration.finished_at.is_(None)).order_by(FlowMigration.id)
    row = db.session.scalar(open_ones.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return 0
    return _catch_up(row) or _move_next(row, moment) or _end(row, moment)


def _catch_up(row: FlowMigration) -> int:
    """Read the past of those who were moved."""
    if row.caught_up_to >= row.moved_to:
        return 0
    moved = select(*COLUMNS).where(
        FlowEnrolment.version_id == row.to_version_id,
        FlowEnrolment.id > row.caught_up_to,
        FlowEnrolment.id <= row.moved_to,
    )
    found = [Enrolled(*each) for each in db.session.execute(moved.order_by(FlowEnrolment.id).limit(BATCH))]
    progress.catch_up(found)
    row.caught_up_to = found[-1].id if len(found) == BATCH else row.moved_to
    return max(1, len(found))


def _move_next(row: FlowMigration, moment: dt.datetime) -> int:
    waiting = select(FlowEnrolment.id).where(
        FlowEnrolment.version_id == row.from_version_id, FlowEnrolment.id > row.moved_to
    )
    ids = list(db.session.scalars(waiting.order_by(FlowEnrolment.id).limit(BATCH)))
    if not ids:
        return 0
    held = {i: each for i, each in hold(ids).items() if each.enrolled.version_id == row.from_version_id}
    move, arms = moving.move_of(row), {each.enrolled.variant for each in held.values()}
    for arm in arms:
        theirs = {i: each for i, each in held.items() if each.enrolled.variant == arm}
        _carry(theirs, move.in_arm(arm), row, moment)
    row.moved_to, row.moved = ids[-1], row.moved + len(held)
    return len(ids)


def _end(row: FlowMigration, moment: dt.datetime) -> int:
    left = select(func.min(FlowEnrolment.id)).where(FlowEnrolment.version_id == row.from_version_id)
    if (
        first := db.session.scalar(left)
    ) is not None:  # begun by a transaction that was slower than all of this
        row.moved_to = row.caught_up_to = first - 1
        return 1
    move = moving.move_of(row)
    facts = {"flow": row.flow_key, "version": move.new.version, "from_version": move.old.version}
    log.record(
        event_names.MIGRATED,
        id=f"onboarding-migrated:{row.id}",
        properties=facts | {"moved": row.moved, "by": row.started_by},
    )
    row.finished_at = moment
    return 1


def _carry(held: Mapping[int, Held], move: Move, row: FlowMigration, moment: dt.datetime) -> None:
    """Give these enrolments the new version, with what they have done."""
    _rename_rows(held.keys(), move)
    # Counted again from the log: the step may ask for another event now.
    db.session.execute(delete(CountedEvent).where(CountedEvent.enrolment_id.in_(held)))
    owners = {i: each.enrolled.account_id or each.enrolled.person_id or 0 for i, each in held.items()}
    revealed = by_rule.revealed(move.new, owners.values(), moment)
    after = {i: _after(each, move, revealed[owners[i]]) for i, each in held.items()}
    changes = [
        {name: getattr(each.enrolled, name) for name in ("id", "version_id", "variant", "completed_at")}
        | {name: getattr(each.enrolled, name) for name in ("reopened", "counts_from", "revealed")}
        for each in after.values()
    ]
    if changes:
        db.session.execute(update(FlowEnrolment), changes)
    told = [event for each in after.values() for event in _told(each.enrolled, row, move, moment)]
    ends = [Done(i, "", moment, each.enrolled.person_id) for i, each in after.items()]
    log.store(told + progress.finish(after, ends))


def _rename_rows(enrolment_ids: Collection[int], move: Move) -> None:
    """In two steps over keys that no flow has, so that two steps can change places."""
    theirs = StepCompletion.enrolment_id.in_(enrolment_ids)
    if move.forgotten:
        gone = StepCompletion.step_key.in_(move.forgotten)
        db.session.execute(delete(StepCompletion).where(theirs, gone))
    earned = FlowReward.enrolment_id.in_(enrolment_ids) & FlowReward.reversed_at.is_(None)
    on_the_way = {key: f"~{number}" for number, key in enumerate(move.renamed)}
    for names in (on_the_way, {way: move.renamed[key] for key, way in on_the_way.items()}):
        if names:
            new_key = case(names, value=StepCompletion.step_key)
            which = StepCompletion.step_key.in_(names)
            db.session.execute(update(StepCompletion).where(theirs, which).values(step_key=new_key))
            rewarded = update(FlowReward).where(earned, FlowReward.step_key.in_(names))
            db.session.execute(rewarded.values(step_key=case(names, value=FlowReward.step_key)))


def _after(held: Held, move: Move, revealed: Mapping[str, str]) -> Held:
    """The enrolment as it is on the new version. revealed: the steps that are there for its owner by now."""
    old = held.enrolled
    there = {**revealed, **_renamed(old.revealed, move)}
    moved = old._replace(
        version_id=move.new.id,
        variant=move.new.variant,
        counts_from=_renamed(old.counts_from, move),
        revealed=there,
    )
    after = Held(moved, _renamed(held.done, move), _renamed(held.skipped, move))
    finished = progress.finished_at(after) is not None
    if (old.completed_at is not None and not finished) or move.forgotten & held.settled.keys():
        still = old.completed_at if finished else None
        after.enrolled = moved._replace(completed_at=still, reopened=moved.reopened + 1)
    return after


def _renamed(by_step: Mapping[str, V], move: Move) -> dict[str, V]:
    left = {key: value for key, value in by_step.items() if key not in move.forgotten | move.renamed.keys()}
    return left | {into: by_step[key] for key, into in move.renamed.items() if key in by_step}


def _told(enrolled: Enrolled, row: FlowMigration, move: Move, moment: dt.datetime) -> list[NewEvent]:
    facts: dict[str, Any] = {"from_version": move.old.version, "by": row.started_by}
    return Telling(enrolled, enrolled.person_id, enrolled.account_id).moved(row.id, facts, moment)
