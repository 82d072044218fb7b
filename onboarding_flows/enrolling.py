"""A server lets people and accounts begin a flow, whatever its audience says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onboarding_flows import enrolments, event_names, flows, who
from onboarding_flows.enrolled import Enrolled
from onboarding_flows.enrolments import Actor, Beginning, Owner
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.schemas import WhoIn
from onboarding_flows.telling import Telling
from plg.events import log
from plg.events.log import NewEvent
from plg.kit.clock import now
from plg.kit.errors import NotFound, Refusal, Unprocessable


class NoOwner(Unprocessable):
    """An account's flow was asked for somebody without an account, or a person's for an account alone."""


class NotEnrolled(NotFound):
    """They have not begun the flow."""


def enrol_many(flow_key: str, rows: Sequence[WhoIn], *, by: str) -> list[dict[str, Any]]:
    """Let them begin the live flow; one result a row: `enrolled`, `already_enrolled`, or `refused` and why."""
    flow = flows.find_live(flow_key)
    found = [_owned(flow, each) for each in who.find_many(rows)]
    wanted = dict(each for each in found if not isinstance(each, Refusal))
    new = {Owner(each.account_id, each.person_id) for each in _begin(flow, wanted, by)}
    results: list[dict[str, Any]] = []
    for index, each in enumerate(found):
        if isinstance(each, Refusal):
            results.append({"index": index, "status": "refused", "code": each.code, "detail": each.detail})
            continue
        status = "enrolled" if each[0].owner in new else "already_enrolled"
        new.discard(each[0].owner)
        results.append({"index": index, "status": status, "code": None, "detail": None})
    return results


def _owned(flow: PublishedFlow, found: Actor | Refusal) -> tuple[Beginning, Actor] | Refusal:
    if isinstance(found, Refusal):
        return found
    owner = enrolments.owner_of(flow, found)
    return (Beginning(flow, owner), found) if owner is not None else _ownerless(flow)


def _ownerless(flow: PublishedFlow) -> NoOwner:
    return NoOwner(f"The flow {flow.key!r} is one of a {flow.flow.scope}; none was given.")


def _begin(flow: PublishedFlow, wanted: dict[Beginning, Actor], by: str) -> list[Enrolled]:
    begun = enrolments.begin(list(wanted))
    actors = {beginning.owner: actor for beginning, actor in wanted.items()}
    told: list[NewEvent] = []
    for each in begun:
        actor = actors[Owner(each.account_id, each.person_id)]
        telling = Telling(each, actor.person_id, actor.account_id)
        told += telling.told(event_names.ENROLLED, {"by": by}, now())
    log.store(told)
    return begun


def find(flow_key: str, actor: Actor) -> Enrolled:
    """Their enrolment; NotEnrolled where they have not begun the flow."""
    found = enrolments.find(flow_key, actor)
    if found is None:
        raise NotEnrolled(f"They have not begun the flow {flow_key!r}.")
    return found


def find_or_begin(flow_key: str, actor: Actor, *, by: str) -> Enrolled:
    """Their enrolment; they begin the live flow where they had not."""
    found = enrolments.find(flow_key, actor)
    if found is not None:
        return found
    flow = flows.find_live(flow_key)
    owner = enrolments.owner_of(flow, actor)
    if owner is None:
        raise _ownerless(flow)
    _begin(flow, {Beginning(flow, owner): actor}, by)
    return find(flow_key, actor)
