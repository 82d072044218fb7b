"""The life of a flow: its versions, going back to an earlier one, how many people are where."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from onboarding_flows import flows, waiting
from onboarding_flows.experiment_definition import HOLDOUT
from onboarding_flows.flows import FlowFaulty, FlowNotFound, PublishedFlow
from onboarding_flows.models import FlowDismissal, FlowDraft, FlowEnrolment, FlowShowing, FlowVersion
from plg.kit import versions
from plg.kit.db import db
from plg.kit.errors import NotFound


class VersionNotFound(NotFound):
    pass


def shown_it() -> ColumnElement[bool]:
    """The condition for enrolments of who is shown the flow: not of those who are held out."""
    return FlowEnrolment.variant.is_distinct_from(HOLDOUT)


def saw_it() -> ColumnElement[bool]:
    """The condition for enrolments whose flow came on somebody's screen."""
    theirs = (FlowShowing.enrolment_id == FlowEnrolment.id, FlowShowing.times > 0)
    return select(FlowShowing.enrolment_id).where(*theirs).exists()


def version_of(key: str, number: int) -> PublishedFlow:
    """That version of the flow, live or not."""
    query = select(FlowVersion.id).where(FlowVersion.key == key, FlowVersion.version == number)
    found = db.session.scalar(query)
    if found is None:
        raise VersionNotFound(f"The flow {key!r} has no version {number}.")
    return flows.version(found)


def newest(key: str) -> PublishedFlow:
    """The newest version of the flow, live or not; FlowNotFound where it has none."""
    query = select(FlowVersion.id).where(FlowVersion.key == key).order_by(FlowVersion.version.desc())
    found = db.session.scalar(query.limit(1))
    if found is None:
        raise FlowNotFound(f"There is no flow {key!r}.")
    return flows.version(found)


def roll_back(key: str, number: int, *, by: str) -> PublishedFlow:
    """Publish what that version said as the live version (a new one, where it is not live already). FlowFaulty where
    it and another flow would wait for each other by now."""
    earlier = version_of(key, number)
    if faults := waiting.faults(earlier.flow, {each.key: each.flow for each in flows.live()}):
        raise FlowFaulty("The flow has faults.", errors=faults)
    return flows.publish(flows.definition_of(earlier.flow), by=by, source=source_of(earlier.id))


def source_of(version_id: int) -> str | None:
    """The YAML that the version was published from, as it was written."""
    return db.session.scalar(select(FlowVersion.source).where(FlowVersion.id == version_id))


def all_flows() -> list[dict[str, Any]]:
    """Every flow that was ever published or drafted, by key, with its counts; four queries."""
    live = versions.all_live(FlowVersion)
    drafts = dict(db.session.execute(select(FlowDraft.key, FlowDraft.saved_at)).all())
    keys = {*db.session.scalars(select(FlowVersion.key).distinct()), *drafts}
    seen = func.sum(case((saw_it(), 1), else_=0))
    begun = select(FlowEnrolment.flow_key, func.count(), seen, func.count(FlowEnrolment.completed_at))
    begun = begun.where(shown_it()).group_by(FlowEnrolment.flow_key)
    counts = {key: tuple(numbers) for key, *numbers in db.session.execute(begun)}
    put_away = select(FlowEnrolment.flow_key, func.count()).join(
        FlowDismissal, FlowDismissal.enrolment_id == FlowEnrolment.id
    )
    dismissed = dict(db.session.execute(put_away.group_by(FlowEnrolment.flow_key)).all())
    return [
        {
            "flow": key,
            "title": live[key].definition["title"] if key in live else None,
            "kind": live[key].definition.get("kind", "checklist") if key in live else None,
            "scope": live[key].definition.get("scope", "person") if key in live else None,
            "live_version": live[key].version if key in live else None,
            "published_at": live[key].published_at if key in live else None,
            "draft_saved_at": drafts.get(key),
            "enrolled": counts.get(key, (0, 0, 0))[0],
            "seen": counts.get(key, (0, 0, 0))[1],
            "completed": counts.get(key, (0, 0, 0))[2],
            "dismissed": dismissed.get(key, 0),
        }
        for key in sorted(keys)
    ]


def last_published() -> dict[str, FlowVersion]:
    """The newest version of every flow by key, live or not; one query."""
    newest = select(func.max(FlowVersion.id)).group_by(FlowVersion.key)
    rows = db.session.scalars(select(FlowVersion).where(FlowVersion.id.in_(newest)))
    return {row.key: row for row in rows}


def versions_of_flow(key: str) -> list[dict[str, Any]]:
    """Every version of the flow, newest first, and how many are on each (not those who are held out of it).
    FlowNotFound where it has none."""
    rows = db.session.scalars(
        select(FlowVersion).where(FlowVersion.key == key).order_by(FlowVersion.version.desc())
    ).all()
    if not rows:
        raise FlowNotFound(f"There is no flow {key!r}.")
    begun = select(FlowEnrolment.version_id, func.count(), func.count(FlowEnrolment.completed_at))
    begun = begun.where(FlowEnrolment.flow_key == key, shown_it()).group_by(FlowEnrolment.version_id)
    counts = {i: (enrolled, completed) for i, enrolled, completed in db.session.execute(begun)}
    return [
        {
            "version": row.version,
            "live": row is rows[0] and row.retired_at is None,
            "published_at": row.published_at,
            "published_by": row.published_by,
            "retired_at": row.retired_at,
            "enrolled": counts.get(row.id, (0, 0))[0],
            "completed": counts.get(row.id, (0, 0))[1],
            "definition": row.definition,
        }
        for row in rows
    ]
