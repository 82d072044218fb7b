"""Tables of the OpenID provider. Secrets, codes and tokens are kept as hashes, private keys encrypted.

The methods are what Authlib asks of a client, a code and a token."""

from __future__ import annotations

import datetime as dt
import hmac
from typing import Any

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oidc.core import AuthorizationCodeMixin
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from plg.access.hashing import hash_token
from plg.kit.clock import now
from plg.kit.db import BigId, Json, UtcDateTime, db

SCOPES: dict[str, tuple[str, ...]] = {
    "openid": ("sub",),
    "profile": ("name", "locale", "zoneinfo"),
    "email": ("email", "email_verified"),
    "account": ("account", "account_name", "role"),
    "accounts": ("accounts",),
    "offline_access": (),
}
"""What each scope tells."""


class SigningKey(db.Model):
    """A key that signs ID tokens. Next (activated_at empty), current, then retired; its public part is shown
    from its making until the last token that it signed has expired."""

    __tablename__ = "openid_signing_keys"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kid: Mapped[str] = mapped_column(String(64), unique=True)
    algorithm: Mapped[str] = mapped_column(String(10))
    public: Mapped[dict[str, Any]] = mapped_column(Json)
    private: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    retired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class OpenidClient(db.Model, ClientMixin):
    """A product that signs its users in with plg. A public one (browser or phone) has no secret."""

    __tablename__ = "openid_clients"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(10))
    redirect_uris: Mapped[list[str]] = mapped_column(Json)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))

    @property
    def id_token_signed_response_alg(self) -> str:
        return self.algorithm

    @property
    def client_metadata(self) -> dict[str, Any]:
        return {"post_logout_redirect_uris": self.post_logout_redirect_uris}

    @property
    def is_public(self) -> bool:
        return self.secret_hash is None

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """OpenID Connect wants it said in every request."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Those that are known; None (refused) without `openid`."""
        known = [each for each in dict.fromkeys((scope or "").split()) if each in SCOPES]
        return " ".join(known) if "openid" in known else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.secret_hash or "", hash_token(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") == self.is_public

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {"authorization_code", "refresh_token"}


class Grant(db.Model, AuthorizationCodeMixin):
    """One sign-in of a person at a client, in one workspace: what its code and tokens stand for. It ends when
    it is revoked, and with the browser session that it came of when that one is revoked."""

    __tablename__ = "openid_grants"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("openid_clients.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    session_id: Mapped[int] = mapped_column(BigId)
    scope: Mapped[str] = mapped_column(String(200))
    nonce: Mapped[str | None] = mapped_column(Text)
    auth_time: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    methods: Mapped[list[str]] = mapped_column(Json)
    redirect_uri: Mapped[str] = mapped_column(Text)
    challenge: Mapped[str | None] = mapped_column(String(128))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    code_used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def code_challenge(self) -> str | None:
        return self.challenge

    @property
    def code_challenge_method(self) -> str:
        return "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(self.auth_time.timestamp())

    def get_acr(self) -> str | None:
        """A level as in ISO/IEC 29115: 2 with a second factor or a passkey, else 1; None where nobody knows."""
        return ("2" if len(self.methods) > 1 else "1") if self.methods else None

    def get_amr(self) -> list[str] | None:
        return self.methods or None


class GrantToken(db.Model, TokenMixin):
    """kind: `access`, or `refresh`, which works once and is answered with the next one."""

    __tablename__ = "openid_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("openid_grants.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    grant: Mapped[Grant] = relationship(lazy="joined")

    def check_client(self, client: OpenidClient) -> bool:
        return self.grant.client_id == client.id

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return int((self.expires_at - self.created_at).total_seconds())

    def is_expired(self) -> bool:
        return self.expires_at <= now()

    def is_revoked(self) -> bool:
        return self.revoked_at is not None or self.grant.revoked_at is not None
