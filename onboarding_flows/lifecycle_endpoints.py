"""Flows themselves: their versions, drafts, going back, and moving people to the live version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_openapi3 import Tag

from onboarding_flows import drafts, lifecycle, moving, trying
from onboarding_flows.drafts import Draft
from onboarding_flows.lifecycle_schemas import (
    DraftIn,
    DraftOut,
    FlowsOut,
    MigrationIn,
    MigrationOut,
    MigrationPath,
    PreviewOut,
    PublishedOut,
    RollBackIn,
    TryIn,
    TryOut,
    VersionsOut,
)
from onboarding_flows.schemas import FlowPath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires

api = APIBlueprint(
    "onboarding_flows_lifecycle",
    __name__,
    url_prefix="/v1/flows",
    abp_tags=[Tag(name="Flows")],
    abp_security=[{"secret": []}],
)


@api.get("", summary="All flows", responses={200: FlowsOut})
@requires("secret", "staff")
def list_flows() -> dict[str, Any]:
    return {"data": lifecycle.all_flows()}


@api.get("/<flow>/versions", summary="The versions of a flow", responses={200: VersionsOut})
@requires("secret", "staff")
def list_versions(path: FlowPath) -> dict[str, Any]:
    return {"data": lifecycle.versions_of_flow(path.flow)}


@api.get("/<flow>/draft", summary="The draft of a flow, and its faults", responses={200: DraftOut})
@requires("secret", "staff")
def get_draft(path: FlowPath) -> dict[str, Any]:
    return _draft(drafts.find(path.flow))


@api.put(
    "/<flow>/draft",
    summary="Save a draft",
    description="In place of the one before. It may have faults, which are answered, and nobody is shown it.",
    responses={200: DraftOut},
)
@requires("secret")
def save_draft(path: FlowPath, body: DraftIn) -> dict[str, Any]:
    return _draft(drafts.save(path.flow, body.definition, by=current_caller().actor))


@api.delete("/<flow>/draft", summary="Let a draft go", responses={204: None})
@requires("secret")
def discard_draft(path: FlowPath) -> tuple[str, int]:
    drafts.discard(path.flow)
    return "", 204


@api.post(
    "/<flow>/draft/publish",
    summary="Make the draft the live version",
    description="422 `flow_faulty` names all that is wrong with it. Who has begun stays on their version.",
    responses={200: PublishedOut},
)
@requires("secret")
def publish_draft(path: FlowPath) -> dict[str, Any]:
    published = drafts.publish(path.flow, by=current_caller().actor)
    return {"flow": published.key, "version": published.version}


@api.post(
    "/<flow>/roll-back",
    summary="Make an earlier version live again",
    description="What it said is published as a new version. Who has begun stays on their version.",
    responses={200: PublishedOut},
)
@requires("secret")
def roll_back(path: FlowPath, body: RollBackIn) -> dict[str, Any]:
    published = lifecycle.roll_back(path.flow, body.version, by=current_caller().actor)
    return {"flow": published.key, "version": published.version}


@api.post(
    "/<flow>/try",
    summary="What would have come of a flow",
    description="The past is replayed through a definition, a version, or the draft: who would have begun and "
    "completed it, where they would be stuck, and how that differs from today. Nothing is done. 413 "
    f"`too_many_to_try` where more than {trying.MAX_TRIED:,} owners acted; `plg flows try` looks at any number.",
    responses={200: TryOut},
)
@requires("secret")
def try_flow(path: FlowPath, body: TryIn) -> dict[str, Any]:
    tried = trying.candidate(path.flow, version=body.version, definition=body.definition)
    return trying.replay(tried, body.last_days, at_most=trying.MAX_TRIED)


@api.post(
    "/<flow>/migrations/preview",
    summary="What moving people to the live version would change",
    description="Nothing is done.",
    responses={200: PreviewOut},
)
@requires("secret")
def preview_migration(path: FlowPath, body: MigrationIn) -> dict[str, Any]:
    return moving.preview(moving.plan(path.flow, body.from_version, body.mapping))


@api.post(
    "/<flow>/migrations",
    summary="Move who is on a version to the live one",
    description="A worker does it, in batches. The same migration that is under way already is answered; 409 "
    "`migration_running` where it is another one.",
    responses={202: MigrationOut},
)
@requires("secret")
def start_migration(path: FlowPath, body: MigrationIn) -> tuple[dict[str, Any], int]:
    move = moving.plan(path.flow, body.from_version, body.mapping)
    return moving.shown(moving.start(move, by=current_caller().actor)), 202


@api.get("/<flow>/migrations/<migration>", summary="How far a migration is", responses={200: MigrationOut})
@requires("secret", "staff")
def get_migration(path: MigrationPath) -> dict[str, Any]:
    return moving.shown(moving.find(path.flow, path.migration))


def _draft(draft: Draft) -> dict[str, Any]:
    return {
        "flow": draft.row.key,
        "definition": draft.row.definition,
        "faults": [asdict(fault) for fault in draft.faults],
        "saved_at": draft.row.saved_at,
        "saved_by": draft.row.saved_by,
    }
