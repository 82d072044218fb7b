"""Drafts: definitions that somebody works on. They may have faults, and nobody is shown them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select

from onboarding_flows import flows, waiting
from onboarding_flows.flows import FlowFaulty, PublishedFlow
from onboarding_flows.models import FlowDraft, FlowVersion
from onboarding_flows.shapes import MAX_KEY
from plg.kit import versions
from plg.kit.clock import now
from plg.kit.db import db, encode_json, insert
from plg.kit.errors import Conflict, Fault, NotFound, TooLarge, Unprocessable
from plg.kit.yaml_edits import rewritten

MAX_BYTES: Final = 200_000
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class DraftNotFound(NotFound):
    pass


class DraftTooLarge(TooLarge):
    pass


class DraftChanged(Conflict):
    """Somebody saved the draft since it was read."""


class FlowKeyInvalid(Unprocessable):
    pass


@dataclass(frozen=True)
class Draft:
    """A draft with every fault that keeps it from being published."""

    row: FlowDraft
    faults: list[Fault]


def save(
    key: str,
    definition: dict[str, Any],
    *,
    by: str,
    instead_of: str | None = None,
    source: str | None = None,
) -> Draft:
    """Keep this as the draft of the flow, in place of the one before. instead_of: the `mark` of the draft that it was
    made from, DraftChanged where there is another one by now; None overwrites whatever there is. source: the YAML
    that says it; else the text before is changed where it has to change, and keeps its comments."""
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        told = f"needs small letters, digits and single hyphens, at most {MAX_KEY}"
        raise FlowKeyInvalid(errors=[Fault("flow", told)])
    if len(encode_json(definition)) > MAX_BYTES:
        raise DraftTooLarge(f"A flow has at most {MAX_BYTES} bytes.")
    if instead_of is not None and mark(key, hold=True) != instead_of:
        raise DraftChanged(f"Somebody else saved the draft of {key!r} meanwhile.")
    before = source_of(key) if source is None else None
    text = rewritten(before, definition) if before is not None else source
    given = {"definition": definition, "source": text, "saved_at": now(), "saved_by": by}
    row = insert(FlowDraft).values(key=key, **given)
    db.session.execute(row.on_conflict_do_update(index_elements=["key"], set_=given))
    return find(key)


def find(key: str) -> Draft:
    row = db.session.get(FlowDraft, key, populate_existing=True)
    if row is None:
        raise DraftNotFound(f"The flow {key!r} has no draft.")
    return Draft(row, faults(key, row.definition))


def source_of(key: str) -> str | None:
    """The text of the draft, else of the live version, as it was written; None where nobody wrote it as text."""
    draft = db.session.get(FlowDraft, key, populate_existing=True)
    row = draft or versions.live(FlowVersion, key)
    return row.source if row is not None else None


def mark(key: str, *, hold: bool = False) -> str:
    """What tells one state of the draft from another; "" where there is none. hold: nobody else changes it until the
    transaction ends."""
    query = select(FlowDraft.saved_at).where(FlowDraft.key == key)
    saved_at = db.session.scalar(query.with_for_update() if hold else query)
    return saved_at.isoformat() if saved_at is not None else ""


def faults(key: str, definition: dict[str, Any]) -> list[Fault]:
    """All that keeps the definition from being published as this flow beside those that are live."""
    found = []
    try:
        flow = flows.parse(definition)
        found = waiting.faults(flow, {each.key: each.flow for each in flows.live()})
    except FlowFaulty as refusal:
        found = refusal.errors
    if definition.get("key") != key and not any(fault.field == "key" for fault in found):
        found.append(Fault("key", f"must be {key!r}"))
    return found


def discard(key: str) -> None:
    """Let the draft go, where there is one."""
    db.session.execute(delete(FlowDraft).where(FlowDraft.key == key))


def publish(key: str, *, by: str) -> PublishedFlow:
    """Make the draft the live version. FlowFaulty names all that is wrong with it, and it stays a draft."""
    row = db.session.scalar(select(FlowDraft).where(FlowDraft.key == key).with_for_update())
    if row is None:
        raise DraftNotFound(f"The flow {key!r} has no draft.")
    if found := faults(key, row.definition):
        raise FlowFaulty("The draft has faults.", errors=found)
    published = flows.publish(row.definition, by=by, source=row.source)
    discard(key)
    return published
