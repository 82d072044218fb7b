"""Table of what add-ons cost at Stripe."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import db


class AddOnPrice(db.Model):
    """A price of an add-on as it exists at Stripe. catalogue_version_id: a version of the catalogue that has the
    add-on with this price and with what it gives."""

    __tablename__ = "billing_add_on_prices"

    lookup_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    stripe_price_id: Mapped[str] = mapped_column(String(100), unique=True)
    add_on: Mapped[str] = mapped_column(String(50))
    catalogue_version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
