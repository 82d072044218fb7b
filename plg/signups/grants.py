"""The trial of a sign-up: let run, or held."""

from __future__ import annotations

from plg.events import log, names
from plg.kit.clock import now
from plg.plans import catalogue
from plg.signups.models import Case
from plg.trials import states, trials


def let_run(case: Case, *, by: str, reason: str) -> None:
    """The trial may run from now on; nothing happens where it may already."""
    if case.granted_at is not None:
        return
    was_held = case.waits_for is not None or case.decision == "hold"
    case.granted_at, case.waits_for = now(), None
    trial = trials.of_account(case.account_id)
    if trial is None:
        _start(case, held=False, by=by)
    elif trial.status == states.HELD:
        trials.release(case.account_id, by=by)
    elif trial.status == states.PAUSED:
        trials.resume(case.account_id, reason=reason, by=by)
    if was_held:
        told = {
            "signup": case.public_id,
            "by": by,
            "reason": reason,
            "reviewed": case.reviewed_at is not None,
        }
        log.record(
            names.SIGNUP_RELEASED, person_id=case.person_id, account_id=case.account_id, properties=told
        )


def hold(case: Case, waits_for: str | None, *, by: str, reason: str) -> None:
    """The trial does not run, or no longer. waits_for: what would let it; None: only staff's other word. One that
    waits for a card or its activation already is stopped when it starts (`subscribers.on_trial_started`)."""
    case.waits_for, case.granted_at = waits_for, None
    trial = trials.of_account(case.account_id)
    if trial is None:
        _start(case, held=True, by=by)
    elif trial.status == states.ACTIVE:
        trials.pause(case.account_id, reason=reason[:200] or "sign-up is looked at", by=by)


def _start(case: Case, *, held: bool, by: str) -> None:
    """The trial of the plan that they came for, else that of sign-ups; none where none is offered."""
    wanted = catalogue.published().plans.get(case.plan or "")
    plan = case.plan if wanted is not None and wanted.trial is not None else None
    if plan is not None or catalogue.live().trial is not None:
        trials.start(case.account_id, person_id=case.person_id, plan=plan, held=held, by=by)
