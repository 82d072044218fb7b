"""Stand-ins for sign-in providers over loopback: an OpenID Connect issuer that can be told to lie, and GitHub."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "plg-at-the-provider", "secret-of-plg"
RSA = [RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True) for _ in range(2)]
ANA = {
    "sub": "4711",
    "email": "ana@acme.example",
    "email_verified": True,
    "name": "Ana García",
    "locale": "es-ES",
}


@dataclass
class Outside:
    """`user`: who is signed in there. `claims`: changes what the ID token says; `sign`: makes the token of the
    claims in another way. `down`: paths that fail. `asked`: how often each path was asked."""

    url: str = ""
    user: dict[str, Any] = field(default_factory=lambda: dict(ANA))
    claims: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda claims: claims)
    sign: Callable[[dict[str, Any]], str] | None = None
    key: RSAKey = field(default_factory=lambda: RSA[0])
    shown: list[RSAKey] = field(default_factory=lambda: [RSA[0]])
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    down: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)
    emails: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def code_for(self, location: str) -> dict[str, str]:
        """What the provider sends back for this address of its authorization endpoint: the callback's query."""
        told = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = told
        return {"code": code, "state": told["state"], "iss": self.url}

    def id_token(self, told: dict[str, str]) -> str:
        moment = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": moment, "exp": moment + 300, **self.user}
        claims = self.claims(claims | ({"nonce": told["nonce"]} if "nonce" in told else {}))
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def by_secret_of_the_public_key(claims: dict[str, Any]) -> str:
    """The oldest trick: HS256 with the public key, which everybody has, as the secret."""
    told = f"{_part({'alg': 'HS256', 'kid': RSA[0].kid})}.{_part(claims)}"
    signature = hmac.new(RSA[0].as_pem(private=False), told.encode(), hashlib.sha256).digest()
    return f"{told}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def by_a_foreign_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": RSA[0].kid}, claims, RSA[1])


def app_of(outside: Outside) -> Flask:
    app = Flask("outside")

    @app.before_request
    def count() -> Response | None:
        outside.asked[request.path] = outside.asked.get(request.path, 0) + 1
        return Response("down", 503) if request.path in outside.down else None

    _openid(app, outside)
    _github(app, outside)
    return app


def _openid(app: Flask, outside: Outside) -> None:
    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        at = outside.url
        told = {"issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token"}
        told |= {"jwks_uri": f"{at}/jwks", "userinfo_endpoint": f"{at}/userinfo"}
        return jsonify(told | outside.metadata)

    @app.get("/authorize")
    def authorize() -> Any:
        """Where a real browser comes by: somebody is signed in and is sent straight back."""
        query = outside.code_for(request.url)
        return redirect(f"{request.args['redirect_uri']}?{urlencode(query)}")

    @app.post("/token")
    def token() -> Any:
        told = _exchanged(outside)
        basic = request.authorization
        if told is None or not basic or (basic.username, basic.password) != (CLIENT_ID, CLIENT_SECRET):
            return jsonify(error="invalid_grant"), 400
        return jsonify(access_token="an access token", token_type="Bearer", id_token=outside.id_token(told))

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(keys=[key.as_dict(private=False) for key in outside.shown])

    @app.get("/userinfo")
    def userinfo() -> Any:
        if request.headers.get("Authorization") != "Bearer an access token":
            return jsonify(error="invalid_token"), 401
        return jsonify(outside.userinfo or outside.user)


def _github(app: Flask, outside: Outside) -> None:
    @app.post("/login/oauth/access_token")
    def github_token() -> Any:
        """As GitHub does it: errors come with 200."""
        if _exchanged(outside) is None:
            return jsonify(
                error="bad_verification_code", error_description="The code is incorrect or expired."
            )
        return jsonify(access_token="gho_token", token_type="bearer", scope="read:user,user:email")

    @app.get("/api/v3/user")
    def github_user() -> Any:
        if request.headers.get("Authorization") != "Bearer gho_token":
            return jsonify(message="Requires authentication"), 401
        return jsonify(id=4711, login="ana", name="Ana García", email=None)

    @app.get("/api/v3/user/emails")
    def emails() -> Response:
        return jsonify(outside.emails)


def _exchanged(outside: Outside) -> dict[str, str] | None:
    """What the code stands for, if it is presented with the verifier of its challenge; once."""
    told = outside.codes.pop(request.form.get("code", ""), None)
    if told is None or told["redirect_uri"] != request.form.get("redirect_uri"):
        return None
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return told if challenge == told["code_challenge"] and told["code_challenge_method"] == "S256" else None
