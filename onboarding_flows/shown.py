"""What a person is shown of their flows: one query (see `looking`), definitions from memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from onboarding_flows import checklist, enrolments, exposing, flows, looking, prompt, prompting
from onboarding_flows.checklist import Viewer
from onboarding_flows.flows import PublishedFlow
from onboarding_flows.looking import Look
from onboarding_flows.prompting import Candidate, Check, Choice
from onboarding_flows.showings import source_of
from plg.attention import budget, held_back
from plg.kit.clock import now
from plg.kit.db import db, writing


def state(viewer: Viewer) -> dict[str, Any]:
    """The viewer's checklists, those of higher priority first, and what comes up by itself. Flows that they meet for
    the first time are begun here, that they meet an experiment is noted, and reasons why something is held back are
    kept: a GET may write now and then."""
    look = looking.look(viewer)
    if look.missing:
        with writing():
            enrolments.begin(look.missing)
            db.session.commit()
        look = looking.look(viewer)
    if met := _met(look, viewer):
        with writing():
            exposing.expose(met, to=viewer.actor, at=now())
            db.session.commit()
    checklists, prompts = _seen(look, viewer)
    return {
        "checklists": _checklists(checklists, replace(viewer, labels=look.labels)),
        "prompts": _prompts(look, prompts, viewer),
    }


def _met(look: Look, viewer: Viewer) -> list[int]:
    """The enrolments whose experiment the viewer is the first to meet; a server that asks for an account alone shows
    it to nobody."""
    if viewer.person_id is None:
        return []
    unmet = [each for each in look.begun.values() if each.unmet and not each.dismissed]
    published = flows.versions_of([each.version_id for each in unmet])
    theirs = [Candidate(published[each.version_id], each) for each in unmet]
    return [each.begun.id for each in theirs if may_see(each.flow, viewer) and _is_met(each)]


def _is_met(each: Candidate) -> bool:
    """What comes up by itself is met when it could come up; that others go first falls on all arms alike."""
    return not each.flow.flow.is_prompt or all(check.holds for check in prompting.standing(each, now()))


def one(flow_key: str, viewer: Viewer) -> dict[str, Any] | None:
    """One checklist as it is now; None where the viewer has not begun it or may not see it. One query, nothing
    written."""
    look = looking.look(viewer)
    checklists, _ = _seen(look, viewer)
    labelled = replace(viewer, labels=look.labels)
    return next((each for each in _checklists(checklists, labelled) if each["flow"] == flow_key), None)


def one_prompt(flow_key: str, viewer: Viewer) -> dict[str, Any] | None:
    """The same of a tour, a banner or an announcement, whether it is due or not."""
    _, prompts = _seen(looking.look(viewer), viewer)
    mine = (each for each in prompts if each.flow.key == flow_key)
    return next((prompt.shown(each.flow, each.begun, viewer) for each in mine), None)


def explained(flow_key: str, viewer: Viewer) -> list[Check]:
    """What is asked before the viewer is shown a flow that they have begun, with what was found. One query."""
    look, moment = looking.look(viewer), now()
    checklists, prompts = _seen(look, viewer)
    if any(each.flow.key == flow_key for each in prompts):
        return list(prompting.explained(flow_key, prompts, budget.of_row(look.spent), moment))
    mine = (each for each in checklists if each.flow.key == flow_key)
    return [check for each in mine for check in prompting.place(each.flow.flow, each.begun, moment)]


def _seen(look: Look, viewer: Viewer) -> tuple[list[Candidate], list[Candidate]]:
    """The checklists that they have begun and may see, and those of the rest that are still published: what never
    came up does not go on."""
    published = flows.versions_of([begun.version_id for begun in look.begun.values()])
    checklists, prompts = [], []
    for key, begun in look.begun.items():
        flow = published[begun.version_id].in_arm(begun.variant)
        if flow.held_out or not may_see(flow, viewer):
            continue
        if not flow.flow.is_prompt:
            checklists.append(Candidate(flow, begun))
        elif key in look.live:
            prompts.append(Candidate(flow, begun))
    return checklists, prompts


def _checklists(found: Sequence[Candidate], viewer: Viewer) -> list[dict[str, Any]]:
    moment = now()
    return [
        checklist.shown(each.flow, each.begun, viewer)
        for each in sorted(found, key=lambda one: (-one.flow.flow.show.priority, one.flow.key))
        if prompting.is_due(each.flow.flow, each.begun, moment)
    ]


def _prompts(look: Look, found: Sequence[Candidate], viewer: Viewer) -> list[dict[str, Any]]:
    """What comes up now, under the budget that everything in this answer shares."""
    if not found or viewer.person_id is None:
        return []
    moment = now()
    choice = prompting.choose(found, budget.of_request(look.spent, viewer.person_id), moment)
    _keep_reasons(choice, found, viewer, moment)
    return [prompt.shown(each.flow, each.begun, viewer) for each in choice.chosen]


def _keep_reasons(choice: Choice, found: Sequence[Candidate], viewer: Viewer, moment: dt.datetime) -> None:
    """Where the viewer is really there to see it: a server that asks changes nothing."""
    if viewer.person_id is None or not viewer.is_there:
        return
    kept = {source_of(each.flow.key): each.begun.held_back for each in found if each.begun.held_back}
    reasons = {source_of(key): reason for key, reason in choice.held_back.items()}
    held_back.keep(reasons, kept, person_id=viewer.person_id, account_id=viewer.account_id, at=moment)


def may_see(flow: PublishedFlow, viewer: Viewer) -> bool:
    roles = flow.flow.audience.roles
    return not roles or viewer.person_id is None or viewer.role in roles
