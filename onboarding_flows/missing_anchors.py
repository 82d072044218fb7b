"""What steps of tours point at and was not found: browsers tell, staff are warned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select

from onboarding_flows import event_names
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.models import MAX_PATH, MissingAnchor
from onboarding_flows.prompt_definition import TourStep
from onboarding_flows.telling import Telling
from plg.events import log
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict

FRESH: Final = dt.timedelta(days=7)
MOST_PATHS: Final = 20
ELSEWHERE: Final = "*"
"""Stands for all further pages of a step whose anchor is missing on many."""


class StepWithoutAnchor(Conflict):
    """The step points at nothing, so nothing can be missing."""


def report(
    enrolled: Enrolled, step_key: str, path: str, *, by: int, account_id: int | None, at: dt.datetime
) -> None:
    """Count that the step's anchors were not found on a page; the first time on each page is told."""
    step = enrolled.flow.step(step_key)
    if not isinstance(step, TourStep) or not step.anchor:
        raise StepWithoutAnchor("This step points at nothing.")
    place = _place(enrolled.version_id, step_key, _cleaned(path))
    new = insert(MissingAnchor).values(
        version_id=enrolled.version_id, step_key=step_key, path=place, times=1, first_at=at, last_at=at
    )
    again = {"times": MissingAnchor.times + 1, "last_at": new.excluded.last_at}
    counted = new.on_conflict_do_update(index_elements=["version_id", "step_key", "path"], set_=again)
    if db.session.scalar(counted.returning(MissingAnchor.times)) == 1:
        facts = {"step": step_key, "path": place}
        log.store(Telling(enrolled, by, account_id).told(event_names.ANCHOR_MISSING, facts, at))


def _cleaned(path: str) -> str:
    """The path without what follows it, in letters that can be shown."""
    try:
        path = urlsplit(path).path
    except ValueError:  # a half address
        path = ""
    return "".join(letter for letter in path if letter.isprintable())[:MAX_PATH] or "/"


def _place(version_id: int, step_key: str, path: str) -> str:
    """The path, or ELSEWHERE where many others are known: addresses with numbers are no pages of their own."""
    of_step = (MissingAnchor.version_id == version_id, MissingAnchor.step_key == step_key)
    known = select(func.count(), func.count().filter(MissingAnchor.path == path)).where(*of_step)
    number, is_known = db.session.execute(known).one()
    return path if is_known or number < MOST_PATHS else ELSEWHERE


def lately(version_ids: Collection[int]) -> Sequence[MissingAnchor]:
    """What was missing within the last week, the most often first."""
    rows = select(MissingAnchor).where(
        MissingAnchor.version_id.in_(version_ids), MissingAnchor.last_at >= now() - FRESH
    )
    return db.session.scalars(rows.order_by(MissingAnchor.times.desc(), MissingAnchor.path)).all()
