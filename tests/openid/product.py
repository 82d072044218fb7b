"""A product that signs its users in with plg, as its developer would write it by hand."""

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from werkzeug.test import TestResponse

REDIRECT, GOODBYE = "http://127.0.0.1:9/callback", "http://127.0.0.1:9/goodbye"
VERIFIER = "a-verifier-of-at-least-forty-three-letters-in-all"
SCOPE = "openid profile email account"
OFFLINE = f"{SCOPE} offline_access"


@dataclass(frozen=True)
class Ana:
    person_id: int
    public_id: str
    acme_id: int
    acme: str
    bodega_id: int
    bodega: str


@dataclass(frozen=True)
class Product:
    app: Flask
    client_id: str
    secret: str | None

    def authorize(self, browser: FlaskClient, **changed: str | None) -> TestResponse:
        """The request that a browser brings; None takes a parameter out."""
        return browser.get(f"/oauth/authorize?{urlencode(self.asks(**changed))}")

    def asks(self, **changed: str | None) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (asked | changed).items() if value is not None}

    def code(self, browser: FlaskClient, **changed: str | None) -> str:
        """A code for whoever is signed in in this browser."""
        answer = told(self.authorize(browser, **changed))
        assert "code" in answer, answer
        return answer["code"]

    def token(self, **fields: str | None) -> TestResponse:
        """A request to the token endpoint; the client shows its secret unless told otherwise."""
        asked = {"client_id": self.client_id, "client_secret": self.secret} | fields
        return self._post("/oauth/token", asked)

    def exchange(self, code: str, **changed: str | None) -> TestResponse:
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.token(**asked | {"code_verifier": VERIFIER} | changed)

    def refresh(self, token: str, **changed: str | None) -> TestResponse:
        return self.token(**{"grant_type": "refresh_token", "refresh_token": token} | changed)

    def revoke(self, token: str, **changed: str | None) -> TestResponse:
        asked = {"client_id": self.client_id, "client_secret": self.secret, "token": token}
        return self._post("/oauth/revoke", asked | changed)

    def userinfo(self, access_token: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.app.test_client().get("/oauth/userinfo", headers=headers)

    def _post(self, path: str, fields: dict[str, str | None]) -> TestResponse:
        data = {name: value for name, value in fields.items() if value is not None}
        return self.app.test_client().post(path, data=data)


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def told(answer: TestResponse) -> dict[str, str]:
    """The parameters of a redirect back to the product."""
    assert answer.location and answer.location.startswith(REDIRECT), (answer.status, answer.location)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def refused(answer, error="invalid_grant", status=400):
    assert answer.status_code == status, answer.text
    assert answer.get_json()["error"] == error
    return True


def id_token(app, answer, **options):
    told = answer.get_json()["id_token"]
    kid = jwt.get_unverified_header(told)["kid"]
    (key,) = (
        k for k in app.test_client().get("/oauth/jwks").get_json()["keys"] if k["kid"] == kid and "d" not in k
    )
    return jwt.decode(told, RSAAlgorithm.from_jwk(key), algorithms=["RS256"], **options)
