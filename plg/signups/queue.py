"""Questions about cases: those that wait for staff, all of them, one with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from plg.accounts.models import Account
from plg.kit.db import db
from plg.people.models import Person
from plg.signups.cases import SignUpNotFound
from plg.signups.models import Case, Decision, Overrule, Reason


@dataclass
class Shown:
    """A case with who and what, its decisions (oldest first), the reasons of each, and what staff said."""

    case: Case
    person: Person
    account: Account
    decisions: list[Decision] = field(default_factory=list)
    reasons: dict[int, list[Reason]] = field(default_factory=dict)
    overrules: list[Overrule] = field(default_factory=list)

    @property
    def newest(self) -> Decision:
        return self.decisions[-1]

    @property
    def newest_reasons(self) -> list[Reason]:
        return self.reasons.get(self.newest.id, [])


def newest_of(person_id: int) -> Case | None:
    """The person's newest sign-up."""
    query = select(Case).where(Case.person_id == person_id).order_by(Case.id.desc()).limit(1)
    return db.session.scalar(query)


def find(public_id: str) -> Case:
    case = db.session.scalar(select(Case).where(Case.public_id == public_id))
    if case is None:
        raise SignUpNotFound("There is no such sign-up.")
    return case


def page(
    *, waits_for: str | None = None, decision: str | None = None, before: int | None = None, limit: int = 50
) -> list[Shown]:
    """Newest first, at most `limit`; before: the id of the case that the last page ended with. Four queries."""
    query = select(Case)
    if waits_for is not None:
        query = query.where(Case.waits_for == waits_for)
    if decision is not None:
        query = query.where(Case.decision == decision)
    if before is not None:
        query = query.where(Case.id < before)
    return show(db.session.scalars(query.order_by(Case.id.desc()).limit(limit)).all())


def count_waiting() -> int:
    """How many wait for staff."""
    return db.session.scalar(select(func.count()).select_from(Case).where(Case.waits_for == "staff")) or 0


def show(cases: Sequence[Case]) -> list[Shown]:
    """These cases with all that belongs to them, in the same order."""
    ids = [case.id for case in cases]
    owners = select(Case.id, Person, Account).join(Person, Person.id == Case.person_id)
    owners = owners.join(Account, Account.id == Case.account_id).where(Case.id.in_(ids))
    who = {case_id: (person, account) for case_id, person, account in db.session.execute(owners)}
    found = {case.id: Shown(case, *who[case.id]) for case in cases}
    decisions = list(
        db.session.scalars(select(Decision).where(Decision.case_id.in_(ids)).order_by(Decision.id))
    )
    for row in decisions:
        found[row.case_id].decisions.append(row)
    home = {row.id: found[row.case_id] for row in decisions}
    reasons = select(Reason).where(Reason.decision_id.in_(list(home))).order_by(Reason.id)
    for reason in db.session.scalars(reasons):
        home[reason.decision_id].reasons.setdefault(reason.decision_id, []).append(reason)
    overrules = select(Overrule).where(Overrule.case_id.in_(ids)).order_by(Overrule.id)
    for said in db.session.scalars(overrules):
        found[said.case_id].overrules.append(said)
    return list(found.values())
