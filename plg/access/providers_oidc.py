"""Any OpenID Connect issuer, found by its discovery document: code flow, PKCE, a fully checked ID token."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from plg.access.providers_wire import (
    Begun,
    Callback,
    Outsider,
    ProviderAnswerRefused,
    ProviderDenied,
    ProviderUnavailable,
    fetch_token,
    get_json,
    session_of,
    text,
    verified,
)
from plg.settings import SignInProvider

ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LEEWAY = 60
KEPT_SECONDS = 3600.0


class Oidc:
    def __init__(self, given: SignInProvider, *, issuer: str, name: str = "") -> None:
        self.key = given.key
        self.name = given.name or name or given.key.capitalize()
        self._given, self._issuer = given, issuer
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, redirect_uri: str) -> Begun:
        begun, metadata = Begun.fresh(redirect_uri), self._discover()
        with self._session(metadata) as session:
            session.redirect_uri = redirect_uri
            url, _ = session.create_authorization_url(
                metadata["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
            )
        return replace(begun, url=url)

    def finish(self, callback: Callback, begun: Begun) -> Outsider:
        metadata = self._discover()
        _check_issuer(callback.iss, metadata)
        if callback.error or not callback.code:
            raise ProviderDenied(f"The provider did not let in: {callback.error[:100] or 'no code'}.")
        with self._session(metadata) as session:
            token = fetch_token(session, metadata["token_endpoint"], callback, begun)
            claims = self._check(token, begun, metadata)
            if "email" not in claims and metadata.get("userinfo_endpoint"):
                session.token = token
                more = get_json(session, metadata["userinfo_endpoint"], token=True)
                if not isinstance(more, dict) or more.get("sub") != claims["sub"]:
                    raise ProviderAnswerRefused("The provider speaks of two people at once.")
                claims = {**more, **claims}
        return self._outsider(claims, metadata["issuer"])

    def _outsider(self, claims: dict[str, Any], issuer: str) -> Outsider:
        told = claims.get("email_verified")
        is_verified = told is True or told == "true" or (told is None and self._given.trust_emails)
        name = text(claims.get("name"), 100) or text(claims.get("preferred_username"), 100)
        return Outsider(self.key, issuer, claims["sub"], verified(claims.get("email"), is_verified), name)

    # --- the ID token ---------------------------------------------------------------------------------

    def _check(self, token: dict[str, Any], begun: Begun, metadata: dict[str, Any]) -> dict[str, Any]:
        """The claims of a token that this issuer signed, for us, for this very sign-in, just now."""
        told = token.get("id_token")
        if not isinstance(told, str):
            raise ProviderAnswerRefused("The provider gave no ID token.")
        expected = {"nonce": begun.nonce, "client_id": self._given.client_id}
        options = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._given.client_id},
            "sub": {"essential": True},
        }
        try:
            found = self._read(told, metadata)
            access = {"access_token": token["access_token"]}
            claims = CodeIDToken(found.claims, found.header, options, expected | access)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderAnswerRefused(f"The ID token was refused: {type(error).__name__}.") from None
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ProviderAnswerRefused("The ID token does not say who it is.")
        return dict(claims)

    def _read(self, told: str, metadata: dict[str, Any]) -> jwt.Token:
        """The token, its signature checked. A key that we have not seen yet may be new: then all are read anew."""
        try:
            return self._decode(told, self._key_set(metadata))
        except InvalidKeyIdError:
            return self._decode(told, self._key_set(metadata, anew=True))

    def _decode(self, told: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(told, keys, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))

    def _key_set(self, metadata: dict[str, Any], *, anew: bool = False) -> KeySet:
        kept = self._keys
        if kept is not None and not anew and kept[0] > time.monotonic():
            return kept[1]
        with self._session(metadata) as session:
            told = get_json(session, metadata["jwks_uri"])
        try:
            usable = [
                key for key in told["keys"] if key.get("use", "sig") == "sig" and key.get("kty") != "oct"
            ]
            found = KeySet.import_key_set({"keys": usable})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise ProviderUnavailable("The provider's keys cannot be read.") from None
        self._keys = (time.monotonic() + KEPT_SECONDS, found)
        return found

    # --- discovery ------------------------------------------------------------------------------------

    def _discover(self) -> dict[str, Any]:
        kept = self._metadata
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        with session_of(self._given) as session:
            url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            metadata = get_json(session, url)
        _check_metadata(metadata, self._issuer)
        self._metadata = (time.monotonic() + KEPT_SECONDS, metadata)
        return metadata

    def _session(self, metadata: dict[str, Any]):  # type: ignore[no-untyped-def]
        # In the body where it may be: few agree on how a secret with odd letters stands in a Basic header.
        known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        shown = "client_secret_post" if "client_secret_post" in known else "client_secret_basic"
        method = shown if self._given.client_secret.get_secret_value() else "none"
        return session_of(
            self._given,
            scope="openid email profile",
            code_challenge_method="S256",
            token_endpoint_auth_method=method,
        )


def _check_metadata(metadata: Any, issuer: str) -> None:
    """A document that speaks for another issuer, or leads to open lines, is none."""
    if not isinstance(metadata, dict) or str(metadata.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise ProviderUnavailable("The discovery document is of another issuer.")
    schemes = {"https", urlsplit(issuer).scheme}
    for name in (*ENDPOINTS, "userinfo_endpoint"):
        address = metadata.get(name)
        if address is None and name not in ENDPOINTS:
            continue
        if not isinstance(address, str) or urlsplit(address).scheme not in schemes:
            raise ProviderUnavailable(f"The discovery document has no good {name}.")


def _check_issuer(told: str, metadata: dict[str, Any]) -> None:
    """RFC 9207: an answer that another provider sent is not taken for one of this."""
    must = metadata.get("authorization_response_iss_parameter_supported") is True
    if (told or must) and told != metadata["issuer"]:
        raise ProviderAnswerRefused("The answer came from another provider.")
