"""Accounts as they are now, with their plan and how many belong to them; deleted ones are left out."""

from __future__ import annotations

from sqlalchemy import func, select

from plg.accounts.models import Account, Membership
from plg.events.stream import Place
from plg.exports.contents.row import Columns, Rows, moment
from plg.exports.models import Export
from plg.kit.db import db
from plg.plans import catalogue
from plg.plans.models import AccountPlan, PlanVersion

COLUMNS: Columns = {
    "id": "VARCHAR",
    "name": "VARCHAR",
    "plan": "VARCHAR",
    "members": "BIGINT",
    "timezone": "VARCHAR",
    "traits": "JSON",
    "created_at": "TIMESTAMPTZ",
}
AT_ONCE = 2000


def parts(export: Export, since: Place, upto: Place) -> tuple[list[str], bool]:
    return [""], True


def read(export: Export, parts: list[str], upto: Place) -> Rows:
    default = catalogue.default_plan().key
    theirs = select(func.count()).where(Membership.account_id == Account.id)
    query = (
        select(Account, PlanVersion.key, theirs.scalar_subquery())
        .outerjoin(AccountPlan, AccountPlan.account_id == Account.id)
        .outerjoin(PlanVersion, PlanVersion.id == AccountPlan.plan_version_id)
        .where(Account.deleted_at.is_(None))
        .order_by(Account.id)
    )
    for account, plan, members in db.session.execute(query.execution_options(yield_per=AT_ONCE)):
        told = {"id": account.public_id, "name": account.name, "timezone": account.timezone}
        told |= {"traits": account.traits, "created_at": moment(account.created_at)}
        yield "", {**told, "plan": plan or default, "members": members}
