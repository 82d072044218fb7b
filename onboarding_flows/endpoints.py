"""Flows: their state for the host product's server, and what people do with them in the widget."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from onboarding_flows import answering, enrolments, explain, flows, progress, settling, shown, who
from onboarding_flows.checklist import Viewer
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.enrolments import Actor
from onboarding_flows.flows import FlowNotFound, StepNotFound
from onboarding_flows.schemas import (
    AnswersIn,
    ExplainOut,
    ExplainQuery,
    FlowPath,
    StatusOut,
    StepPath,
)
from onboarding_flows.state_schemas import StateOut, StateQuery
from onboarding_flows.targeting import Marks
from plg.kit.api import APIBlueprint
from plg.kit.caller import Caller, current_caller, requires
from plg.kit.clock import now
from plg.kit.errors import Conflict
from plg.kit.rate_limits import limiter

api = APIBlueprint(
    "onboarding_flows",
    __name__,
    url_prefix="/v1/flows",
    abp_tags=[Tag(name="Flows")],
    abp_security=[{"secret": []}],
)
widget = APIBlueprint(
    "onboarding_flows_widget",
    __name__,
    url_prefix="/v1/widget/flows",
    abp_tags=[Tag(name="Widget")],
    abp_security=[{"publishable": [], "user": []}],
)


class StepNotManual(Conflict):
    """An event completes this step; nobody marks it as done."""


@api.get("/state", summary="The flows of a person, or of an account", responses={200: StateOut})
@requires("secret")
def get_flow_state(query: StateQuery) -> dict[str, Any]:
    asked = who.find(query.person, query.account)
    viewer = Viewer(*asked.actor, asked.role, query.locale, marks=asked.marks)
    person, account = asked.person, asked.account
    state = {"person": person and person.public_id, "account": account and account.public_id}
    return state | shown.state(viewer)


@api.get(
    "/explain",
    summary="Why somebody sees a flow, or not",
    description="Each rule with what was found, and each step with the event that completed it or what it waits for.",
    responses={200: ExplainOut},
)
@requires("secret", "staff")
def explain_flow(query: ExplainQuery) -> dict[str, Any]:
    return explain.explain(query.flow, who.find(query.person, query.account))


def widget_state(caller: Caller, locale: str) -> dict[str, Any]:
    """What the widget shows of flows."""
    return shown.state(viewer_of(caller, locale))


def viewer_of(caller: Caller, locale: str) -> Viewer:
    """On the hosted pages, where only checklists are shown, nothing comes up by itself."""
    marks = Marks(caller.person_key, caller.account_key, caller.locale)
    is_there = caller.kind == "user"
    who = (caller.person_id, caller.account_id, caller.role)
    return Viewer(*who, locale, marks=marks, is_there=is_there)


@widget.post("/<flow>/steps/<step>/complete", summary="Mark a step as done", responses={200: StatusOut})
@requires("user")
@limiter.limit("60/minute")
def complete_step(path: StepPath) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolled = _with_step(path, caller)
    step = enrolled.flow.step(path.step)
    if not step.manual:
        raise StepNotManual("This step is completed by what happens in the product.")
    progress.complete_by_hand(enrolled, step.key, by=caller.person_id, account_id=caller.account_id)
    return {"status": "done"}


@widget.post(
    "/<flow>/steps/<step>/answers",
    summary="Fill in a step's form",
    description="It completes the step; the first answers stand. 422 `answers_faulty` names every field "
    "that is wrong, 409 `step_has_no_form`.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def answer_step(path: StepPath, body: AnswersIn) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    they = Actor(caller.person_id, caller.account_id)
    answering.answer(_with_step(path, caller), path.step, body.answers, by=they)
    return {"status": "done"}


@widget.post(
    "/<flow>/steps/<step>/skip",
    summary="Leave a step out",
    description="409 `step_not_skippable` where the flow does not allow it.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def skip_step(path: StepPath) -> dict[str, Any]:
    caller = current_caller()
    settling.skip(_with_step(path, caller), path.step, by=caller.person_id)
    return {"status": "skipped"}


@widget.post("/<flow>/dismiss", summary="Put a flow away", responses={200: StatusOut})
@requires("user")
@limiter.limit("60/minute")
def dismiss_flow(path: FlowPath) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolments.dismiss(enrolment_of(path.flow, caller), by=caller.person_id, at=now())
    return {"status": "dismissed"}


@widget.post("/<flow>/resume", summary="See a flow again that was put away", responses={200: StatusOut})
@requires("user")
@limiter.limit("60/minute")
def resume_flow(path: FlowPath) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolments.resume(enrolment_of(path.flow, caller), by=caller.person_id, at=now())
    return {"status": "shown"}


def _with_step(path: StepPath, caller: Caller) -> Enrolled:
    """The caller's enrolment; a step that is hidden from them is not found."""
    enrolled = enrolment_of(path.flow, caller)
    if path.step in enrolled.flow.hidden(enrolled.revealed, ()):
        raise StepNotFound(f"The flow {path.flow!r} has no step {path.step!r}.")
    return enrolled


def enrolment_of(flow_key: str, caller: Caller) -> Enrolled:
    """The caller's enrolment; a flow that is for them and not begun yet is begun. Others' flows are not found."""
    actor = Actor(caller.person_id, caller.account_id)
    found = enrolments.find(flow_key, actor)
    if found is None:
        begun = enrolments.missing([flows.find_live(flow_key)], [actor], [])
        enrolments.begin(begun)
        found = enrolments.find(flow_key, actor)
    roles = found.flow.flow.audience.roles if found else []
    if found is None or found.flow.held_out or (roles and caller.role not in roles):
        raise FlowNotFound(f"There is no flow {flow_key!r}.")
    return found
