"""Moving everybody on one version of a flow to the live one: what would change, and setting it going."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, select

from onboarding_flows import flows, lifecycle
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.models import FlowEnrolment, FlowMigration, StepCompletion
from plg.kit.clock import now
from plg.kit.db import db, lock
from plg.kit.db_expressions import json_at
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.kit.ids import new_id


class MappingFaulty(Unprocessable):
    """The mapping names steps that are not there, or would make one step of two."""


class VersionIsLive(Conflict):
    """Who is on the live version need not move."""


class MigrationRunning(Conflict):
    """The flow's people are on their way already, in another way."""


class MigrationNotFound(NotFound):
    pass


@dataclass(frozen=True)
class Move:
    """From one version to another. mapping: old key -> new key; null: what was done there is forgotten. Steps
    that it does not name go to the step of their own key. Who is in an arm that the new version has, too, stays in
    it; others have the new version as it is written, outside of its experiment: they have seen too much already."""

    old: PublishedFlow
    new: PublishedFlow
    mapping: Mapping[str, str | None]

    def in_arm(self, variant: str | None) -> Move:
        """The move of who is in that arm."""
        return Move(self.old.in_arm(variant), self.new.in_arm(variant), self.mapping)

    @property
    def arms(self) -> list[str | None]:
        """All that somebody on the old version may be in; None: in none."""
        return [None, *self.old.arms]

    @cached_property
    def kept(self) -> dict[str, str]:
        """Old key -> the key where what was done there counts on."""
        found = {key: self.mapping.get(key, key) for key in self.old.steps}
        return {
            key: into
            for key, into in found.items()
            if into is not None and (key in self.mapping or into in self.new.steps)
        }

    @cached_property
    def renamed(self) -> dict[str, str]:
        return {key: into for key, into in self.kept.items() if key != into}

    @cached_property
    def forgotten(self) -> set[str]:
        """Keys whose rows must not be taken for something else."""
        cleared = {key for key, into in self.mapping.items() if into is None}
        return cleared | {into for into in self.renamed.values() if into not in self.renamed}

    @cached_property
    def gained(self) -> list[str]:
        return [key for key in self.new.steps if key not in self.kept.values()]


def plan(key: str, from_version: int, mapping: Mapping[str, str | None]) -> Move:
    """The move from that version to the live one; MappingFaulty names every fault of the mapping."""
    move = Move(lifecycle.version_of(key, from_version), flows.find_live(key), dict(mapping))
    if move.old.id == move.new.id:
        raise VersionIsLive(f"Version {from_version} is the live one.")
    faults = [
        Fault(f"mapping.{k}", f"version {from_version} has no such step")
        for k in mapping
        if k not in move.old.steps_of_all_arms
    ]
    faults += [
        Fault(f"mapping.{k}", f"the live version has no step {into!r}")
        for k, into in mapping.items()
        if into is not None and into not in move.new.steps_of_all_arms
    ]
    faults += [Fault(f"mapping.{k}", f"another step goes to {into!r} already") for k, into in _double(move)]
    if faults:
        raise MappingFaulty("The mapping has faults.", errors=faults)
    return move


def _double(move: Move) -> dict[tuple[str, str], None]:
    """Each step that goes, in any arm, where another one goes, and where that is."""
    kept = [move.in_arm(arm).kept for arm in move.arms]
    return dict.fromkeys(each for arm in kept for each in arm.items() if [*arm.values()].count(each[1]) > 1)


def preview(move: Move) -> dict[str, Any]:
    """What the move would change, and for how many; three queries (one more for each arm of an experiment), and
    nothing is done. Steps that are gained
    count as open: only the move itself looks in the log whether they were done."""
    on_it = FlowEnrolment.version_id == move.old.id
    counted = select(StepCompletion.step_key, func.count()).join(
        FlowEnrolment, FlowEnrolment.id == StepCompletion.enrolment_id
    )
    done = dict(db.session.execute(counted.where(on_it).group_by(StepCompletion.step_key)).all())
    in_arms = [_completions(move.in_arm(arm), on_it & _is_in(arm)) for arm in move.arms]
    total, completed, becomes, stops = map(sum, zip(*in_arms, strict=True))
    return {
        "flow": move.new.key,
        "from_version": move.old.version,
        "to_version": move.new.version,
        "enrolments": total,
        "completed": completed,
        "would_be_completed": becomes,
        "would_be_uncompleted": stops,
        "steps": [
            *(_change(old, new, done.get(old, 0)) for old, new in _ways(move)),
            *(_change(None, key, 0) for key in _gained(move)),
        ],
    }


