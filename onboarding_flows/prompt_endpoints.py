"""What people do in the widget with what comes up by itself: a tour, a banner, an announcement."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from onboarding_flows import missing_anchors, showings, shown
from onboarding_flows.endpoints import enrolment_of, viewer_of
from onboarding_flows.schemas import FlowPath, StatusOut, StepPath
from onboarding_flows.state_schemas import LocaleQuery, MissingIn, PromptOut
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.clock import now
from plg.kit.errors import Conflict
from plg.kit.rate_limits import limiter

widget = APIBlueprint(
    "onboarding_flows_prompts",
    __name__,
    url_prefix="/v1/widget/flows",
    abp_tags=[Tag(name="Widget")],
    abp_security=[{"publishable": [], "user": []}],
)


class FlowNotStartable(Conflict):
    """A checklist stands in its place: it does not come up."""


@widget.post(
    "/<flow>/shown",
    summary="Say that a flow came on the screen",
    description="Once for each showing; more reports within half an hour are of the same one. What came up by itself "
    "counts for the attention of the person and of the account.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def report_shown(path: FlowPath) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolled = enrolment_of(path.flow, caller)
    showings.show(enrolled, to=caller.person_id, account_id=caller.account_id, at=now())
    return {"status": "shown"}


@widget.post(
    "/<flow>/start",
    summary="Ask for a tour, a banner or an announcement",
    description="It is shown whatever its times and the budget of attention say, also to who has seen it, put it "
    "away or completed it. 409 `flow_not_startable` for a checklist.",
    responses={200: PromptOut},
)
@requires("user")
@limiter.limit("60/minute")
def start_flow(path: FlowPath, query: LocaleQuery) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolled = enrolment_of(path.flow, caller)
    showings.ask(enrolled, to=caller.person_id, account_id=caller.account_id, at=now())
    prompt = shown.one_prompt(path.flow, viewer_of(caller, query.locale or caller.locale or "en"))
    if prompt is None:
        raise FlowNotStartable("A checklist stands in its place; it does not come up.")
    return prompt


@widget.post(
    "/<flow>/snooze",
    summary="Put a flow off",
    description="For as long as it says; 409 `flow_not_dismissible` where it may not be put away.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def snooze_flow(path: FlowPath) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    showings.snooze(enrolment_of(path.flow, caller), by=caller.person_id, at=now())
    return {"status": "snoozed"}


@widget.post(
    "/<flow>/complete",
    summary="Say that a tour ended, or that a banner or an announcement was acted on",
    description="409 `flow_not_completable` for a checklist, which its steps complete.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def complete_flow(path: FlowPath) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolled = enrolment_of(path.flow, caller)
    showings.complete(enrolled, by=caller.person_id, account_id=caller.account_id, at=now())
    return {"status": "completed"}


@widget.post(
    "/<flow>/steps/<step>/missing",
    summary="Say that what a step of a tour points at is not on the page",
    description="Staff see it beside the flow.",
    responses={200: StatusOut},
)
@requires("user")
@limiter.limit("60/minute")
def report_missing_anchor(path: StepPath, body: MissingIn) -> dict[str, Any]:
    caller = current_caller()
    assert caller.person_id is not None
    enrolled = enrolment_of(path.flow, caller)
    missing_anchors.report(
        enrolled, path.step, body.path, by=caller.person_id, account_id=caller.account_id, at=now()
    )
    return {"status": "noted"}
