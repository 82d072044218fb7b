"""Tables of onboarding flows."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from onboarding_flows.schemas import MAX_KEY
from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.versions import Versioned

MAX_EVENT_ID = 200


class FlowVersion(Versioned, db.Model):
    """A published flow. html: the steps' texts as safe HTML, step key -> language -> HTML.

    enrolling_after: the last account (or person) that the job which enrols those who were there before has
    looked at; None when it is done."""

    __tablename__ = "flow_versions"

    html: Mapped[dict[str, dict[str, str]]] = mapped_column(Json, default=dict)
    enrolling_after: Mapped[int | None] = mapped_column(BigInteger, default=0)


class FlowEnrolment(db.Model):
    """A flow begun by its owner: an account or a person, one of the two. The owner stays on this version."""

    __tablename__ = "flow_enrolments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    flow_key: Mapped[str] = mapped_column(String(MAX_KEY))
    version_id: Mapped[int] = mapped_column(ForeignKey("flow_versions.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    enrolled_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "flow_key"),
        UniqueConstraint("person_id", "flow_key"),
        CheckConstraint("(account_id IS NULL) <> (person_id IS NULL)", name="one_owner"),
    )


class StepCompletion(db.Model):
    """A step that is done, for ever. person_id: who did it; event_id, position: the event that did it (None
    where it was marked by hand); occurred_at: when that happened, not when plg heard of it."""

    __tablename__ = "flow_step_completions"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    event_id: Mapped[str | None] = mapped_column(String(MAX_EVENT_ID))
    position: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class CountedEvent(db.Model):
    """An event that counts for a step which needs several. The key counts each event once, however often and
    in whatever order it comes."""

    __tablename__ = "flow_counted_events"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(MAX_EVENT_ID), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    position: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class FlowDismissal(db.Model):
    """A person does not want to see a flow any more; their colleagues still do."""

    __tablename__ = "flow_dismissals"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("flow_enrolments.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    dismissed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
