"""The OAuth 2.0 and OpenID Connect rules, held by Authlib over our grants, tokens and keys."""

from __future__ import annotations

import functools
from typing import Any

from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Payload
from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, OpenIDToken
from authlib.oidc.rpinitiated import EndSessionEndpoint
from flask import Response, current_app, jsonify, request
from joserfc.jwk import KeySet

from plg.kit.clock import now
from plg.openid import clients, grants, keys, subjects
from plg.openid.models import Grant, GrantToken, OpenidClient
from plg.openid.subjects import Subject

CLIENT_AUTHENTICATION = ("client_secret_basic", "client_secret_post", "none")
TOKEN_LETTERS = 43


def issuer() -> str:
    return current_app.extensions["plg.settings"].public_url


class Request(OAuth2Request):
    """This request, at the address that the world knows: behind a proxy, Flask may see it as plain http."""

    def __init__(self) -> None:
        super().__init__(request.method, issuer() + request.full_path, headers=request.headers)
        self.payload = FlaskOAuth2Payload(request)

    @property
    def args(self) -> Any:
        return request.args

    @property
    def form(self) -> Any:
        return request.form


class Server(AuthorizationServer):
    def query_client(self, client_id: str) -> OpenidClient | None:
        return clients.find(client_id)

    def save_token(self, token: dict[str, Any], asked: OAuth2Request) -> None:
        grant = _grant_of(asked)
        grants.keep_token(grant, "access", token["access_token"], token["scope"])
        if "refresh_token" in token:
            grants.keep_token(grant, "refresh", token["refresh_token"], grant.scope)

    def create_oauth2_request(self, asked: object) -> OAuth2Request:
        return asked if isinstance(asked, OAuth2Request) else Request()

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        response = jsonify(body) if isinstance(body, dict) else Response(body)
        response.status_code = status
        response.headers.update(headers)
        if response.location:  # RFC 9207: who answers, so that clients of several providers mix nobody up
            response.location = add_params_to_uri(response.location, [("iss", issuer())])
        return response

    def handle_error_response(self, asked: object, error: OAuth2Error) -> Response:
        error.description = error.description or error.get_error_description()
        return super().handle_error_response(asked, error)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


class CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = list(CLIENT_AUTHENTICATION)

    def save_authorization_code(self, code: str, asked: OAuth2Request) -> None:
        data = asked.payload.data
        kept = grants.Asked(
            asked.scope, asked.payload.redirect_uri, data.get("nonce"), data.get("code_challenge")
        )
        grants.begin(asked.client, asked.user, kept, code)

    def query_authorization_code(self, code: str, client: OpenidClient) -> Grant | None:
        return grants.by_code(code, client)

    def authenticate_user(self, grant: Grant) -> Subject | None:
        """Whose code it is. All else was right, so here it is used up."""
        return grants.subject_of(grant) if grants.use_code(grant) else None

    def delete_authorization_code(self, grant: Grant) -> None:
        """It stays, marked as used: should it come again, what came of it is revoked."""


class RefreshGrant(RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = list(CLIENT_AUTHENTICATION)

    def authenticate_refresh_token(self, token: str) -> GrantToken | None:
        return grants.by_refresh_token(token, self.request.client)

    def authenticate_user(self, token: GrantToken) -> Subject | None:
        subject = grants.subject_of(token.grant)
        if subject is None or not grants.use_refresh_token(token):
            raise InvalidGrantError()
        return subject

    def issue_token(self, subject: Subject, token: GrantToken) -> dict[str, Any]:
        scope = self.request.client.get_allowed_scope(self.request.payload.scope) or token.scope
        return _tokens(scope) | {"refresh_token": generate_token(TOKEN_LETTERS)}

    def revoke_old_credential(self, token: GrantToken) -> None:
        """It was used up before the new one was made."""


class Pkce(CodeChallenge):
    """RFC 7636, `S256` only; a client without a secret has nothing else to show that a code is its own."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        data = grant.request.payload.data
        if data.get("code_challenge") and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge_method' must be S256")
        if grant.client.is_public and not data.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")


class NoRequestObjects:
    """What a client asks for stands in the request itself: nothing signed, nothing to fetch."""

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_validate_authorization_request_payload", self._refuse)

    def _refuse(self, grant: Any, redirect_uri: str) -> None:
        for name in ("request", "request_uri"):
            if name in grant.request.payload.data:
                raise OAuth2Error(error=f"{name}_not_supported")


class _IdToken:
    """What an ID token says beside what Authlib writes into it."""

    def resolve_client_private_key(self, client: OpenidClient) -> KeySet:
        return KeySet([keys.current(client.algorithm)])

    def get_encode_header(self, client: OpenidClient) -> dict[str, str]:
        return {"alg": client.algorithm}  # the key's id is added when its set is asked for a key

    def get_compatible_claims(self, asked: OAuth2Request) -> dict[str, Any]:
        grant, moment = _grant_of(asked), int(now().timestamp())
        life = int(keys.ID_TOKEN_LIFE.total_seconds())
        claims = {"iss": issuer(), "aud": asked.client.client_id, "iat": moment, "exp": moment + life}
        about = {"auth_time": grant.get_auth_time(), "acr": grant.get_acr(), "amr": grant.get_amr()}
        return claims | {name: value for name, value in about.items() if value is not None}

    def generate_user_info(self, subject: Subject, scope: str) -> dict[str, Any]:
        return subjects.claims(subject, scope)


class CodeIdToken(_IdToken, OpenIDCode):
    def exists_nonce(self, nonce: str, asked: OAuth2Request) -> bool:
        """The nonce is the client's own guard against replays; a code works once anyway."""
        return False


class RefreshedIdToken(_IdToken, OpenIDToken):
    pass


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = list(CLIENT_AUTHENTICATION)

    def query_token(self, token: str, hint: str | None) -> GrantToken | None:
        return grants.find_token(token, "access") or grants.find_token(token, "refresh")

    def revoke_token(self, token: GrantToken, asked: OAuth2Request) -> None:
        grants.revoke_token(token)


class Logout(EndSessionEndpoint):
    """Only judges the request; the page ends the session."""

    def get_server_jwks(self) -> KeySet:
        return keys.key_set(now())

    def get_algorithms(self) -> list[str]:
        return list(keys.ALGORITHMS)

    def is_post_logout_redirect_uri_legitimate(self, *about: Any) -> bool:
        """Without a token to show, the person is asked first: after that they may be led to a registered page."""
        return True


@functools.cache
def server() -> Server:
    """The one set of rules; it holds no state."""
    made = Server()
    made.register_token_generator("default", _generate)
    made.register_grant(CodeGrant, [Pkce(required=True), NoRequestObjects(), CodeIdToken()])
    made.register_grant(RefreshGrant, [RefreshedIdToken()])
    made.register_endpoint(Revocation)
    made.register_endpoint(Logout)
    return made


def refused(error: OAuth2Error) -> Response:
    """The answer to a client, in OAuth's own form."""
    return server().handle_error_response(None, error)


def _generate(scope: str, **_: Any) -> dict[str, Any]:
    tokens = _tokens(scope)
    if "offline_access" in scope.split():
        tokens["refresh_token"] = generate_token(TOKEN_LETTERS)
    return tokens


def _tokens(scope: str) -> dict[str, Any]:
    life = int(grants.ACCESS_LIFE.total_seconds())
    access = generate_token(TOKEN_LETTERS)
    return {"token_type": "Bearer", "access_token": access, "expires_in": life, "scope": scope}


def _grant_of(asked: OAuth2Request) -> Grant:
    return asked.authorization_code or asked.refresh_token.grant
