"""From signals to a decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from plg.signups.policy import Policy
from plg.signups.signals import SIGNALS
from plg.signups.signals.asked import Asked, Finding

ALLOW, JOIN, VERIFY, HOLD = "allow", "join", "verify", "hold"
DECISIONS = (ALLOW, JOIN, VERIFY, HOLD)
"""allow: the trial runs. join: colleagues are here, the person chooses. verify: the trial waits for a confirmed
address and a card (where payments are not set up: for staff). hold: the trial waits for staff."""


@dataclass(frozen=True)
class Verdict:
    decision: str
    score: int
    findings: tuple[Finding, ...]


def weigh(asked: Asked, *, only: Collection[str] = SIGNALS, known: Iterable[Finding] = ()) -> Verdict:
    """Ask the signals and add their points up. only: those that are asked; known: what others said before."""
    said = [SIGNALS[name](asked) for name in SIGNALS if name in only]
    found = [finding for finding in said if finding is not None and _counts(finding)]
    kept = [finding for finding in known if finding.signal not in only]
    findings = tuple(sorted((*found, *kept), key=lambda finding: -finding.points))
    score = sum(finding.points for finding in findings)
    return Verdict(_decision(asked.policy, score, findings), score, findings)


def _counts(finding: Finding) -> bool:
    return finding.points > 0 or finding.signal == "company"


def _decision(policy: Policy, score: int, findings: tuple[Finding, ...]) -> str:
    if not policy.enabled:
        return ALLOW
    if score >= policy.hold_at:
        return HOLD
    if score >= policy.verify_at:
        return VERIFY
    has_colleagues = any(finding.detail.get("joinable") for finding in findings)
    return JOIN if policy.join and has_colleagues else ALLOW
