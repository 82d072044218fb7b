"""An account's trial, as the host product's server starts, reads and changes it."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts
from plg.accounts.models import Account
from plg.accounts.schemas import AccountPath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now, zone
from plg.kit.errors import NotFound
from plg.trials import trials
from plg.trials.schemas import ExtensionIn, OptionalReasonIn, ReasonIn, TrialDetail, TrialIn

api = APIBlueprint(
    "trials",
    __name__,
    url_prefix="/v1/accounts",
    abp_tags=[Tag(name="Trials")],
    abp_security=[{"secret": []}],
)


class NoTrial(NotFound):
    """The account never had a trial."""


@api.get(
    "/<path:account>/trial",
    summary="The trial, and why it ends when it ends",
    description="The newest, should there be several. `ledger` has every row that makes its length.",
    responses={200: TrialDetail},
)
@requires("secret", "staff")
def get_trial(path: AccountPath) -> dict[str, Any]:
    return _shown(accounts.find(path.account))


@api.post(
    "/<path:account>/trial",
    summary="Start a trial",
    description="An open one stands. 409 `trial_used` where the account had its trial, `already_paying` where it "
    "needs none; 404 `no_trial_offered` where the catalogue has no such trial.",
    responses={201: TrialDetail},
)
@requires("secret")
def start_trial(path: AccountPath, body: TrialIn) -> tuple[dict[str, Any], int]:
    account = accounts.find(path.account)
    by = current_caller().actor
    trials.start(account.id, plan=body.plan, again=body.again, reason=body.reason, by=by)
    return _shown(account), 201


@api.post(
    "/<path:account>/trial/extensions",
    summary="Make the trial longer or shorter",
    responses={200: TrialDetail},
)
@requires("secret")
def extend_trial(path: AccountPath, body: ExtensionIn) -> dict[str, Any]:
    account = accounts.find(path.account)
    trials.extend(account.id, body.days, reason=body.reason, by=current_caller().actor)
    return _shown(account)


@api.post(
    "/<path:account>/trial/pause",
    summary="Stop the trial's clock",
    description="Until it is resumed the account can look and change nothing.",
    responses={200: TrialDetail},
)
@requires("secret")
def pause_trial(path: AccountPath, body: ReasonIn) -> dict[str, Any]:
    account = accounts.find(path.account)
    trials.pause(account.id, reason=body.reason, by=current_caller().actor)
    return _shown(account)


@api.post(
    "/<path:account>/trial/resume", summary="Let the trial's clock run again", responses={200: TrialDetail}
)
@requires("secret")
def resume_trial(path: AccountPath, body: OptionalReasonIn) -> dict[str, Any]:
    account = accounts.find(path.account)
    trials.resume(account.id, reason=body.reason, by=current_caller().actor)
    return _shown(account)


@api.post(
    "/<path:account>/trial/cancel",
    summary="Call the trial off",
    description="A trial that runs goes on until its end, and no card is charged then.",
    responses={200: TrialDetail},
)
@requires("secret")
def cancel_trial(path: AccountPath, body: OptionalReasonIn) -> dict[str, Any]:
    account = accounts.find(path.account)
    trials.cancel(account.id, reason=body.reason, by=current_caller().actor)
    return _shown(account)


@api.post(
    "/<path:account>/trial/reactivate",
    summary="Take back that the trial was called off",
    description="At its end the card is charged after all.",
    responses={200: TrialDetail},
)
@requires("secret")
def reactivate_trial(path: AccountPath) -> dict[str, Any]:
    account = accounts.find(path.account)
    trials.reactivate(account.id, by=current_caller().actor)
    return _shown(account)


def _shown(account: Account) -> dict[str, Any]:
    trial = trials.of_account(account.id)
    if trial is None:
        raise NoTrial("This account has no trial.")
    steps = trials.explain(account.id)
    return TrialDetail.explained(trial, steps, now(), zone(account.timezone)).model_dump(mode="json")
