"""Tables of accounts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from plg.kit.db import BigId, Json, UtcDateTime, db
from plg.kit.ids import new_id

ROLES = ("owner", "admin", "billing", "member")
"""The strongest first."""

VERIFIED = text("verified_at IS NOT NULL")


class Account(db.Model):
    """A customer's workspace. timezone: IANA name; its calendars use it. delete_at: set while the workspace is
    under deletion, when its time is up; deleted_at: it is gone, and this row is all that is left of it."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("acct"))
    name: Mapped[str] = mapped_column(String(200), default="")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    locale: Mapped[str | None] = mapped_column(String(10))
    traits: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    delete_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def currency(self) -> str | None:
        """The one that its prices are told in, as its trait `currency` says (ISO 4217), lower case."""
        told = self.traits.get("currency")
        return told.lower() if isinstance(told, str) else None


class AccountKey(db.Model):
    """An id that an account is known by: its public id, and the group ids of the host product."""

    __tablename__ = "account_keys"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Membership(db.Model):
    """A person in an account. role: one of ROLES."""

    __tablename__ = "memberships"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("account_id", "person_id"),)


class InvitationLink(db.Model):
    """A link that colleagues pass on: who opens it asks for an invitation to an address of theirs. uses: how many
    have joined by it, never more than max_uses. domain: if set, only addresses of it are invited."""

    __tablename__ = "invitation_links"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("link"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    domain: Mapped[str | None] = mapped_column(String(255))
    max_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Invitation(db.Model):
    """An address asked to join. token_hash: SHA-256 of the token in the mail; it works once. link_id: the link by
    which its owner asked for it."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("inv"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str] = mapped_column(String(320), index=True)
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("invitation_links.id"), index=True)


class AccountDomain(db.Model):
    """A company's domain that an account claims. policy: `off`, `ask` or `join`, what colleagues with an address
    there may do. challenge: what the domain's TXT record has to say. proof: `address`, `dns` or `mail`, how the
    claim was proved; at most one account holds a proved claim to a domain."""

    __tablename__ = "account_domains"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("dom"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    domain: Mapped[str] = mapped_column(String(255), index=True)
    policy: Mapped[str] = mapped_column(String(10))
    challenge: Mapped[str] = mapped_column(String(60))
    proof: Mapped[str | None] = mapped_column(String(10))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    verified_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("account_id", "domain"),
        Index(
            "uq_account_domains_verified",
            "domain",
            unique=True,
            sqlite_where=VERIFIED,
            postgresql_where=VERIFIED,
        ),
    )


class JoinRequest(db.Model):
    """Somebody with an address of the account's domain asks to be let in. One row for a person and an account;
    who asks again later opens it anew. status: open, approved, declined."""

    __tablename__ = "join_requests"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=lambda: new_id("join"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    status: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    __table_args__ = (UniqueConstraint("account_id", "person_id"),)