def _ways(move: Move) -> dict[tuple[str, str | None], None]:
    """Where each old step goes; the same in all arms but where they have other steps."""
    arms = [move.in_arm(arm) for arm in move.arms]
    return dict.fromkeys((key, arm.kept.get(key)) for arm in arms for key in arm.old.steps)


def _gained(move: Move) -> dict[str, None]:
    return dict.fromkeys(key for arm in move.arms for key in move.in_arm(arm).gained)


def _change(old: str | None, new: str | None, settled: int) -> dict[str, Any]:
    what = "gained" if old is None else "lost" if new is None else "kept" if old == new else "renamed"
    return {"what": what, "from_step": old, "to_step": new, "settled": settled}


def _is_in(arm: str | None) -> ColumnElement[bool]:
    return FlowEnrolment.variant == arm if arm is not None else FlowEnrolment.variant.is_(None)


def _completions(move: Move, on_it: ColumnElement[bool]) -> tuple[int, int, int, int]:
    """How many there are, are complete, would become so, would be so no more."""
    still_there = [key for key in move.gained if key not in move.old.steps and key not in move.forgotten]
    counts = (StepCompletion.enrolment_id == FlowEnrolment.id) & StepCompletion.step_key.in_(
        [*move.kept, *still_there]
    )
    settled = (
        select(FlowEnrolment.completed_at.is_not(None).label("was"), _all_settled(move).label("will_be"))
        .outerjoin(StepCompletion, counts)
        .where(on_it)
        .group_by(FlowEnrolment.id)
        .subquery()
    )
    rows = db.session.execute(
        select(settled.c.was, settled.c.will_be, func.count()).group_by(settled.c.was, settled.c.will_be)
    )
    found = {(bool(was), bool(will_be)): number for was, will_be, number in rows}
    was = sum(number for (complete, _), number in found.items() if complete)
    return sum(found.values()), was, found.get((False, True), 0), found.get((True, False), 0)


def _all_settled(move: Move) -> ColumnElement[bool]:
    """Whether none of the new steps would be open, of the settled steps that count, by enrolment. A step with a
    condition is open only where it was revealed, or is gained."""
    came_from = {into: key for key, into in move.kept.items()}
    conditional = [came_from[key] for key in move.new.by_condition if key in came_from]
    for_all = StepCompletion.step_key.is_not(None) & StepCompletion.step_key.not_in(conditional)
    enough = func.count(case((for_all, 1))) == len(move.new.steps) - len(conditional)
    fine = [
        (func.count(case((StepCompletion.step_key == key, 1))) > 0)
        | not_(json_at(FlowEnrolment.revealed, [key]).exists)
        for key in conditional
    ]
    return and_(enough, *fine)


def start(move: Move, *, by: str) -> FlowMigration:
    """Set the move going; the job does it. The same move that is under way already is returned."""
    lock(f"flow_migrations:{move.new.key}")
    row = running(move.new.key)
    if row is not None:
        same = (row.from_version_id, row.to_version_id, row.mapping)
        if same != (move.old.id, move.new.id, move.mapping):
            raise MigrationRunning("Another migration of this flow is under way.", migration=row.public_id)
        return row
    ends = {"from_version_id": move.old.id, "to_version_id": move.new.id, "mapping": dict(move.mapping)}
    on_it = select(func.count()).where(FlowEnrolment.version_id == move.old.id)
    row = FlowMigration(public_id=new_id("mig"), flow_key=move.new.key, **ends)
    row.total, row.started_at, row.started_by = db.session.scalar(on_it) or 0, now(), by
    db.session.add(row)
    db.session.flush()
    return row


def running(key: str) -> FlowMigration | None:
    """The flow's migration that is under way."""
    query = select(FlowMigration).where(FlowMigration.flow_key == key, FlowMigration.finished_at.is_(None))
    return db.session.scalar(query)


def find(key: str, public_id: str) -> FlowMigration:
    query = select(FlowMigration).where(FlowMigration.flow_key == key, FlowMigration.public_id == public_id)
    row = db.session.scalar(query)
    if row is None:
        raise MigrationNotFound(f"The flow {key!r} has no migration {public_id!r}.")
    return row


def move_of(row: FlowMigration) -> Move:
    return Move(flows.version(row.from_version_id), flows.version(row.to_version_id), row.mapping)


def shown(row: FlowMigration) -> dict[str, Any]:
    """How far it is."""
    move = move_of(row)
    return {
        "id": row.public_id,
        "flow": row.flow_key,
        "from_version": move.old.version,
        "to_version": move.new.version,
        "status": "running" if row.finished_at is None else "finished",
        "total": row.total,
        "moved": row.moved,
        "started_at": row.started_at,
        "started_by": row.started_by,
        "finished_at": row.finished_at,
    }
