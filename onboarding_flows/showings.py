"""Showings: a flow comes on a person's screen, is asked for by name, or is put off."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from onboarding_flows import event_names
from onboarding_flows.enrolled import Enrolled, hold
from onboarding_flows.models import FlowDismissal, FlowEnrolment, FlowShowing
from onboarding_flows.telling import Telling
from plg.attention import ledger
from plg.events import log
from plg.kit.db import db, insert
from plg.kit.errors import Conflict
from plg.kit.rules.times import span

LASTS: Final = dt.timedelta(minutes=30)
"""What is on a screen stays there for so long from page to page and from tab to tab: it is one showing."""


class FlowNotDismissible(Conflict):
    """The flow does not say that people may put it away or off."""


class FlowNotCompletable(Conflict):
    """A checklist is completed by its steps."""


@dataclass(frozen=True)
class Showing:
    """How a flow stands with one person; see FlowShowing."""

    times: int = 0
    last_at: dt.datetime | None = None
    snoozed_until: dt.datetime | None = None
    asked_at: dt.datetime | None = None

    @property
    def is_put_off(self) -> bool:
        """Whether the last thing that they said was "later"; it is due again when that time has come."""
        until, last = self.snoozed_until, self.last_at
        return until is not None and (last is None or until > last)

    def is_snoozed(self, moment: dt.datetime) -> bool:
        return self.is_put_off and self.snoozed_until is not None and moment < self.snoozed_until

    def is_open(self, moment: dt.datetime) -> bool:
        """Whether it is on a screen, as far as is known."""
        return self.last_at is not None and not self.is_put_off and moment < self.last_at + LASTS

    def is_asked(self, moment: dt.datetime) -> bool:
        """Whether somebody asked for it, and the showing that follows from it is to come or open."""
        if self.asked_at is None:
            return False
        return self.last_at is None or self.last_at < self.asked_at or self.is_open(moment)

    def begins(self, moment: dt.datetime) -> bool:
        """Whether a new showing begins where it comes on a screen at this moment."""
        waits = self.asked_at is not None and (self.last_at is None or self.last_at < self.asked_at)
        return waits or not self.is_open(moment)


NEVER: Final = Showing()


def show(enrolled: Enrolled, *, to: int, account_id: int | None, at: dt.datetime) -> bool:
    """It came on the person's screen. Of many reports of one showing the first counts; returns whether this is it.

    What came up by itself counts for the attention of the person and of the account that they are in."""
    held = hold({enrolled.id}).get(enrolled.id)
    if held is None:
        return False
    before, flow = _of(enrolled.id, to), held.flow.flow
    asked = before.is_asked(at)
    if not before.begins(at) or (held.enrolled.completed_at is not None and flow.is_prompt and not asked):
        return False
    times = before.times + 1
    first = {"first_shown_at": at} if before.last_at is None else {}
    _keep(enrolled.id, to, {"times": times, "last_shown_at": at, **first})
    if flow.is_prompt and not asked and not flow.show.essential:
        ledger.note(source_of(flow.key), person_id=to, account_id=account_id, at=at)
    if flow.is_prompt or times == 1:
        facts = {"kind": flow.kind, "times": times}
        log.store(Telling(held.enrolled, to, account_id).told(event_names.SHOWN, facts, at))
    return True


def ask(
    enrolled: Enrolled, *, to: int, account_id: int | None, at: dt.datetime, actor: str | None = None
) -> bool:
    """Let a person be shown a flow next, whatever they have seen, put away or completed. Repeated before they have
    seen it, nothing more happens; returns whether something did."""
    if enrolled.id not in hold({enrolled.id}):
        return False
    away = delete(FlowDismissal).where(
        FlowDismissal.enrolment_id == enrolled.id, FlowDismissal.person_id == to
    )
    was_away = db.session.execute(away.returning(FlowDismissal.person_id)).first() is not None
    if _of(enrolled.id, to).is_asked(at) and not was_away:
        return False
    _keep(enrolled.id, to, {"asked_at": at, "snoozed_until": None})
    facts = {"by": actor} if actor else {}
    log.store(Telling(enrolled, to, account_id).told(event_names.STARTED, facts, at))
    return True


def snooze(enrolled: Enrolled, *, by: int, at: dt.datetime, anyway: bool = False) -> bool:
    """Put a flow off for as long as it says. Returns whether it was not put off already.

    anyway: also one that people may not put away (else FlowNotDismissible)."""
    require_dismissible(enrolled, anyway)
    if enrolled.id not in hold({enrolled.id}) or _of(enrolled.id, by).is_snoozed(at):
        return False
    until = at + span(enrolled.flow.flow.show.snooze)
    _keep(enrolled.id, by, {"snoozed_until": until, "asked_at": None})
    told = Telling(enrolled, by, enrolled.account_id)
    log.store(told.told(event_names.SNOOZED, {"until": until.isoformat()}, at))
    return True


def complete(enrolled: Enrolled, *, by: int, account_id: int | None, at: dt.datetime) -> bool:
    """A tour has ended, a banner or an announcement was acted on. Returns whether it was not completed before."""
    if not enrolled.flow.flow.is_prompt:
        raise FlowNotCompletable("A checklist is completed by its steps.")
    held = hold({enrolled.id}).get(enrolled.id)
    if held is None:
        return False
    end_asking(enrolled.id, by)
    if held.enrolled.completed_at is not None:
        return False
    db.session.execute(update(FlowEnrolment), [{"id": enrolled.id, "completed_at": at}])
    facts = {"steps": len(held.flow.steps)}
    log.store(Telling(held.enrolled, by, account_id).completed(facts, at))
    return True


def require_dismissible(enrolled: Enrolled, anyway: bool = False) -> None:
    """FlowNotDismissible, unless the flow may be put away and off."""
    if not anyway and not enrolled.flow.flow.show.dismissible:
        raise FlowNotDismissible("This flow cannot be put away.")


def end_asking(enrolment_id: int, person_id: int) -> None:
    """The showing that was asked for is over."""
    theirs = (FlowShowing.enrolment_id == enrolment_id, FlowShowing.person_id == person_id)
    db.session.execute(update(FlowShowing).where(*theirs).values(asked_at=None))


def come_back(enrolled: Enrolled, *, to: int, at: dt.datetime, anyway: bool) -> bool:
    """A flow that was put off (or, anyway, any other) is due at once. Returns whether it was put off."""
    was_put_off = _of(enrolled.id, to).is_snoozed(at)
    if not was_put_off and not anyway:
        return False
    _keep(enrolled.id, to, {"snoozed_until": None, "asked_at": at})
    return was_put_off


def source_of(flow_key: str) -> str:
    """The name of a flow in the ledger of attention."""
    return f"flow:{flow_key}"


def _of(enrolment_id: int, person_id: int) -> Showing:
    query = select(
        FlowShowing.times, FlowShowing.last_shown_at, FlowShowing.snoozed_until, FlowShowing.asked_at
    )
    theirs = (FlowShowing.enrolment_id == enrolment_id, FlowShowing.person_id == person_id)
    row = db.session.execute(query.where(*theirs)).first()
    return Showing(*row) if row else NEVER


def _keep(enrolment_id: int, person_id: int, values: dict[str, Any]) -> None:
    row = insert(FlowShowing).values(enrolment_id=enrolment_id, person_id=person_id, times=0)
    db.session.execute(row.on_conflict_do_nothing())
    theirs = (FlowShowing.enrolment_id == enrolment_id, FlowShowing.person_id == person_id)
    db.session.execute(update(FlowShowing).where(*theirs).values(values))
