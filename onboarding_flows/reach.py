"""For how many a flow would be that have not begun it: asked of everybody at once, in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from onboarding_flows import flows
from onboarding_flows.definition import Flow
from onboarding_flows.models import FlowEnrolment
from plg.accounts.models import Membership
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.db import db
from plg.segments import segments


def of_definition(key: str, definition: dict[str, Any]) -> int:
    """How many accounts (or people) the flow is for and have not begun it; they begin as they come, or as a rule
    comes to hold for them."""
    flow, moment = flows.parse(definition), now()
    account = flow.scope == "account"
    member = Membership.account_id if account else Membership.person_id
    owner = FlowEnrolment.account_id if account else FlowEnrolment.person_id
    meant = segments.members(rules.parse(audience_of(flow)), moment).with_only_columns(member).distinct()
    begun = select(owner).where(FlowEnrolment.flow_key == key, owner.is_not(None))
    found = meant.where(member.not_in(begun)).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def audience_of(flow: Flow) -> dict[str, Any]:
    """All that the audience asks for, as one rule. The roles of an account's flow say who is shown it, not whose it
    is."""
    asked = flow.audience
    parts: list[Any] = [asked.when] if asked.when is not None else []
    if asked.plans:
        parts.append({"field": "account.plan", "in": list(asked.plans)})
    if asked.roles and flow.scope == "person":
        parts.append({"field": "account.role", "in": list(asked.roles)})
    return {"all": parts}
