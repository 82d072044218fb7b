"""Two records turned out to be one person: their flows become the survivor's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, literal, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import Insert

from onboarding_flows import enrolments, progress, rewards
from onboarding_flows.enrolled import Done, Enrolled, hold
from onboarding_flows.models import (
    CountedEvent,
    FlowDismissal,
    FlowEnrolment,
    FlowReward,
    FlowShowing,
    StepCompletion,
)
from plg.events import log
from plg.events.stream import LoggedEvent
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.db import insert as insert_or_not


def on_merge(event: LoggedEvent) -> None:
    """Hand everything over, then let the log of both count for the one."""
    gone, into = event.properties["from_person_id"], event.properties["into_person_id"]
    theirs = {each.flow_key: each for each in enrolments.of_owners([], [into])}
    for each in enrolments.of_owners([], [gone]):
        if each.flow_key in theirs:
            _end_with(each, theirs[each.flow_key])
            _pour(each, theirs[each.flow_key])
        else:
            _move(FlowEnrolment.id == each.id, into)
    for table in (StepCompletion, CountedEvent, FlowReward):
        db.session.execute(update(table).where(table.person_id == gone).values(person_id=into))
    for seen in (FlowDismissal, FlowShowing):
        _move_what_was_seen(seen, gone, into)
    progress.catch_up(enrolments.of_owners([], [into]))
    held = hold([each.id for each in enrolments.of_owners([], [into])])
    log.store(progress.finish(held, [Done(each, "", now(), into) for each in held]))


def _move(which: ColumnElement[bool], into: int) -> None:
    db.session.execute(update(FlowEnrolment).where(which).values(person_id=into))


def _end_with(gone: Enrolled, into: Enrolled) -> None:
    """What came up by itself and was over for the one is over for the other; a checklist is over by its steps."""
    if gone.flow.flow.is_prompt and gone.completed_at is not None and into.completed_at is None:
        ended = update(FlowEnrolment).where(FlowEnrolment.id == into.id)
        db.session.execute(ended.values(completed_at=gone.completed_at))


def _pour(gone: Enrolled, into: Enrolled) -> None:
    """Both had begun the flow: what the one did is done in the other's, whose arm of an experiment is theirs from
    now on. Where both were in the same one, the person met it when either did."""
    gone_id, into_id = gone.id, into.id
    _keep_first_exposure(gone_id, into_id)
    names = [column.name for column in StepCompletion.__table__.c if column.name != "enrolment_id"]
    columns = [StepCompletion.__table__.c[name] for name in names]
    done = select(literal(into_id), *columns).where(StepCompletion.enrolment_id == gone_id)
    poured: Insert = insert_or_not(StepCompletion.__table__)
    poured = poured.from_select(["enrolment_id", *names], done)
    new = poured.excluded  # type: ignore[attr-defined]
    done_beats_skipped = {
        "index_elements": ["enrolment_id", "step_key"],
        "set_": {name: new[name] for name in names if name != "step_key"},
        "where": StepCompletion.__table__.c.skipped & ~new.skipped,
    }
    db.session.execute(poured.on_conflict_do_update(**done_beats_skipped))  # type: ignore[attr-defined]
    rewards.pour(gone_id, into_id, now())
    revealed = {"revealed": gone.revealed | into.revealed}
    db.session.execute(update(FlowEnrolment).where(FlowEnrolment.id == into_id).values(revealed))
    for table in (StepCompletion, CountedEvent):
        db.session.execute(delete(table).where(table.enrolment_id == gone_id))
    for table in (FlowDismissal, FlowShowing):
        theirs = update(table).where(table.enrolment_id == gone_id)
        db.session.execute(theirs.values(enrolment_id=into_id))
    db.session.execute(delete(FlowEnrolment).where(FlowEnrolment.id == gone_id))


def _keep_first_exposure(gone_id: int, into_id: int) -> None:
    each = aliased(FlowEnrolment)
    both, gone = each.id.in_([gone_id, into_id]), select(each.variant).where(each.id == gone_id)
    first = select(func.min(each.exposed_at)).where(both).scalar_subquery()
    same_arm = (FlowEnrolment.id == into_id, FlowEnrolment.variant == gone.scalar_subquery())
    db.session.execute(update(FlowEnrolment).where(*same_arm).values(exposed_at=first))


def _move_what_was_seen(table: type[FlowDismissal] | type[FlowShowing], gone: int, into: int) -> None:
    """Where both have a row, the survivor's stays."""
    have = select(table.enrolment_id).where(table.person_id == into)
    double = table.enrolment_id.in_(have.scalar_subquery())
    db.session.execute(delete(table).where(table.person_id == gone, double))
    db.session.execute(update(table).where(table.person_id == gone).values(person_id=into))
