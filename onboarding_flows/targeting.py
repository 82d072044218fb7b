"""Whom a flow is for: its audience as a rule that is asked of everybody in SQL, and what can be said of one person
without asking the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onboarding_flows.definition import Flow
from plg.kit import rules
from plg.kit.rules import Rule
from plg.segments import buckets


@dataclass(frozen=True)
class Marks:
    """What a share and a language are chosen by: public ids of a person and of their account, the person's locale."""

    person: str | None = None
    account: str | None = None
    locale: str | None = None


def rule_of(flow: Flow) -> Rule | None:
    """Everything that the audience asks for as one rule; None where plans and roles are all that it asks for."""
    asked = flow.audience
    more = asked.when is not None or asked.percent is not None or asked.locales
    return whole_rule_of(flow) if more else None


def whole_rule_of(flow: Flow) -> Rule:
    """Everything that the audience asks for as one rule, whatever it is. The roles of an account's flow say who is
    shown it, not whose it is."""
    asked = flow.audience
    parts: list[Any] = [asked.when] if asked.when is not None else []
    if asked.percent is not None:
        field = "account.bucket" if flow.scope == "account" else "bucket"
        parts.append({"field": f"{field}.{salt(flow)}", "lt": asked.percent})
    if asked.locales:
        parts.append({"any": [part for each in asked.locales for part in _speaks(each)]})
    if asked.plans:
        parts.append({"field": "account.plan", "in": asked.plans})
    if asked.roles and flow.scope == "person":
        parts.append({"field": "account.role", "in": asked.roles})
    return rules.parse({"all": parts})


def _speaks(locale: str) -> list[dict[str, Any]]:
    return [
        {"field": "person.locale", "eq": locale},
        *({"field": "person.locale", "starts_with": f"{locale}{mark}"} for mark in "-_"),
    ]


def salt(flow: Flow) -> str:
    """Each flow draws its own share."""
    return f"percent-{flow.key}"


def bucket(flow: Flow, marks: Marks) -> int | None:
    """Where the owner falls, from 0 to 99; None where there is none."""
    owner = marks.account if flow.scope == "account" else marks.person
    return buckets.of(owner, salt(flow)) if owner is not None else None


def in_share(flow: Flow, marks: Marks) -> bool:
    """Whether the owner is of the share that the flow is for."""
    percent, drawn = flow.audience.percent, bucket(flow, marks)
    return percent is None or (drawn is not None and drawn < percent)


def speaks(flow: Flow, marks: Marks) -> bool:
    """Whether the person's language is one of those that the flow is for."""
    wanted, found = flow.audience.locales, marks.locale or ""
    return not wanted or any(found == each or found.startswith((f"{each}-", f"{each}_")) for each in wanted)
