"""A case: what becomes of a sign-up, from its first decision to staff's last word. Questions are in `queue`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import select

from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.people import people
from plg.signups import grants, policy, scoring, traces
from plg.signups.models import Case, Decision, Overrule, Reason
from plg.signups.scoring import ALLOW, HOLD, JOIN, VERIFY, Verdict
from plg.signups.signals import AGAIN_WHEN_CONFIRMED
from plg.signups.signals.asked import Asked, Finding
from plg.signups.traces import Evidence

BY_RULE = "sign-up rules"
MAX_REASON = 500


class SignUpNotFound(NotFound):
    pass


class BadOverrule(Unprocessable):
    """Staff allows or holds, and says why."""


class NothingToChoose(Conflict):
    """This sign-up does not wait for its owner's choice."""


@dataclass(frozen=True)
class Applicant:
    """Who signs up: what the form said, and what the browser told."""

    address: str
    name: str
    company: str
    evidence: Evidence

    def traces(self) -> dict[str, str]:
        return traces.of_address(self.address) | traces.of_browser(self.evidence)


def open(
    applicant: Applicant, person_id: int, account_id: int, *, way: str, plan: str | None, confirmed: bool
) -> Case:
    """Decide about a new sign-up: its trial runs or waits. The caller holds `traces.hold`."""
    rules = policy.live()
    found = applicant.traces()
    asked = _asked(applicant, rules.policy, found, account_id=account_id, confirmed=confirmed)
    verdict = scoring.weigh(asked)
    case = Case(person_id=person_id, account_id=account_id, way=way, plan=plan, decision=verdict.decision)
    case.created_at, case.confirmed_at = asked.moment, asked.moment if confirmed else None
    db.session.add(case)
    db.session.flush()
    # Before its address is confirmed, a sign-up says nothing about a company.
    traces.keep(account_id, {k: v for k, v in found.items() if confirmed or k != "company"})
    _decide(case, verdict, "sign-up", rules.version)
    return case


def address_confirmed(person_id: int) -> Case | None:
    """The person has shown the address to be theirs: what only a stranger's doing spoke against them is looked at
    anew. Repeated, nothing happens. Returns the person's newest sign-up."""
    case = newest_of(person_id)
    if case is None or case.confirmed_at is not None:
        return case
    person = people.get(person_id)
    applicant = Applicant(person.email or "", person.name, "", Evidence())
    found = traces.of_address(applicant.address)
    traces.hold(found)
    case.confirmed_at = now()
    traces.keep(case.account_id, found)
    if case.reviewed_at is None:
        rules = policy.live()
        asked = _asked(applicant, rules.policy, found, account_id=case.account_id, confirmed=True)
        verdict = scoring.weigh(asked, only=AGAIN_WHEN_CONFIRMED, known=findings_of(case))
        _decide(case, verdict, "confirmation", rules.version)
    elif case.decision == HOLD:
        case.waits_for = None
    return case


def card_added(account_id: int, fingerprint: str) -> None:
    """A card was stored for the workspace: one that stands behind another trial makes staff look; a new one is
    proof enough for who was asked for it."""
    case = db.session.scalar(select(Case).where(Case.account_id == account_id).with_for_update())
    found = {"card": traces.digest("card", fingerprint)}
    traces.keep(account_id, found)
    if case is None or case.reviewed_at is not None:
        return
    rules = policy.live()
    asked = _asked(
        Applicant("", "", "", Evidence()), rules.policy, found, account_id=account_id, confirmed=True
    )
    verdict = scoring.weigh(asked, only=("card",), known=findings_of(case))
    if any(finding.signal == "card" for finding in verdict.findings):
        if verdict.decision in {VERIFY, HOLD}:
            _decide(case, replace(verdict, decision=HOLD), "card", rules.version)
    elif case.waits_for == "card":
        _decide(case, replace(verdict, decision=ALLOW), "card", rules.version)


def trial_started(account_id: int) -> None:
    """A trial runs that the sign-up's case did not let run: after a hold because of a card it is stopped, else
    somebody let it run elsewhere, which is staff's word, too."""
    case = db.session.scalar(select(Case).where(Case.account_id == account_id).with_for_update())
    if case is None or case.granted_at is not None or case.reviewed_at is not None:
        return
    newest = select(Decision.cause).where(Decision.case_id == case.id).order_by(Decision.id.desc()).limit(1)
    if db.session.scalar(newest) == "card":
        grants.hold(case, case.waits_for, by=BY_RULE, reason="card")
    else:
        case.granted_at, case.waits_for = now(), None


