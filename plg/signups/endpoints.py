"""Sign-up by the host product's server, who has its own form; decisions about sign-ups, and overruling them."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_openapi3 import Tag

from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now, zone
from plg.messaging import mail
from plg.signups import cases, queue, signups
from plg.signups.models import Case
from plg.signups.schemas import (
    CaseOut,
    CasePage,
    CasePath,
    CasesQuery,
    OverruleIn,
    ReasonOut,
    SignUpIn,
    SignUpOut,
)
from plg.signups.traces import Evidence
from plg.trials.schemas import TrialOut

api = APIBlueprint(
    "signups", __name__, url_prefix="/v1", abp_tags=[Tag(name="Sign-up")], abp_security=[{"secret": []}]
)


@api.post(
    "/signups",
    summary="Sign a person up: person, account, trial, and the mail that confirms the address",
    description="409 `address_known` where the address signed up before. To go on with your own id of the person, "
    "send `POST /v1/alias` with it as `userId` and `person` as `previousId`; `account` does as a `groupId`. "
    "`ip`, `user_agent` and `device` of the person let the rules see what your own form cannot; they are kept as "
    "keyed hashes only. Where `decision` is not `allow`, the trial waits and `reasons` say why.",
    responses={201: SignUpOut},
)
@requires("secret")
def create_signup(body: SignUpIn) -> tuple[dict[str, Any], int]:
    made = signups.sign_up(
        body.email,
        body.password,
        body.name,
        body.company,
        locale=body.locale,
        timezone=body.timezone,
        plan=body.plan,
        evidence=Evidence(body.ip, body.device, body.user_agent),
    )
    if made.person is None or made.account is None or made.case is None:
        raise signups.AddressKnown("This address has signed up already.")
    _ask_to_confirm(made, body.locale)
    shown = queue.show([made.case])[0]
    out = SignUpOut(
        id=made.case.public_id,
        person=made.person.public_id,
        account=made.account.public_id,
        trial=TrialOut.of(made.trial, now(), zone(body.timezone)) if made.trial else None,
        decision=made.case.decision,
        waits_for=made.case.waits_for,
        reasons=[ReasonOut.of(reason) for reason in shown.newest_reasons],
    )
    return out.model_dump(mode="json"), 201


def _ask_to_confirm(made: signups.SignUp, locale: str | None) -> None:
    settings = current_app.extensions["plg.settings"]
    context = {
        "url": settings.public_url + url_for("sign_up.confirm", token=made.token),
        "hours": int(signups.CONFIRM_LIFE.total_seconds() // 3600),
    }
    person_id = made.person.id if made.person else None
    mail.send(made.email, "confirm-email", locale or settings.default_locale, context, person_id=person_id)


@api.get("/signups", summary="Sign-ups, newest first, with their decisions", responses={200: CasePage})
@requires("secret", "staff")
def list_signups(query: CasesQuery) -> dict[str, Any]:
    before = queue.find(query.before).id if query.before else None
    found = queue.page(
        waits_for=query.waits_for, decision=query.decision, before=before, limit=query.limit + 1
    )
    page = found[: query.limit]
    more = page[-1].case.public_id if len(found) > query.limit else None
    data = [CaseOut.of(shown) for shown in page]
    return CasePage(data=data, has_more=more is not None, next=more).model_dump(mode="json")


@api.get("/signups/<signup>", summary="A sign-up: its decisions and their reasons", responses={200: CaseOut})
@requires("secret", "staff")
def get_signup(path: CasePath) -> dict[str, Any]:
    return _shown(queue.find(path.signup))


@api.post(
    "/signups/<signup>/decision",
    summary="Overrule a decision: let the trial run, or hold it",
    description="`allow` after a hold counts as a false positive of the signals that spoke; `hold` confirms them.",
    responses={200: CaseOut},
)
@requires("secret", "staff")
def overrule_signup(path: CasePath, body: OverruleIn) -> dict[str, Any]:
    case = queue.find(path.signup)
    cases.overrule(case, body.decision, reason=body.reason, by=current_caller().actor)
    return _shown(case)


def _shown(case: Case) -> dict[str, Any]:
    return CaseOut.of(queue.show([case])[0]).model_dump(mode="json")
