"""Second factors and passkeys of a person, set up on pages of the host product's own.

Before it calls these, the host product has let the person show who they are: the secret key is the proof."""

from __future__ import annotations

from flask_openapi3 import Tag

from plg.access import passkeys, recovery_codes, second_step, sessions, totp
from plg.access.totp import TooManyWrongCodes, WrongCode
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.db import db
from plg.people import people
from plg.web.auth.endpoints import Answer, credential_of, unrepeatable
from plg.web.auth.schemas import (
    AuthPersonIn,
    AuthPersonOut,
    FactorsOut,
    NewTotpOut,
    PasskeyOut,
    PasskeyPath,
    PasskeysOut,
    PersonQuery,
    RecoveryCodesOut,
    TotpCodeIn,
)
from plg.web.pages import letters

api = APIBlueprint(
    "auth_factors",
    __name__,
    url_prefix="/v1/auth",
    abp_tags=[Tag(name="Sign-in")],
    abp_security=[{"secret": []}],
)


@api.get("/factors", summary="Which factors a person has", responses={200: FactorsOut})
@requires("secret")
def list_factors(query: PersonQuery) -> Answer:
    person_id = people.find(query.person).id
    return FactorsOut(
        totp=totp.is_on(person_id),
        recovery_codes_left=recovery_codes.left(person_id),
        passkeys=len(passkeys.of_person(person_id)),
    ).model_dump()


@api.post(
    "/totp/registration/options",
    summary="Begin to set up an authenticator app",
    description="The new secret counts from `verify` on. 409 `two_step_on` where there is an app already.",
    responses={201: NewTotpOut},
)
@requires("secret")
@unrepeatable
def begin_totp(body: AuthPersonIn) -> tuple[Answer, int]:
    credential = credential_of(body.person)
    made = totp.begin(credential.person_id, credential.email)
    return NewTotpOut(secret=made.secret, uri=made.uri).model_dump(), 201


@api.post(
    "/totp/registration/verify",
    summary="A code of the new app turns it on",
    description="Ends the person's sessions on plg's own pages, and tells them by mail.",
    responses={200: RecoveryCodesOut},
)
@requires("secret")
@unrepeatable
def verify_totp(body: TotpCodeIn) -> Answer:
    credential = credential_of(body.person)
    try:
        codes = second_step.turn_on(credential.person_id, body.code)
    except (WrongCode, TooManyWrongCodes):
        db.session.commit()  # the try is counted, though the request is refused
        raise
    sessions.end_all_of(credential.person_id)
    letters.tell_ways_changed(credential, "two-step-on")
    return RecoveryCodesOut(recovery_codes=codes).model_dump()


@api.post(
    "/totp/remove",
    summary="Ask for no code any more",
    description="Recovery codes go with the app. For support, too, when somebody has lost both.",
    responses={200: AuthPersonOut},
)
@requires("secret")
def remove_totp(body: AuthPersonIn) -> Answer:
    credential = credential_of(body.person)
    if totp.is_on(credential.person_id):
        second_step.turn_off(credential.person_id)
        letters.tell_ways_changed(credential, "two-step-off")
    return AuthPersonOut(person=people.get(credential.person_id).public_id).model_dump()


@api.post(
    "/recovery-codes",
    summary="New recovery codes in place of the old ones",
    responses={201: RecoveryCodesOut},
)
@requires("secret")
@unrepeatable
def renew_recovery_codes(body: AuthPersonIn) -> tuple[Answer, int]:
    credential = credential_of(body.person)
    codes = second_step.renew_codes(credential.person_id)
    letters.tell_ways_changed(credential, "recovery-codes-renewed")
    return RecoveryCodesOut(recovery_codes=codes).model_dump(), 201


@api.get("/passkeys", summary="A person's passkeys", responses={200: PasskeysOut})
@requires("secret")
def list_passkeys(query: PersonQuery) -> Answer:
    theirs = passkeys.of_person(people.find(query.person).id)
    shown = [PasskeyOut(id=each.public_id, name=each.name, created_at=each.created_at) for each in theirs]
    return PasskeysOut(data=shown).model_dump(mode="json")


@api.post(
    "/passkeys/<passkey>/remove",
    summary="A passkey signs nobody in any more",
    description="Ends the person's sessions on plg's own pages, and tells them by mail.",
    responses={200: AuthPersonOut},
)
@requires("secret")
def remove_passkey(path: PasskeyPath, body: AuthPersonIn) -> Answer:
    credential = credential_of(body.person)
    passkeys.remove(credential.person_id, path.passkey)
    sessions.end_all_of(credential.person_id)
    letters.tell_ways_changed(credential, "passkey-removed")
    return AuthPersonOut(person=people.get(credential.person_id).public_id).model_dump()
