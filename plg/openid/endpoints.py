"""The doors for programs: discovery, keys, tokens, who signed in. The pages for people are in `plg.web`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6749.resource_protector import ResourceProtector
from authlib.oauth2.rfc6750 import BearerTokenValidator, InvalidTokenError
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from plg.kit.clock import now
from plg.kit.errors import Refusal
from plg.kit.rate_limits import limiter
from plg.openid import grants, keys, server, subjects
from plg.openid.models import SCOPES, GrantToken

bp = Blueprint("openid", __name__)

View = Callable[[], Response]


def _door(path: str, *methods: str, rate: str) -> Callable[[View], View]:
    """Open a door for programs: it looks at no cookie, and answers browsers on any page (CORS)."""

    def decorate(view: View) -> View:
        limited = limiter.limit(rate)(view)

        def answer() -> Response:
            try:
                return Response(status=204) if request.method == "OPTIONS" else limited()
            except OAuth2Error as error:
                return server.refused(error)
            except (UnicodeError, ValueError):
                return server.refused(InvalidRequestError("A value in the request cannot be read."))

        answer.plg_door = True  # type: ignore[attr-defined]
        bp.add_url_rule(path, view.__name__, answer, methods=[*methods, "OPTIONS"])
        return view

    return decorate


@bp.after_request
def _allow_any_origin(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    else:
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    return response


@bp.errorhandler(Refusal)
@bp.errorhandler(HTTPException)
def _refused(error: Refusal | HTTPException) -> Response:
    """Whatever was refused, and by whom: said as OAuth says it."""
    status = error.status if isinstance(error, Refusal) else error.code or 500
    busy = "temporarily_unavailable" if status in {429, 503} else "server_error"
    code = busy if status in {429, 500, 503} else "invalid_request"
    why = error.detail if isinstance(error, Refusal) else error.name
    response = jsonify(error=code, error_description=why)
    response.status_code = status
    return response


@_door("/.well-known/openid-configuration", "GET", rate="1000/minute")
def discovery() -> Response:
    at = server.issuer()
    authentication = list(server.CLIENT_AUTHENTICATION)
    return _cached(
        {
            "issuer": at,
            "authorization_endpoint": f"{at}/oauth/authorize",
            "token_endpoint": f"{at}/oauth/token",
            "userinfo_endpoint": f"{at}/oauth/userinfo",
            "jwks_uri": f"{at}/oauth/jwks",
            "revocation_endpoint": f"{at}/oauth/revoke",
            "end_session_endpoint": f"{at}/oauth/logout",
            "scopes_supported": list(SCOPES),
            "claims_supported": ["iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "at_hash"]
            + [claim for claims in SCOPES.values() for claim in claims],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(keys.ALGORITHMS),
            "token_endpoint_auth_methods_supported": authentication,
            "revocation_endpoint_auth_methods_supported": authentication,
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "select_account"],
            "ui_locales_supported": ["en", "es"],
            "authorization_response_iss_parameter_supported": True,
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }
    )


@_door("/oauth/jwks", "GET", rate="1000/minute")
def jwks() -> Response:
    return _cached(keys.public_set(now()))


@_door("/oauth/token", "POST", rate="6000/minute")
def token() -> Response:
    _heed_no_query()
    return server.server().create_token_response()


@_door("/oauth/revoke", "POST", rate="6000/minute")
def revoke() -> Response:
    _heed_no_query()
    return server.server().create_endpoint_response("revocation")


@_door("/oauth/userinfo", "GET", "POST", rate="6000/minute")
def userinfo() -> Response:
    found: GrantToken = _protector().validate_request(["openid"], server.Request())
    subject = grants.subject_of(found.grant)
    if subject is None:
        raise InvalidTokenError("The person signed out or left the workspace.")
    response = jsonify(subjects.claims(subject, found.scope))
    response.headers["Cache-Control"] = "no-store"
    return response


class _AccessTokens(BearerTokenValidator):
    def authenticate_token(self, plain: str) -> GrantToken | None:
        return grants.find_token(plain, "access")


def _protector() -> ResourceProtector:
    protector = ResourceProtector()
    protector.register_token_validator(_AccessTokens(realm="plg"))
    return protector


def _heed_no_query() -> None:
    """Codes, tokens and secrets stand in the body, never in an address, which lands in logs."""
    if request.args:
        raise InvalidRequestError("Give all parameters in the body.")


def _cached(value: dict[str, Any]) -> Response:
    response = jsonify(value)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
