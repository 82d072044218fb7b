"""Sign-in by the host product's server, who has pages of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from email_validator import EmailNotValidError
from flask import current_app, request
from flask_openapi3 import Tag

from plg.access import (
    credentials,
    devices,
    passkeys,
    password_resets,
    second_step,
    sessions,
    sign_in_links,
    totp,
    user_tokens,
)
from plg.access.models import Credential
from plg.access.totp import TooManyWrongCodes, WrongCode
from plg.accounts import memberships
from plg.events import log, names
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, Forbidden, NotFound, Unprocessable
from plg.kit.rate_limits import limiter
from plg.kit.texts import normal_address
from plg.people import people
from plg.web.auth.schemas import (
    AccountOfPersonOut,
    AuthenticationOut,
    AuthPersonIn,
    AuthPersonOut,
    BrowserSessionOut,
    BrowserSessionsOut,
    BrowserSessionsQuery,
    LinkTokenIn,
    MagicLinkIn,
    MailSentOut,
    PasskeyAnswerIn,
    PasskeyOptionsOut,
    PasskeyOut,
    PasskeyRegistrationIn,
    PasswordIn,
    PasswordResetIn,
    RevokeSessionsIn,
    SecondFactorIn,
    SessionsRevokedOut,
    SignInTokenOut,
)
from plg.web.pages import letters
from plg.web.pages.addresses import public_url
from plg.web.pages.limits import network_of

F = TypeVar("F", bound=Callable[..., Any])
Answer = dict[str, Any]

api = APIBlueprint(
    "auth",
    __name__,
    url_prefix="/v1/auth",
    abp_tags=[
        Tag(name="Sign-in", description="For pages of your own; plg's pages do all of it by themselves")
    ],
    abp_security=[{"secret": []}],
)


class EmailNotConfirmed(Forbidden):
    """The password is right, but nobody has shown yet that the address is theirs: send a magic link."""


class NoCredential(NotFound):
    """The person has no address to sign in with here."""


class ForeignRedirect(Unprocessable):
    """A link in our mails leads to the host product and nowhere else."""


def unrepeatable(view: F) -> F:
    """The answer holds a secret: it is not kept for a repetition (the tokens of these requests work once)."""
    view.plg_answers_secrets = True  # type: ignore[attr-defined]
    return view


def _guesser() -> str:
    """One key however the address is written, and whichever of its network's addresses the person shows."""
    told = _told()
    address = str(told.get("email"))[:320]
    with suppress(EmailNotValidError):
        address = normal_address(address)
    return f"api {network_of(str(told.get('ip_address') or 'anywhere'))} {address.lower()}"


def _told() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _limit_of_guesses() -> str:
    return "10/minute;50/hour" if _told().get("ip_address") else "500/hour"


@api.post(
    "/passwords/authenticate",
    summary="Check an address and its password",
    description="401 `wrong_credentials` says not which of the two is wrong, and takes as long for both. Where the "
    "person has an authenticator app, `status` is `second_factor_required`: go on at `/v1/auth/totp/authenticate`.",
    responses={200: AuthenticationOut},
)
@limiter.limit(_limit_of_guesses, key_func=_guesser, deduct_when=lambda answer: answer.status_code == 401)
@requires("secret")
@unrepeatable
def authenticate_password(body: PasswordIn) -> Answer:
    credential = credentials.check(body.email, body.password)
    if credential.email_confirmed_at is None:
        raise EmailNotConfirmed("Nobody has confirmed this address yet. Send a magic link to it.")
    return first_step_done(credential.person_id, "password")


@api.post(
    "/passwords/reset/start",
    summary="Mail a link to choose a new password",
    description="The same answer for every address; who has no account is told so by mail.",
    responses={200: MailSentOut},
)
@limiter.limit("6/hour", key_func=_guesser)
@requires("secret")
def start_password_reset(body: MagicLinkIn) -> Answer:
    letters.offer_reset(body.email, page=_own_page(body.redirect_url), locale=body.locale)
    return MailSentOut().model_dump()


