"""What all sign-in providers share: the refusals, what passes between their steps, and requests to them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from email_validator import EmailNotValidError
from requests import RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from plg.kit.errors import BadRequest, Refusal
from plg.kit.texts import normal_address, scrub
from plg.settings import SignInProvider

TIMEOUT = (3.05, 8)
READS_AGAIN = Retry(
    total=2, backoff_factor=0.2, status_forcelist=(429, 502, 503, 504), allowed_methods=["GET"], redirect=0
)


class ProviderDenied(BadRequest):
    """Whoever was asked at the provider said no, or the provider did."""


class ProviderAnswerRefused(BadRequest):
    """The provider's answer is not to be trusted: of another sign-in, forged, expired or for somebody else."""


class ProviderUnavailable(Refusal):
    """The provider does not answer, or answers with an error of its own."""

    status = 503
    title = "The sign-in provider does not answer"


@dataclass(frozen=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and what must come back."""

    url: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls, redirect_uri: str) -> Begun:
        """With secrets of its own; its address is still to be made."""
        return cls("", redirect_uri, *(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True)
class Callback:
    """The query with which the browser came back."""

    code: str = ""
    error: str = ""
    iss: str = ""


@dataclass(frozen=True)
class Outsider:
    """Whom a provider vouches for. email: in its normal form, and None unless the provider verified it."""

    provider: str
    issuer: str
    subject: str
    email: str | None
    name: str = ""


def session_of(given: SignInProvider, **options: Any) -> OAuth2Session:
    """An HTTP session that gives up in time, reads again what it failed to read, and follows no redirect."""
    session = OAuth2Session(
        given.client_id, given.client_secret.get_secret_value() or None, default_timeout=TIMEOUT, **options
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=READS_AGAIN))
    session.max_redirects = 0
    return session


def fetch_token(
    session: OAuth2Session, url: str, callback: Callback, begun: Begun, **options: Any
) -> dict[str, Any]:
    """Exchange the code. Raises ProviderAnswerRefused where the provider does not take it."""
    try:
        token = session.fetch_token(
            url,
            code=callback.code,
            redirect_uri=begun.redirect_uri,
            code_verifier=begun.verifier,
            grant_type="authorization_code",
            allow_redirects=False,
            **options,
        )
    except OAuthError as error:
        raise ProviderAnswerRefused(f"The provider refused the code: {error.error}.") from None
    except (RequestException, ValueError) as error:
        raise ProviderUnavailable(
            f"The provider did not exchange the code: {type(error).__name__}."
        ) from None
    if not isinstance(token, dict) or not token.get("access_token"):
        raise ProviderAnswerRefused("The provider gave no access token.")
    return token


def get_json(session: OAuth2Session, url: str, *, token: bool = False) -> Any:
    """A JSON value. Raises ProviderUnavailable. token: whether to show the access token."""
    try:
        answer: Response = session.get(url, withhold_token=not token, allow_redirects=False)
        if answer.status_code != 200:
            raise ProviderUnavailable(f"The provider answered {answer.status_code}.")
        return scrub(answer.json())
    except (RequestException, ValueError, OAuthError) as error:
        raise ProviderUnavailable(f"The provider cannot be read: {type(error).__name__}.") from None


def verified(email: object, is_verified: bool) -> str | None:
    """The address in its normal form, if it is one and somebody verified it."""
    if not is_verified or not isinstance(email, str):
        return None
    try:
        return normal_address(email)
    except EmailNotValidError:
        return None


def text(value: object, most: int) -> str:
    """A text of the provider, as it fits a column; "" for anything else."""
    return " ".join(value.split())[:most] if isinstance(value, str) else ""
