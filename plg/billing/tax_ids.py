"""Tax ids: with which number an account wants its invoices. Stripe holds them; here is a mirror to show."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from plg.billing import customers, gateway
from plg.billing.gateway import Object
from plg.billing.models import BillingTaxId
from plg.billing.refusals import PaymentRequestRefused
from plg.billing.standing import moment
from plg.kit.db import db, insert
from plg.kit.errors import NotFound, Unprocessable
from plg.plans import assignments

#: Stripe's types of tax ids that are offered, each with its country and name.
TYPES = {
    "es_cif": ("ES", "NIF / CIF"),
    "eu_vat": ("EU", "VAT / NIF-IVA"),
    "mx_rfc": ("MX", "RFC"),
    "co_nit": ("CO", "NIT"),
    "cl_tin": ("CL", "RUT"),
    "ar_cuit": ("AR", "CUIT"),
    "pe_ruc": ("PE", "RUC"),
    "br_cnpj": ("BR", "CNPJ"),
    "uy_ruc": ("UY", "RUT"),
    "ec_ruc": ("EC", "RUC"),
    "bo_tin": ("BO", "NIT"),
    "py_ruc": ("PY", "RUC"),
    "cr_tin": ("CR", "Cédula jurídica"),
    "do_rcn": ("DO", "RNC"),
    "sv_nit": ("SV", "NIT"),
    "ve_rif": ("VE", "RIF"),
    "us_ein": ("US", "EIN"),
    "gb_vat": ("GB", "VAT"),
}
MOST = 5


class TaxIdInvalid(Unprocessable):
    """The number is not written as numbers of this type are."""


class TooManyTaxIds(Unprocessable):
    """An account may have five."""


class TaxIdNotFound(NotFound):
    pass


def add(account_id: int, kind: str, value: str, *, by: int | None) -> None:
    """Put another tax id on the account's invoices. The same again is there once. Talks to Stripe, and commits.

    Refusals: `TaxIdInvalid`, `TooManyTaxIds`, `PaymentsUnavailable`."""
    value = "".join(value.upper().split())
    known = of_account(account_id)
    db.session.commit()
    if any((row.type, row.value) == (kind, value) for row in known):
        return
    if len(known) >= MOST:
        raise TooManyTaxIds(f"At most {MOST} tax ids.")
    customer, stripe = customers.ensure(account_id, person_id=by), gateway.current()
    try:
        stripe.create_tax_id(customer, {"type": kind, "value": value}, f"plg:tax:{customer}:{kind}:{value}")
    except PaymentRequestRefused as refused:
        if refused.reason != "tax_id_invalid":
            raise
        raise TaxIdInvalid(f"This is no {TYPES[kind][1]} of {TYPES[kind][0]}.") from None
    follow(customer)


def remove(account_id: int, stripe_tax_id: str) -> None:
    """Take a tax id off the invoices to come. Talks to Stripe, and commits. Raises `TaxIdNotFound`."""
    found = next((row for row in of_account(account_id) if row.stripe_tax_id == stripe_tax_id), None)
    customer = customers.of_account(account_id)
    db.session.commit()
    if found is None or customer is None:
        raise TaxIdNotFound("There is no such tax id.")
    gateway.current().delete_tax_id(customer, stripe_tax_id)
    follow(customer)


def follow(stripe_customer_id: str) -> None:
    """Mirror a customer's tax ids as they are at Stripe now. Talks to Stripe, and commits."""
    found = gateway.current().tax_ids_of(stripe_customer_id)
    account_id = customers.account_of(stripe_customer_id)
    if account_id is not None:
        _keep(account_id, found)
    db.session.commit()


def _keep(account_id: int, found: Sequence[Object]) -> None:
    assignments.lock(account_id)
    db.session.execute(delete(BillingTaxId).where(BillingTaxId.account_id == account_id))
    for each in found:
        row = {"stripe_tax_id": each["id"], "account_id": account_id, "type": each["type"]}
        row |= {"value": each["value"], "created_at": moment(each["created"])}
        row |= {"verification": (each["verification"] or {}).get("status") or "unavailable"}
        db.session.execute(insert(BillingTaxId).values(row).on_conflict_do_nothing())


def of_account(account_id: int) -> Sequence[BillingTaxId]:
    """The account's tax ids, oldest first."""
    mine = select(BillingTaxId).where(BillingTaxId.account_id == account_id)
    return db.session.scalars(mine.order_by(BillingTaxId.created_at, BillingTaxId.stripe_tax_id)).all()
