"""The courses that a team can be certified on, with how many of it are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select

from academy import courses
from academy.courses import PublishedCourse
from academy.models import Certificate
from academy.teams.holders import certificates_of, members, stands
from plg.kit.db import db
from plg.plans import assignments


@dataclass(frozen=True)
class TeamCourse:
    """title: by locale. in_plan: it is for those on the workspace's plan, or one of these requires it. certified: how
    many members hold a certificate of it; ending: how many of them until before the horizon only; of: all members."""

    key: str
    title: dict[str, str]
    in_plan: bool
    certified: int
    ending: int
    of: int


def of_team(account_id: int, horizon: dt.datetime) -> list[TeamCourse]:
    """Those with a certificate that the workspace's plan allows, and every other one that a member is certified on:
    those of the plan first, then by key."""
    plan = assignments.current(account_id).plan.key
    live = [each for each in courses.catalogue() if each.course.quiz is not None]
    paid = _with_required({each.key for each in live if plan in each.course.audience.plans}, live)
    open_ = {each.key for each in live if not each.course.audience.plans} | paid
    counts = _counts(account_id, horizon)
    titles = _titles(last for key, (_, _, last) in counts.items() if key not in open_)
    titles |= {each.key: each.course.title.model_dump() for each in live if each.key in open_}
    team = db.session.scalar(select(func.count()).select_from(members(account_id).subquery())) or 0
    return [
        TeamCourse(key, titles[key], key in paid, *counts.get(key, (0, 0, 0))[:2], team)
        for key in sorted(titles, key=lambda key: (key not in paid, key))
    ]


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
