"""Signing in with Google, GitHub and others by the host product's server, on pages of its own.

What the pages keep in the browser's session between two steps travels here as a sealed token."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from cryptography.fernet import InvalidToken
from flask_openapi3 import Tag

from plg.access import provider_identities, providers, sealing
from plg.access.providers_wire import Begun, Callback, Outsider, ProviderAnswerRefused
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.db import decode_json, encode_json, end_transaction
from plg.kit.errors import BadRequest
from plg.kit.rate_limits import limiter
from plg.signups import signups
from plg.web.auth.endpoints import Answer, first_step_done, unrepeatable
from plg.web.auth.provider_schemas import (
    ProviderAnswerIn,
    ProviderAuthenticationOut,
    ProviderBeginIn,
    ProviderBegunOut,
    ProviderPath,
    ProviderSignUpIn,
)

LIFE = 15 * 60

api = APIBlueprint(
    "auth_providers",
    __name__,
    url_prefix="/v1/auth/providers",
    abp_tags=[Tag(name="Sign-in")],
    abp_security=[{"secret": []}],
)


class ProviderTokenRefused(BadRequest):
    """The token is too old, of another provider, of another step, or none of ours."""


@api.post(
    "/<provider>/authorize",
    summary="Begin a sign-in with a provider",
    description="Send the browser to `url`. When it is back on your page, send what came to `authenticate`.",
    responses={200: ProviderBegunOut},
)
@limiter.limit("600/minute")
@requires("secret")
@unrepeatable
def begin_with_provider(path: ProviderPath, body: ProviderBeginIn) -> Answer:
    provider = providers.get(path.provider)
    end_transaction()
    begun = provider.begin(body.redirect_uri)
    token = _seal("begun", path.provider, asdict(begun))
    return ProviderBegunOut(url=begun.url, provider_token=token).model_dump()


@api.post(
    "/<provider>/authenticate",
    summary="Finish a sign-in with a provider",
    description="`status` is `sign_up_required` for somebody new. 409 `address_confirmed` where their address has an "
    "account that is not connected to the provider: they sign in in their own way and connect it on plg's page.",
    responses={200: ProviderAuthenticationOut},
)
@limiter.limit("600/minute")
@requires("secret")
@unrepeatable
def authenticate_with_provider(path: ProviderPath, body: ProviderAnswerIn) -> Answer:
    provider = providers.get(path.provider)
    begun = Begun(**_open("begun", path.provider, body.provider_token))
    if body.state != begun.state:
        raise ProviderAnswerRefused("The answer belongs to another sign-in.")
    end_transaction()
    outsider = provider.finish(Callback(body.code, body.error, body.iss), begun)
    person_id = provider_identities.enter(outsider)
    if person_id is not None:
        return first_step_done(person_id, path.provider)
    token = _seal("new", path.provider, asdict(outsider))
    return ProviderAuthenticationOut(
        status="sign_up_required", email=outsider.email, name=outsider.name, sign_up_token=token
    ).model_dump(mode="json")


@api.post(
    "/<provider>/sign-up",
    summary="Sign somebody up whom a provider vouches for: person, account and trial",
    responses={200: ProviderAuthenticationOut},
)
@limiter.limit("600/minute")
@requires("secret")
@unrepeatable
def sign_up_with_provider(path: ProviderPath, body: ProviderSignUpIn) -> Answer:
    outsider = Outsider(**_open("new", path.provider, body.sign_up_token))
    assert outsider.email is not None
    made = signups.sign_up(
        outsider.email,
        None,
        body.name,
        body.company,
        way=path.provider,
        confirmed=True,
        locale=body.locale,
        timezone=body.timezone,
    )
    person_id = provider_identities.enter(outsider) if made.person is None else made.person.id
    assert person_id is not None
    provider_identities.connect(outsider, person_id)
    return first_step_done(person_id, path.provider)


def _seal(step: str, provider: str, told: dict[str, Any]) -> str:
    kept = {"step": step, "provider": provider, "at": int(time.time()), "told": told}
    return sealing.seal(encode_json(kept))


def _open(step: str, provider: str, token: str) -> dict[str, Any]:
    try:
        kept = decode_json(sealing.unseal(token))
    except (InvalidToken, ValueError):
        raise ProviderTokenRefused("This token is none of ours.") from None
    if (kept.get("step"), kept.get("provider")) != (step, provider) or kept["at"] < time.time() - LIFE:
        raise ProviderTokenRefused("This token is too old, or of another step or provider.")
    return kept["told"]
