"""Tables of plans."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import UtcDateTime, db
from plg.kit.versions import Versioned

FULL, READ_ONLY, LOCKED = "full", "read_only", "locked"


class PlanVersion(Versioned, db.Model):
    """A published plan (definition: `schemas.PlanDefinition`), or the catalogue (key `catalogue`)."""

    __tablename__ = "plan_versions"


class AccountPlan(db.Model):
    """The plan of an account; no row means the catalogue's default. source: why it has it: `trial`,
    `subscription`, `staff` or `default`. access: `full`, or what a trial without payment left of it: `read_only`
    or `locked`. anchor_day: the day of the month on which its billing months begin, kept as it was, so that the 31st
    comes back after 28 February; None: nothing is billed. paid_seats: how many seats are paid for; None where the
    plan sells none. Its history is in the log (`Plan Changed`)."""

    __tablename__ = "account_plans"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    source: Mapped[str] = mapped_column(String(20))
    access: Mapped[str] = mapped_column(String(20), default=FULL)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    anchor_day: Mapped[int | None] = mapped_column(Integer)
    paid_seats: Mapped[int | None] = mapped_column(Integer)


class AccountAddOn(db.Model):
    """How many of an add-on an account has, as the catalogue's version defines it that it was bought from."""

    __tablename__ = "account_add_ons"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    add_on: Mapped[str] = mapped_column(String(50), primary_key=True)
    catalogue_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    quantity: Mapped[int] = mapped_column(Integer)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