def start_own(person_id: int) -> Case:
    """Colleagues are here, and the person would rather have a workspace of their own: its trial runs."""
    case = newest_of(person_id)
    if case is None or case.waits_for != "choice":
        raise NothingToChoose("There is nothing to choose any more.")
    grants.let_run(case, by=f"person:{person_id}", reason="own workspace")
    return case


def overrule(case: Case, decision: str, *, reason: str, by: str) -> Overrule:
    """Staff's word: `allow` lets the trial run, `hold` keeps it from running or stops it. The last word counts."""
    faults = [] if decision in {ALLOW, HOLD} else [Fault("decision", "must be allow or hold")]
    if not 0 < len(reason.strip()) <= MAX_REASON:
        faults.append(Fault("reason", f"must have 1 to {MAX_REASON} characters"))
    if faults:
        raise BadOverrule(errors=faults)
    db.session.refresh(case, with_for_update=True)  # what was read before the lock may be old
    last = db.session.scalar(
        select(Decision.id).where(Decision.case_id == case.id).order_by(Decision.id.desc())
    )
    row = Overrule(case_id=case.id, decision_id=last, decision=decision, reason=reason.strip(), actor=by)
    row.decided_at = case.reviewed_at = now()
    db.session.add(row)
    db.session.flush()
    case.decision = decision
    if decision == ALLOW:
        grants.let_run(case, by=by, reason=row.reason)
    else:
        grants.hold(case, None, by=by, reason=row.reason)
    return row


def newest_of(person_id: int) -> Case | None:
    query = select(Case).where(Case.person_id == person_id).order_by(Case.id.desc()).limit(1)
    return db.session.scalar(query.with_for_update())


def findings_of(case: Case) -> list[Finding]:
    """The reasons of the newest decision."""
    newest = select(Decision.id).where(Decision.case_id == case.id).order_by(Decision.id.desc()).limit(1)
    query = select(Reason).where(Reason.decision_id == newest.scalar_subquery()).order_by(Reason.id)
    return [Finding(row.signal, row.points, row.detail) for row in db.session.scalars(query)]


def _asked(
    applicant: Applicant, rules: policy.Policy, found: dict[str, str], *, account_id: int, confirmed: bool
) -> Asked:
    return Asked(
        applicant.address,
        applicant.name,
        applicant.company,
        rules,
        now(),
        applicant.evidence,
        found,
        account_id,
        confirmed,
    )


def _decide(case: Case, verdict: Verdict, cause: str, version: int) -> None:
    """Act on a verdict, and write it down unless it says what the one before said."""
    if case.decision != verdict.decision or cause == "sign-up" or findings_of(case) != list(verdict.findings):
        _write_down(case, verdict, cause, version)
    _act(case, verdict, cause)


def _write_down(case: Case, verdict: Verdict, cause: str, version: int) -> None:
    row = Decision(
        case_id=case.id, decision=verdict.decision, score=verdict.score, cause=cause, policy=version
    )
    row.decided_at = now()
    db.session.add(row)
    db.session.flush()
    db.session.add_all(
        Reason(decision_id=row.id, signal=each.signal, points=each.points, detail=dict(each.detail))
        for each in verdict.findings
    )
    db.session.flush()
    case.decision = verdict.decision


def _act(case: Case, verdict: Verdict, cause: str) -> None:
    waits_for = _waits_for(verdict.decision, confirmed=case.confirmed_at is not None)
    if waits_for is None:
        grants.let_run(case, by=BY_RULE, reason=cause)
        return
    grants.hold(case, waits_for, by=BY_RULE, reason=", ".join(each.signal for each in verdict.findings))
    if verdict.decision in {VERIFY, HOLD}:
        told = {"signup": case.public_id, "decision": verdict.decision, "score": verdict.score}
        told |= {"reasons": [each.signal for each in verdict.findings], "waits_for": waits_for}
        log.record(names.SIGNUP_HELD, person_id=case.person_id, account_id=case.account_id, properties=told)


def _waits_for(decision: str, *, confirmed: bool) -> str | None:
    """What the trial waits for now; None: for nothing."""
    if decision == ALLOW:
        return None
    if not confirmed:
        return "confirmation"
    if decision == JOIN:
        return "choice"
    return "card" if decision == VERIFY and _cards_are_taken() else "staff"


def _cards_are_taken() -> bool:
    return bool(current_app.extensions["plg.settings"].stripe_api_key.get_secret_value())