@api.post(
    "/passwords/reset",
    summary="Choose a new password with the token of the mail",
    description="Confirms the address and ends every session of the person.",
    responses={200: AuthPersonOut},
)
@requires("secret")
def reset_password(body: PasswordResetIn) -> Answer:
    credential = password_resets.finish(body.token, body.password)
    letters.tell_password_changed(credential)
    return AuthPersonOut(person=people.get(credential.person_id).public_id).model_dump()


@api.post(
    "/magic-links/send",
    summary="Mail a link that signs in",
    description="The same answer for every address; who has no account is told so by mail. With `redirect_url` the "
    "link leads to your page with `?token=`: show a button there, because mail scanners open links, and send the "
    "token to `/v1/auth/magic-links/authenticate`. Without it the link leads to plg's page.",
    responses={200: MailSentOut},
)
@limiter.limit("6/hour", key_func=_guesser)
@requires("secret")
def send_magic_link(body: MagicLinkIn) -> Answer:
    letters.offer_sign_in(body.email, page=_own_page(body.redirect_url), locale=body.locale)
    return MailSentOut().model_dump()


@api.post(
    "/magic-links/authenticate",
    summary="Use up the token of a magic link or a sign-in token",
    responses={200: AuthenticationOut},
)
@requires("secret")
@unrepeatable
def authenticate_magic_link(body: LinkTokenIn) -> Answer:
    credential, _ = sign_in_links.redeem(body.token)
    return first_step_done(credential.person_id, "link")


@api.post(
    "/sign-in-tokens",
    summary="Make a link that signs a person in, for you to deliver",
    description="For support and for mails of your own. Works once, for 15 minutes; earlier links of the person stop "
    "working. Whoever has it gets in (with the second factor, where there is one), so it is made only for somebody "
    "who has confirmed their address, and the log says that it was.",
    responses={201: SignInTokenOut},
)
@requires("secret")
@unrepeatable
def create_sign_in_token(body: AuthPersonIn) -> tuple[Answer, int]:
    credential = credential_of(body.person)
    if credential.email_confirmed_at is None:
        raise EmailNotConfirmed("Nobody has confirmed this address yet. Send a magic link to it.")
    token = sign_in_links.begin(credential.email, credential.person_id)
    log.record(names.SIGN_IN_LINK_MADE, person_id=credential.person_id)
    url = public_url("sign_in_link.follow", token=token)
    expires = now() + dt.timedelta(minutes=sign_in_links.MINUTES)
    return SignInTokenOut(token=token, url=url, expires_at=expires).model_dump(mode="json"), 201


@api.post(
    "/totp/authenticate",
    summary="Show the second factor: a code of the app, or a recovery code",
    description="401 `wrong_code`; after five wrong codes in a row 429 `too_many_wrong_codes` with `Retry-After`.",
    responses={200: AuthenticationOut},
)
@requires("secret")
@unrepeatable
def authenticate_totp(body: SecondFactorIn) -> Answer:
    try:
        done = second_step.finish(body.pending_authentication_token, body.code)
    except (WrongCode, TooManyWrongCodes):
        db.session.commit()  # the try is counted, though the request is refused
        raise
    assert done.person_id is not None
    return _complete(done.person_id, done.data["way"])


@api.post(
    "/passkeys/registration/options",
    summary="Options for `navigator.credentials.create()`",
    description="Your page must be of the domain that passkeys are bound to (`passkey_domain`).",
    responses={200: PasskeyOptionsOut},
)
@requires("secret")
def passkey_registration_options(body: AuthPersonIn) -> Answer:
    credential = credential_of(body.person)
    options = passkeys.registration_options(credential.person_id, credential.email)
    return PasskeyOptionsOut(public_key=options).model_dump()


