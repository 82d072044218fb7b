"""For how many a flow would be that have not begun it: asked of everybody at once, in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from onboarding_flows import flows, targeting
from onboarding_flows.models import FlowEnrolment
from plg.accounts.models import Membership
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
    meant = segments.members(targeting.whole_rule_of(flow), moment).with_only_columns(member).distinct()
    begun = select(owner).where(FlowEnrolment.flow_key == key, owner.is_not(None))
    found = meant.where(member.not_in(begun)).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0
