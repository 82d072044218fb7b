"""What certificates give as long as they hold: the ledger follows how they stand, whatever made them stand so.

A reward belongs to the whole chain: a renewal or a correction that still promises it changes nothing. What lapses is
taken back; what holds again is given again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import select

from academy.certificate_models import CertificateReward
from academy.certificate_policy import CertificatePolicy, Reward
from academy.certificate_standing import is_newest
from academy.certificates import telling
from academy.certificates.finding import ends_at, taken
from academy.certificates.reward_kinds import KINDS, Gift
from academy.models import Certificate
from plg.accounts import memberships
from plg.kit.clock import now
from plg.kit.db import db


def follow(chains: Collection[str]) -> None:
    """Give what these chains promise and have not given, and take back what they promise no more. In parallel or
    repeated it is done once: whoever gives holds the newest award."""
    newest = select(Certificate).where(Certificate.chain.in_(chains), is_newest()).order_by(Certificate.id)
    held = db.session.scalars(newest.with_for_update().execution_options(populate_existing=True)).all()
    given = in_force(chains)
    moment = now()
    for certificate in held:
        _settle(certificate, given.get(certificate.chain, {}), moment)


def in_force(chains: Collection[str]) -> dict[str, dict[str, CertificateReward]]:
    """What chains gave that was not taken back, by chain and key of the reward."""
    query = select(CertificateReward).where(
        CertificateReward.chain.in_(chains), CertificateReward.reversed_at.is_(None)
    )
    found: dict[str, dict[str, CertificateReward]] = {}
    for row in db.session.scalars(query.execution_options(populate_existing=True)):
        found.setdefault(row.chain, {})[row.key] = row
    return found


def of_chain(chain: str) -> list[CertificateReward]:
    """All that it ever gave, the newest first."""
    query = select(CertificateReward).where(CertificateReward.chain == chain)
    return list(db.session.scalars(query.order_by(CertificateReward.id.desc())))


def _settle(certificate: Certificate, given: Mapping[str, CertificateReward], moment: dt.datetime) -> None:
    wanted = _promised(certificate, moment)
    for key, row in given.items():
        if key not in wanted:
            row.reversed_at = moment
            db.session.flush()
            gift = _gift(row, certificate)
            KINDS[gift.reward.kind].take_back(gift)
    missing = {key: reward for key, reward in wanted.items() if key not in given}
    account_id = _account(certificate) if missing else None
    for key, reward in missing.items():
        if account_id is not None:
            _give(certificate, key, reward, account_id, moment)


def _promised(certificate: Certificate, moment: dt.datetime) -> dict[str, Reward]:
    ends = ends_at(certificate)
    if taken(certificate) is not None or (ends is not None and ends <= moment):
        return {}
    policy = CertificatePolicy.model_validate(certificate.policy)
    return {reward.key: reward for reward in policy.rewards}


def _account(certificate: Certificate) -> int | None:
    """The workspace in which it was earned, else the only one of its holder."""
    earned_in = telling.account_of(certificate)
    if earned_in is not None:
        return earned_in
    return memberships.only_account({certificate.person_id}).get(certificate.person_id)


def _give(certificate: Certificate, key: str, reward: Reward, account_id: int, moment: dt.datetime) -> None:
    row = CertificateReward(chain=certificate.chain, key=key, account_id=account_id, given_at=moment)
    row.reward = reward.model_dump(exclude_none=True)
    db.session.add(row)
    db.session.flush()
    row.note = KINDS[reward.kind].give(_gift(row, certificate))


def _gift(row: CertificateReward, certificate: Certificate) -> Gift:
    reward, why = Reward.model_validate(row.reward), certificate.course_title["en"]
    return Gift(row, reward, why, certificate.issued_at)
