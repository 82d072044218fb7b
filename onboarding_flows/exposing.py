"""Exposures: who meets an experiment is noted once, at the moment that they are first shown the flow, or first would
have been. Only from then on can it have made a difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select, update

from onboarding_flows.enrolled import COLUMNS, Enrolled
from onboarding_flows.enrolments import Actor
from onboarding_flows.models import FlowEnrolment
from plg.events import log, names
from plg.events.log import NewEvent
from plg.kit.db import db


def expose(enrolment_ids: Collection[int], *, to: Actor, at: dt.datetime) -> None:
    """Note that this person meets those of these flows that are part of an experiment and that nobody of the owner
    has met before. In parallel, or repeated, each is noted once."""
    new = select(FlowEnrolment.id).where(
        FlowEnrolment.id.in_(enrolment_ids),
        FlowEnrolment.variant.is_not(None),
        FlowEnrolment.exposed_at.is_(None),
    )
    ids = list(db.session.scalars(new.order_by(FlowEnrolment.id).with_for_update()))
    if not ids:
        return
    noted = update(FlowEnrolment).where(FlowEnrolment.id.in_(ids)).values(exposed_at=at).returning(*COLUMNS)
    log.store([_exposure(Enrolled(*row), to, at) for row in db.session.execute(noted)])


def _exposure(enrolled: Enrolled, to: Actor, at: dt.datetime) -> NewEvent:
    flow = enrolled.flow
    facts = {"experiment": f"flow:{flow.key}", "variant": enrolled.variant}
    return log.own(
        names.EXPERIMENT_EXPOSED,
        id=f"experiment-exposed:flow:{enrolled.id}",
        person_id=to.person_id,
        account_id=to.account_id,
        properties=facts | {"flow": flow.key, "version": flow.version},
        occurred_at=at,
    )
