"""Tables of onboarding flows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from onboarding_flows.shapes import MAX_KEY
from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.versions import Versioned

MAX_EVENT_ID = 200
MAX_PATH = 200
_IN_FORCE = text("reversed_at IS NULL")


class FlowVersion(Versioned, db.Model):
    """A published flow. html: the steps' texts as safe HTML, step key -> language -> HTML.

    enrolling_after: the last account (or person) that the job which enrols those who were there before has
    looked at; None when it is done. source: the YAML that it was published from, as its author wrote it, with its
    comments; None where there was none."""

    __tablename__ = "flow_versions"

    html: Mapped[dict[str, dict[str, str]]] = mapped_column(Json, default=dict)
    enrolling_after: Mapped[int | None] = mapped_column(BigInteger, default=0)
    source: Mapped[str | None] = mapped_column(Text)


class FlowEnrolment(db.Model):
    """A flow begun by its owner: an account or a person, one of the two. The owner stays on this version.

    reopened: how often done things were taken back here. counts_from: step key -> ISO time of its reset; only what
    happened later counts for it. revealed: key of a step with a `visible_when` -> ISO time when it came to hold; from
    then on the step is shown. variant: the arm of the flow's experiment, `holdout` for who is shown nothing; None
    outside of one. exposed_at: when they were first shown it, or first would have been."""

    __tablename__ = "flow_enrolments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    flow_key: Mapped[str] = mapped_column(String(MAX_KEY))
    version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    enrolled_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    reopened: Mapped[int] = mapped_column(Integer, default=0)
    counts_from: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    revealed: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    variant: Mapped[str | None] = mapped_column(String(MAX_KEY))
    exposed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "flow_key"),
        UniqueConstraint("person_id", "flow_key"),
        CheckConstraint("(account_id IS NULL) <> (person_id IS NULL)", name="one_owner"),
    )


class StepCompletion(db.Model):
    """A step that is settled: done, or skipped. person_id: who did it; event_id, position: the event that did it
    (None where it was marked by hand); actor: which server or member of staff said so, where one did;
    occurred_at: when that happened, not when plg heard of it."""

    __tablename__ = "flow_step_completions"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    event_id: Mapped[str | None] = mapped_column(String(MAX_EVENT_ID))
    position: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    skipped: Mapped[bool] = mapped_column(Boolean, default=False)
    actor: Mapped[str | None] = mapped_column(String(100))


class CountedEvent(db.Model):
    """An event that counts for a step which needs several. The key counts each event once, however often and
    in whatever order it comes. parts: the numbers of the needs for which it counts."""

    __tablename__ = "flow_counted_events"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(MAX_EVENT_ID), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    position: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    parts: Mapped[list[int]] = mapped_column(Json)


class FlowReward(db.Model):
    """What a step earned: points, and days of the account's trial (trial_days: those that were really given; no_days:
    why it were none or fewer). A row is not changed but for `reversed_at`, when it was taken back; one a step counts.

    person_id: who did it; account_id: whose trial it is."""

    __tablename__ = "flow_rewards"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"))
    step_key: Mapped[str] = mapped_column(String(MAX_KEY))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    points: Mapped[int] = mapped_column(Integer)
    trial_days: Mapped[int] = mapped_column(Integer, default=0)
    no_days: Mapped[str | None] = mapped_column(String(20))
    given_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    reversed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        Index(
            "uq_flow_rewards_in_force",
            "enrolment_id",
            "step_key",
            unique=True,
            sqlite_where=_IN_FORCE,
            postgresql_where=_IN_FORCE,
        ),
    )


class FlowDismissal(db.Model):
    """A person does not want to see a flow any more; their colleagues still do."""

    __tablename__ = "flow_dismissals"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    dismissed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class FlowShowing(db.Model):
    """How often a flow came on a person's screen, and when it may again. asked_at: when it was asked for by name; it
    is shown then whatever its rules say. first_shown_at, last_shown_at: when a showing began."""

    __tablename__ = "flow_showings"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    times: Mapped[int] = mapped_column(Integer, default=0)
    first_shown_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_shown_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    snoozed_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class MissingAnchor(db.Model):
    """A page on which the element that a step of a tour points at was not found. path: the page's, without query."""

    __tablename__ = "flow_missing_anchors"

    version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    path: Mapped[str] = mapped_column(String(MAX_PATH), primary_key=True)
    times: Mapped[int] = mapped_column(Integer, default=1)
    first_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class FlowDraft(db.Model):
    """A definition that somebody works on. Nobody is shown it, and it may have faults. source: YAML that says the
    same in its author's layout, with their comments; None where nobody wrote any."""

    __tablename__ = "flow_drafts"

    key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    source: Mapped[str | None] = mapped_column(Text)
    saved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[str] = mapped_column(String(100))


class FlowMigration(db.Model):
    """Everybody on one version of a flow goes to another one. The job's whole memory is here.

    mapping: key of an old step -> key of the new one, or null. total: enrolments when it was asked for.
    moved_to, caught_up_to: the last enrolment that has the new version, and whose past was read for it."""

    __tablename__ = "flow_migrations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True)
    flow_key: Mapped[str] = mapped_column(String(MAX_KEY), index=True)
    from_version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id"))
    to_version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id"))
    mapping: Mapped[dict[str, str | None]] = mapped_column(Json)
    total: Mapped[int] = mapped_column(BigInteger)
    moved: Mapped[int] = mapped_column(BigInteger, default=0)
    moved_to: Mapped[int] = mapped_column(BigInteger, default=0)
    caught_up_to: Mapped[int] = mapped_column(BigInteger, default=0)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(100))
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
