"""What the host product's server does with people's flows."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from onboarding_flows import enrolling, enrolments, progress, rewards, settling, showings, shown, who
from onboarding_flows.schemas import (
    EnrolIn,
    EnrolOut,
    FlowPath,
    PointsOut,
    PointsQuery,
    StepPath,
    VerbOut,
    WhoIn,
)
from onboarding_flows.who import Who
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.kit.errors import Fault, Unprocessable

api = APIBlueprint(
    "onboarding_flows_server",
    __name__,
    url_prefix="/v1/flows",
    abp_tags=[Tag(name="Flows")],
    abp_security=[{"secret": []}],
)


class PersonNeeded(Unprocessable):
    """A flow is put away by a person, each for themselves."""


@api.post(
    "/<flow>/enrol",
    summary="Let people or accounts begin a flow",
    description="One, or up to 1,000 rows, each with its own result. Whoever has begun it goes on. The audience is "
    "not asked; its roles still say who is shown the flow.",
    responses={200: EnrolOut},
)
@requires("secret")
def enrol(path: FlowPath, body: EnrolIn) -> dict[str, Any]:
    results = enrolling.enrol_many(path.flow, body.all_rows(), by=current_caller().actor)
    states = [each["status"] for each in results]
    counts = {name: states.count(name) for name in ("enrolled", "already_enrolled", "refused")}
    return counts | {"results": results}


@api.post(
    "/<flow>/steps/<step>/complete",
    summary="Mark a step as done",
    description="Of any kind, credited to the person. They begin the flow where they had not. 409 `step_locked` for "
    "a manual step that others come before.",
    responses={200: VerbOut},
)
@requires("secret")
def complete(path: StepPath, body: WhoIn) -> dict[str, Any]:
    they, by = who.find(body.person, body.account), current_caller().actor
    enrolled = enrolling.find_or_begin(path.flow, they.actor, by=by)
    person_id, account_id = they.actor
    changed = progress.complete_by_hand(enrolled, path.step, by=person_id, account_id=account_id, actor=by)
    return _now(path.flow, they, "done", changed)


@api.post(
    "/<flow>/steps/<step>/skip",
    summary="Leave a step out",
    description="It counts as settled, so the flow can be completed, and is shown as skipped. A step that is done "
    "stays done.",
    responses={200: VerbOut},
)
@requires("secret")
def skip(path: StepPath, body: WhoIn) -> dict[str, Any]:
    they, by = who.find(body.person, body.account), current_caller().actor
    enrolled = enrolling.find_or_begin(path.flow, they.actor, by=by)
    changed = settling.skip(enrolled, path.step, by=they.actor.person_id, actor=by, anyway=True)
    return _now(path.flow, they, "skipped", changed)


@api.post(
    "/<flow>/steps/<step>/reset",
    summary="Take back that a step was done",
    description="Only what happens from now on counts for it.",
    responses={200: VerbOut},
)
@requires("secret")
def reset_step(path: StepPath, body: WhoIn) -> dict[str, Any]:
    they, by = who.find(body.person, body.account), current_caller().actor
    enrolled = enrolling.find(path.flow, they.actor)
    changed = settling.reset_step(enrolled, path.step, by=they.actor.person_id, actor=by)
    return _now(path.flow, they, "open", changed)


@api.post(
    "/<flow>/reset",
    summary="Let a flow begin anew",
    description="Nothing is done any more, and whoever had put it away is shown it again.",
    responses={200: VerbOut},
)
@requires("secret")
def reset(path: FlowPath, body: WhoIn) -> dict[str, Any]:
    they, by = who.find(body.person, body.account), current_caller().actor
    changed = settling.reset(enrolling.find(path.flow, they.actor), by=they.actor.person_id, actor=by)
    return _now(path.flow, they, "open", changed)


@api.post("/<flow>/dismiss", summary="Put a flow away for a person", responses={200: VerbOut})
@requires("secret")
def dismiss(path: FlowPath, body: WhoIn) -> dict[str, Any]:
    they = who.find(body.person, body.account)
    changed = enrolments.dismiss(
        enrolling.find(path.flow, they.actor), by=_person(they.actor.person_id), at=now(), anyway=True
    )
    return _now(path.flow, they, "dismissed", changed)


@api.post(
    "/<flow>/start",
    summary="Show a person a flow next",
    description="They begin it where they had not, whatever its audience says. A tour, a banner or an announcement "
    "is shown with the next state, outside of the budget of attention.",
    responses={200: VerbOut},
)
@requires("secret")
def start(path: FlowPath, body: WhoIn) -> dict[str, Any]:
    they, by = who.find(body.person, body.account), current_caller().actor
    person_id = _person(they.actor.person_id)
    enrolled = enrolling.find_or_begin(path.flow, they.actor, by=by)
    changed = showings.ask(enrolled, to=person_id, account_id=they.actor.account_id, at=now(), actor=by)
    return _now(path.flow, they, "started", changed)


@api.post("/<flow>/snooze", summary="Put a flow off for a person", responses={200: VerbOut})
@requires("secret")
def snooze(path: FlowPath, body: WhoIn) -> dict[str, Any]:
    they = who.find(body.person, body.account)
    enrolled, person_id = enrolling.find(path.flow, they.actor), _person(they.actor.person_id)
    changed = showings.snooze(enrolled, by=person_id, at=now(), anyway=True)
    return _now(path.flow, they, "snoozed", changed)


@api.post(
    "/<flow>/complete",
    summary="Say that a tour ended, or that a banner or an announcement was acted on",
    description="409 `flow_not_completable` for a checklist, which its steps complete.",
    responses={200: VerbOut},
)
@requires("secret")
def end(path: FlowPath, body: WhoIn) -> dict[str, Any]:
    they, by = who.find(body.person, body.account), current_caller().actor
    person_id = _person(they.actor.person_id)
    enrolled = enrolling.find_or_begin(path.flow, they.actor, by=by)
    changed = showings.complete(enrolled, by=person_id, account_id=they.actor.account_id, at=now())
    return _now(path.flow, they, "completed", changed)


@api.post("/<flow>/resume", summary="Show a person a flow that they had put away", responses={200: VerbOut})
@requires("secret")
def resume(path: FlowPath, body: WhoIn) -> dict[str, Any]:
    they = who.find(body.person, body.account)
    changed = enrolments.resume(
        enrolling.find(path.flow, they.actor), by=_person(they.actor.person_id), at=now()
    )
    return _now(path.flow, they, "shown", changed)


@api.get(
    "/points",
    summary="What a person's or an account's steps earned",
    description="Of both: of that person in that account.",
    responses={200: PointsOut},
)
@requires("secret", "staff")
def points(query: PointsQuery) -> dict[str, Any]:
    they = who.find(query.person, query.account)
    account_id = they.account.id if they.account and query.account else None
    return rewards.of(they.actor.person_id, account_id)


def _now(flow_key: str, they: Who, status: str, changed: bool) -> dict[str, Any]:
    return {"status": status, "changed": changed, "checklist": shown.one(flow_key, they.viewer)}


def _person(person_id: int | None) -> int:
    if person_id is None:
        raise PersonNeeded(errors=[Fault("person", "each person puts a flow away for themselves")])
    return person_id
