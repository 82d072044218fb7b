"""Receipts of value: made once when a trial ends, written to who may buy, and to be looked at before that."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from flask import current_app
from sqlalchemy import select

from plg.accounts import accounts
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.ids import new_id
from plg.messaging import mail
from plg.plans import catalogue
from plg.trials import trials
from plg.trials.models import Trial
from plg.upgrades import receipt_config, receipt_facts, receipt_words, requests
from plg.upgrades.models import TrialReceipt
from plg.upgrades.receipt_facts import Facts

AFTER: Final = dt.timedelta(hours=1)
"""Behind the mail that says that the trial is over, where there is one: nobody gets two at once."""


def make(account_id: int, at: dt.datetime) -> TrialReceipt | None:
    """The receipt of the account's newest trial, which has ended; None where it was made before, or never began."""
    trial = trials.of_account(account_id)
    if trial is None or trial.is_open or trial.started_at is None:
        return None
    facts = receipt_facts.of_trial(trial, trial.closed_at or at)
    row = {"public_id": new_id("rcpt"), "trial_id": trial.id, "account_id": account_id}
    row |= {"facts": facts, "created_at": at}
    new = insert(TrialReceipt).values(row).on_conflict_do_nothing().returning(TrialReceipt.id)
    made = db.session.scalar(new)
    if made is None:
        return None
    receipt = db.session.get_one(TrialReceipt, made)
    log.record(
        names.RECEIPT_MADE,
        id=f"trial-receipt:{trial.id}",
        account_id=account_id,
        properties={"receipt": receipt.public_id, "plan": trial.plan_key, "saved": facts["saved"]},
        occurred_at=at,
    )
    if receipt_config.live().mail and receipt_facts.is_worth_telling(facts):
        _write(receipt, trial, at)
    return receipt


def _write(receipt: TrialReceipt, trial: Trial, at: dt.datetime) -> None:
    settings = current_app.extensions["plg.settings"]
    rule = catalogue.trial_rules()[trial.rule_id]
    is_told = any(reminder.days == 0 for reminder in rule.reminders)
    rows: list[dict[str, Any]] = []
    for person in requests.buyers(receipt.account_id):
        if not person.email:
            continue
        locale = person.locale or settings.default_locale
        context = {
            "name": person.name,
            "account": accounts.get(receipt.account_id).name,
            "told": receipt_words.told(receipt.facts, locale),
            "url": f"{settings.public_url}/upgrade/receipt",
        }
        id = f"{receipt.public_id}:{person.public_id}"
        row = mail.write(person.email, "trial-receipt", locale, context, id=id, person_id=person.id)
        rows.append(row | ({"due_at": at + AFTER} if is_told else {}))
    mail.post(rows)


def of_account(account_id: int) -> tuple[Trial, Facts] | None:
    """The newest trial with what it was worth: as it was told when it ended, or by now while it runs."""
    trial = trials.of_account(account_id)
    if trial is None or trial.started_at is None:
        return None
    query = select(TrialReceipt.facts).where(TrialReceipt.trial_id == trial.id)
    kept = db.session.scalar(query)
    return trial, kept if kept is not None else receipt_facts.of_trial(
        trial, min(now(), trial.ends_at or now())
    )
