"""Cards: stored at Stripe for later; the newest of an account is the one that is charged.

plg keeps what a person recognises their card by, and a keyed hash of its fingerprint: the same card is known
again, and nobody reads the fingerprint out of the log."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from plg.billing import customers, gateway
from plg.billing.gateway import Object
from plg.billing.models import Card, Checkout
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert


def current_of(account_id: int) -> Card | None:
    """The card that would be charged: the newest one, unless it was removed."""
    query = select(Card).where(Card.account_id == account_id)
    newest = query.order_by(Card.stored_at.desc(), Card.id.desc()).limit(1)
    card = db.session.scalar(newest.execution_options(populate_existing=True))
    return card if card is not None and card.removed_at is None else None


def keep(intent: Object | None) -> bool:
    """Keep the card that a setup intent, as it is at Stripe now, has stored, and let it be the one that pays.
    Returns whether it is a card of ours.

    Talks to Stripe with nothing open and commits what it learns; that the card was added is left to the caller's
    commit. Any number of times, the card is added once."""
    if intent is None or intent["status"] != "succeeded":
        return False
    method, account_id = intent["payment_method"], customers.account_of(intent["customer"] or "")
    if account_id is None or not method or not method["customer"] or not method.get("card"):
        return False
    row = _values(account_id, method)
    db.session.execute(insert(Card).values(row).on_conflict_do_nothing())
    db.session.commit()
    _let_the_newest_pay(account_id, intent["customer"])
    person_id = _who_stored(intent["metadata"].get("plg_checkout"))
    id = f"card-added:{method['id']}"
    log.record(names.CARD_ADDED, person_id=person_id, account_id=account_id, properties=_told(row), id=id)
    return True


def _values(account_id: int, method: Object) -> dict[str, Any]:
    card = method["card"]
    return {
        "account_id": account_id,
        "stripe_customer_id": method["customer"],
        "stripe_payment_method_id": method["id"],
        "brand": card["brand"],
        "last4": card["last4"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "fingerprint": hashed(card.get("fingerprint")),
        "stored_at": dt.datetime.fromtimestamp(method["created"], dt.UTC),
    }


def _let_the_newest_pay(account_id: int, customer: str) -> None:
    """Of two that store cards at once, whoever speaks to Stripe last has looked again afterwards."""
    told = None
    while (card := current_of(account_id)) is not None and card.stripe_payment_method_id != told:
        told = card.stripe_payment_method_id
        db.session.commit()
        settings = {"default_payment_method": told}
        gateway.current().update_customer(customer, {"invoice_settings": settings})


def _who_stored(checkout: str | None) -> int | None:
    return db.session.scalar(select(Checkout.person_id).where(Checkout.public_id == checkout))


def follow(stripe_payment_method_id: str, method: Object | None) -> bool:
    """A card as it is at Stripe now: its bank renews it, its owner removes it. Returns whether we know it. Does not
    commit."""
    query = select(Card).where(Card.stripe_payment_method_id == stripe_payment_method_id).with_for_update()
    card = db.session.scalar(query.execution_options(populate_existing=True))
    if card is None:
        return False
    if method is None or not method["customer"]:
        _remove(card)
        return True
    for name in ("brand", "last4", "exp_month", "exp_year"):
        setattr(card, name, method["card"][name])
    return True


def remove_all(stripe_customer_id: str) -> None:
    """The customer is gone at Stripe, and their cards with them. Does not commit."""
    theirs = select(Card).where(Card.stripe_customer_id == stripe_customer_id, Card.removed_at.is_(None))
    for card in db.session.scalars(theirs.with_for_update()).all():
        _remove(card)


def _remove(card: Card) -> None:
    once = update(Card).where(Card.id == card.id, Card.removed_at.is_(None)).returning(Card.id)
    if db.session.execute(once.values(removed_at=now())).first() is None:
        return
    told = _told({name: getattr(card, name) for name in ("brand", "last4", "fingerprint")})
    id = f"card-removed:{card.stripe_payment_method_id}"
    log.record(names.CARD_REMOVED, account_id=card.account_id, properties=told, id=id)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("brand", "last4", "fingerprint")}


def hashed(fingerprint: str | None) -> str | None:
    """What plg keeps of a card's fingerprint: the same for the same card, of no use elsewhere."""
    if not fingerprint:
        return None
    key = current_app.extensions["plg.settings"].signing_key().encode()
    return hmac.new(key, f"plg card fingerprint {fingerprint}".encode(), hashlib.sha256).hexdigest()
