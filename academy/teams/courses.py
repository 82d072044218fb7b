"""The courses that a team can be certified on, with how many of it are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select

from academy import audience, courses
from academy.courses import PublishedCourse
from academy.models import Certificate
from academy.teams.holders import certificates_of, members, stands
from plg.accounts.models import Membership
from plg.kit import rules
from plg.kit.clock import now
from plg.kit.db import db, encode_json


@dataclass(frozen=True)
class TeamCourse:
    """title: by locale. in_plan: it is for some plans only, the workspace's among them, or such a course requires it.
    certified: how many members hold a certificate of it; ending: how many of them until before the horizon only; of:
    all members."""

    key: str
    title: dict[str, str]
    in_plan: bool
    certified: int
    ending: int
    of: int


def of_team(account_id: int, horizon: dt.datetime) -> list[TeamCourse]:
    """Those with a certificate that are for this workspace, and every other one that a member is certified on: those
    of the plan first, then by key."""
    live = [each for each in courses.catalogue() if each.course.quiz is not None]
    meant = _meant(account_id, live)
    paid = _with_required({each.key for each in live if each.key in meant and _asks_for_a_plan(each)}, live)
    open_ = meant | paid
    counts = _counts(account_id, horizon)
    titles = _titles(last for key, (_, _, last) in counts.items() if key not in open_)
    titles |= {each.key: each.course.title.model_dump() for each in live if each.key in open_}
    team = db.session.scalar(select(func.count()).select_from(members(account_id).subquery())) or 0
    return [
        TeamCourse(key, titles[key], key in paid, *counts.get(key, (0, 0, 0))[:2], team)
        for key in sorted(titles, key=lambda key: (key not in paid, key))
    ]


def _meant(account_id: int, live: Iterable[PublishedCourse]) -> set[str]:
    """Those whose audience its first owner is in, whatever roles they are for: what others may learn is not told."""
    owners = select(Membership.person_id).where(
        Membership.account_id == account_id, Membership.role == "owner"
    )
    owner = db.session.scalar(owners.order_by(Membership.id).limit(1))
    asked = {each.key: each.course.audience.model_copy(update={"roles": ()}) for each in live}
    return audience.meant(asked, owner, account_id)


def _asks_for_a_plan(course: PublishedCourse) -> bool:
    asked = course.course.audience
    rule = audience.rule_of(asked.when, now()) if asked.when is not None else None
    return bool(asked.plans) or (rule is not None and "account.plan" in encode_json(rules.dump(rule)))


def _with_required(keys: set[str], live: Iterable[PublishedCourse]) -> set[str]:
    """These courses and all that come before them."""
    requires = {each.key: {one.course for one in each.course.requires} for each in live}
    found, waiting = set(keys), list(keys)
    while waiting:
        new = (requires.get(waiting.pop(), set()) & requires.keys()) - found
        found |= new
        waiting += new
    return found


def _counts(account_id: int, horizon: dt.datetime) -> dict[str, tuple[int, int, int]]:
    """By course: how many members hold a certificate, how many of them until before the horizon, and its newest."""
    theirs = certificates_of(account_id).with_only_columns(
        Certificate.course_key,
        _people_where(stands("holds", horizon)),
        _people_where(stands("ending", horizon)),
        func.max(Certificate.id),
    )
    return {
        key: (held, ending, last)
        for key, held, ending, last in db.session.execute(theirs.group_by(Certificate.course_key))
    }


def _people_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(func.distinct(case((condition, Certificate.person_id))))


def _titles(ids: Iterable[int]) -> dict[str, dict[str, str]]:
    rows = select(Certificate.course_key, Certificate.course_title).where(Certificate.id.in_(list(ids)))
    return dict(db.session.execute(rows).all())
