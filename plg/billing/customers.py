"""Customers: one at Stripe for each account, made when it first wants to pay."""

from __future__ import annotations

from sqlalchemy import select, update

from plg.accounts import accounts
from plg.billing import gateway
from plg.billing.models import BillingCustomer
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.people import people


def ensure(account_id: int, *, person_id: int | None) -> str:
    """The id at Stripe of an account's customer, made there if need be. Commits what it learns.

    The row comes first, and what Stripe is sent depends on nothing else: any number of requests at once, and
    a process that died in the middle, end with the same customer."""
    row, account = _row(account_id), accounts.get(account_id)
    known, attempt = row.stripe_customer_id, row.attempt
    shown = {"name": account.name or account.public_id, "email": _email(person_id)}
    db.session.commit()
    if known is not None:
        return known
    stripe, key = gateway.current(), f"plg:customer:{account.public_id}:{attempt}"
    made = str(stripe.create_customer({"metadata": {"plg_account": account.public_id}}, key)["id"])
    stripe.update_customer(made, {name: value for name, value in shown.items() if value})
    _remember(account_id, made, attempt)
    db.session.commit()
    return made


def _email(person_id: int | None) -> str | None:
    return people.get(person_id).email if person_id is not None else None


def _row(account_id: int) -> BillingCustomer:
    values = {"account_id": account_id, "attempt": 1, "created_at": now()}
    db.session.execute(insert(BillingCustomer).values(values).on_conflict_do_nothing())
    query = select(BillingCustomer).where(BillingCustomer.account_id == account_id).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _remember(account_id: int, stripe_customer_id: str, attempt: int) -> None:
    mine = update(BillingCustomer).where(
        BillingCustomer.account_id == account_id,
        BillingCustomer.attempt == attempt,
        BillingCustomer.stripe_customer_id.is_(None),
    )
    db.session.execute(mine.values(stripe_customer_id=stripe_customer_id))


def of_account(account_id: int) -> str | None:
    """The id at Stripe of an account's customer, if it has one."""
    query = select(BillingCustomer.stripe_customer_id).where(BillingCustomer.account_id == account_id)
    return db.session.scalar(query)


def account_of(stripe_customer_id: str) -> int | None:
    """The account that a customer at Stripe belongs to, if it is one of ours."""
    query = select(BillingCustomer.account_id).where(BillingCustomer.stripe_customer_id == stripe_customer_id)
    return db.session.scalar(query)


def forget(stripe_customer_id: str) -> None:
    """The customer is gone at Stripe: the account's next checkout makes another."""
    gone = update(BillingCustomer).where(BillingCustomer.stripe_customer_id == stripe_customer_id)
    db.session.execute(gone.values(stripe_customer_id=None, attempt=BillingCustomer.attempt + 1))