@api.post("/passkeys/registration/verify", summary="Keep a new passkey", responses={201: PasskeyOut})
@requires("secret")
def verify_passkey_registration(body: PasskeyRegistrationIn) -> tuple[Answer, int]:
    credential = credential_of(body.person)
    made = passkeys.register(credential.person_id, body.credential, body.name)
    letters.tell_ways_changed(credential, "passkey-added")
    out = PasskeyOut(id=made.public_id, name=made.name, created_at=made.created_at)
    return out.model_dump(mode="json"), 201


@api.post(
    "/passkeys/authentication/options",
    summary="Options for `navigator.credentials.get()`",
    responses={200: PasskeyOptionsOut},
)
@requires("secret")
def passkey_authentication_options() -> Answer:
    return PasskeyOptionsOut(public_key=passkeys.sign_in_options()).model_dump()


@api.post(
    "/passkeys/authentication/verify",
    summary="Sign in by passkey, which counts as both factors",
    responses={200: AuthenticationOut},
)
@requires("secret")
@unrepeatable
def verify_passkey_authentication(body: PasskeyAnswerIn) -> Answer:
    return _complete(passkeys.check(body.credential).person_id, "passkey")


@api.get("/sessions", summary="Where a person is signed in", responses={200: BrowserSessionsOut})
@requires("secret")
def list_sessions(query: BrowserSessionsQuery) -> Answer:
    shown = []
    for row in sessions.of_person(people.find(query.person).id):
        browser, system = devices.describe(row.user_agent)
        told = {
            name: getattr(row, name)
            for name in ("ip_address", "way", "created_at", "last_seen_at", "expires_at")
        }
        shown.append(BrowserSessionOut(id=row.public_id, browser=browser, system=system, **told))
    return BrowserSessionsOut(data=shown).model_dump(mode="json")


@api.post(
    "/sessions/revoke", summary="Sign a person out: one browser, or all", responses={200: SessionsRevokedOut}
)
@requires("secret")
def revoke_sessions(body: RevokeSessionsIn) -> Answer:
    person_id = people.find(body.person).id
    if body.session is None:
        return SessionsRevokedOut(revoked=sessions.end_all_of(person_id)).model_dump()
    sessions.revoke(person_id, body.session)
    return SessionsRevokedOut(revoked=1).model_dump()


def first_step_done(person_id: int, way: str) -> Answer:
    """They have shown who they are: signed in, or on to the second step where they have one."""
    if not totp.is_on(person_id):
        return _complete(person_id, way)
    token = second_step.begin(person_id, {"way": way, "next": ""})
    return AuthenticationOut(
        status="second_factor_required",
        pending_authentication_token=token,
        second_factors=["totp", "recovery_code"],
    ).model_dump(mode="json")


def _complete(person_id: int, way: str) -> Answer:
    person = people.get(person_id)
    theirs = [
        AccountOfPersonOut(id=account.public_id, name=account.name, role=role)
        for account, role in memberships.of_person(person.id)
    ]
    log.record(names.SIGNED_IN, person_id=person.id, properties={"way": way})
    only = theirs[0].id if len(theirs) == 1 else None
    token = user_tokens.sign(
        person.public_id, only, name=person.name, email=person.email, locale=person.locale
    )
    done = AuthenticationOut(status="complete", person=person.public_id, accounts=theirs, user_token=token)
    return done.model_dump(mode="json")


def credential_of(any_id: str) -> Credential:
    """How a person signs in, by any of their ids. Raises NoCredential."""
    found = credentials.of_person(people.find(any_id).id)
    if found is None:
        raise NoCredential("The person has no address to sign in with here.")
    return found


def _own_page(url: str | None) -> str:
    product_url = current_app.extensions["plg.settings"].product_url
    if url and not (product_url and f"{url}/".startswith(f"{product_url}/")):
        raise ForeignRedirect(errors=[Fault("redirect_url", "must be a page under product_url")])
    return url or ""
