"""The end of a trial with a card: the card is charged, and who may buy is told where that does not go through."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from plg.accounts import accounts
from plg.billing import cards, charges
from plg.billing.refusals import TO_CONFIRM
from plg.events.stream import LoggedEvent
from plg.kit.db import end_transaction
from plg.messaging import mail
from plg.plans import catalogue, seats
from plg.plans.catalogue import Plan, PlanNotFound, texts
from plg.plans.schemas import Price
from plg.trials import states, trials
from plg.upgrades import requests
from plg.usage import paywall


def collect(limit: int) -> int:
    """Charge the cards that are due, at most so many; returns how many were handled. Commits."""
    done = 0
    while done < limit and (charge := charges.claim()) is not None:
        charges.collect(charge, is_still_due=waits_for_payment)
        done += 1
    end_transaction()
    return done


def waits_for_payment(account_id: int) -> bool:
    """Whether the account's trial is over and goes on with a payment: it was neither called off nor paid for."""
    trial, account = trials.of_account(account_id), accounts.get(account_id)
    is_closing = account.delete_at is not None or account.deleted_at is not None
    return trial is not None and trial.status == states.CONVERTING and not is_closing


@dataclass(frozen=True)
class Continuation:
    """What is charged when a trial with a card is over. price: None where the plan is not for sale (any more);
    called_off: nothing is charged; is_due: the trial is over, and the payment has not gone through (yet)."""

    plan: Plan
    price: Price | None
    called_off: bool
    is_due: bool


def continuation(account_id: int) -> Continuation | None:
    """What follows the account's trial, where that begins with a card and is not over yet."""
    trial = trials.of_account(account_id)
    if trial is None or not trial.is_open:
        return None
    onward = catalogue.trial_rules()[trial.rule_id].continues_as
    plan = catalogue.published().plans.get(onward.plan) if onward is not None else None
    if onward is None or plan is None:
        return None
    price = plan.price(paywall.currency_of(account_id), onward.interval)
    price = seats.first(account_id, plan, price) if price is not None else None
    return Continuation(plan, price, called_off=not trial.stays, is_due=trial.status == states.CONVERTING)


def try_another_card(event: LoggedEvent) -> None:
    """A card was stored after another did not pay, while the trial still waits for its payment: it is charged."""
    account_id = event.account_id
    failed = charges.newest_of(account_id) if account_id is not None else None
    if account_id is None or failed is None or failed.status != "failed" or not waits_for_payment(account_id):
        return
    charges.ask_for(event.id, account_id, failed.plan_key, failed.interval)


def waits_for_card(account_id: int) -> bool:
    """Whether no card of the account is known yet, or its trial has not begun with it yet."""
    trial = trials.of_account(account_id)
    has_card = cards.current_of(account_id) is not None
    return not has_card or (trial is not None and trial.status == states.AWAITING_CARD)


def tell_of_failure(event: LoggedEvent) -> None:
    """Write to those who may buy that the card did not pay, and where they can."""
    about, account_id = event.properties, event.account_id
    if account_id is None or "charge" not in about or "amount" not in about:
        return  # an invoice of a running subscription, of which Stripe writes; or nothing that they could mend
    settings, card = current_app.extensions["plg.settings"], cards.current_of(account_id)
    for person in requests.buyers(account_id):
        locale = person.locale or settings.default_locale
        context = {
            "name": person.name,
            "account": accounts.get(account_id).name,
            "plan": _plan_name(str(about["plan"]), locale),
            "amount": about["amount"],
            "currency": about["currency"],
            "card": f"{card.brand.title()} •••• {card.last4}" if card else "",
            "to_confirm": about["reason"] in TO_CONFIRM,
            "url": f"{settings.public_url}/upgrade",
        }
        if person.email:
            id = f"{event.id}:{person.public_id}"
            mail.send(person.email, "payment-failed", locale, context, id=id, person_id=person.id)


def _plan_name(key: str, locale: str) -> str:
    try:
        return texts(catalogue.plan(key).name, locale, key)
    except PlanNotFound:
        return key
