"""Sign-up by the host product's server, who has its own form."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_openapi3 import APIBlueprint, Tag

from plg.kit.caller import requires
from plg.kit.clock import now, zone
from plg.messaging import mail
from plg.trials import signups
from plg.trials.schemas import SignUpIn, SignUpOut, TrialOut

api = APIBlueprint(
    "trials", __name__, url_prefix="/v1", abp_tags=[Tag(name="Trials")], abp_security=[{"secret": []}]
)


@api.post(
    "/signups",
    summary="Sign a person up: person, account, trial, and the mail that confirms the address",
    description="409 `address_known` where the address signed up before. To go on with your own id of the person, "
    "send `POST /v1/alias` with it as `userId` and `person` as `previousId`; `account` does as a `groupId`.",
    responses={201: SignUpOut},
)
@requires("secret")
def create_signup(body: SignUpIn) -> tuple[dict[str, Any], int]:
    made = signups.sign_up(
        body.email, body.password, body.name, body.company, locale=body.locale, timezone=body.timezone
    )
    if made.person is None or made.account is None:
        raise signups.AddressKnown("This address has signed up already.")
    _ask_to_confirm(made, body.locale)
    trial = TrialOut.of(made.trial, now(), zone(body.timezone)) if made.trial else None
    out = SignUpOut(person=made.person.public_id, account=made.account.public_id, trial=trial)
    return out.model_dump(mode="json"), 201


def _ask_to_confirm(made: signups.SignUp, locale: str | None) -> None:
    settings = current_app.extensions["plg.settings"]
    context = {
        "url": settings.public_url + url_for("sign_up.confirm", token=made.token),
        "hours": int(signups.CONFIRM_LIFE.total_seconds() // 3600),
    }
    person_id = made.person.id if made.person else None
    mail.send(made.email, "confirm-email", locale or settings.default_locale, context, person_id=person_id)
