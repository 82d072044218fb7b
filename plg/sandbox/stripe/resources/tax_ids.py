"""Tax ids of customers: checked by their form, and by the authority where there is one to ask."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.lists import EXPAND, list_fields, page
from plg.sandbox.stripe.operation import Operation
from plg.sandbox.stripe.store import Object, Work, new_id
from plg.sandbox.stripe.wire import Fields, OneOf, Text

#: What the stand-in takes, and how each is written.
FORMS = {
    "ar_cuit": r"\d{2}-?\d{8}-?\d",
    "bo_tin": r"\d{7,12}",
    "br_cnpj": r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}",
    "cl_tin": r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK]",
    "co_nit": r"\d{3}\.?\d{3}\.?\d{3}-?\d",
    "cr_tin": r"\d-?\d{3}-?\d{6}",
    "do_rcn": r"\d{3}-?\d{4,7}-?\d{0,2}",
    "ec_ruc": r"\d{13}",
    "es_cif": r"[A-Z]\d{7}[A-Z\d]|\d{8}[A-Z]",
    "eu_vat": r"[A-Z]{2}[A-Z\d]{8,12}",
    "gb_vat": r"GB\d{9}",
    "mx_rfc": r"[A-ZÑ&]{3,4}\d{6}[A-Z\d]{3}",
    "pe_ruc": r"\d{11}",
    "py_ruc": r"\d{6,8}-?\d",
    "sv_nit": r"\d{4}-?\d{6}-?\d{3}-?\d",
    "us_ein": r"\d{2}-?\d{7}",
    "uy_ruc": r"\d{12}",
    "ve_rif": r"[A-Z]-?\d{8}-?\d",
}


def add(work: Work, customer: Object, kind: str, value: str) -> Object:
    """A new tax id of a customer, and its event."""
    if not re.fullmatch(FORMS[kind], value):
        raise StripeError(f"Invalid value for {kind}.", code="tax_id_invalid", param="value")
    made = {
        "id": new_id("txi_1"),
        "object": "tax_id",
        "country": "ES" if kind == "es_cif" else value[:2] if kind == "eu_vat" else kind[:2].upper(),
        "created": work.now,
        "customer": customer["id"],
        "customer_account": None,
        "livemode": False,
        "owner": {"customer": customer["id"], "type": "customer"},
        "type": kind,
        "value": value,
        "verification": {
            "status": "pending" if kind == "eu_vat" else "unavailable",
            "verified_address": None,
            "verified_name": None,
        },
    }
    work.put(made)
    work.emit("customer.tax_id.created", made)
    return made


def of_customer(work: Work, customer_id: str) -> list[Object]:
    """The tax ids of a customer, newest first."""
    return [found for found in work.newest("tax_id") if found["customer"] == customer_id]


def _create(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    return add(work, work.need("customer", ids["customer"], "customer"), params["type"], params["value"])


def _list(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    customer = work.need("customer", ids["customer"], "customer")
    found = of_customer(work, customer["id"])
    return page("tax_id", found, params, f"/v1/customers/{customer['id']}/tax_ids")


def _delete(work: Work, ids: Mapping[str, str], params: Object) -> Object:
    gone = work.need("tax_id", ids["id"])
    work.put_as("tax_id", gone["id"], None)
    work.emit("customer.tax_id.deleted", gone)
    return {"id": gone["id"], "object": "tax_id", "deleted": True}


_CREATE = Fields({"expand": EXPAND, "type": OneOf(tuple(FORMS)), "value": Text(50)}, ("type", "value"))
OPERATIONS = (
    Operation("POST", "/v1/customers/{customer}/tax_ids", _create, _CREATE),
    Operation("GET", "/v1/customers/{customer}/tax_ids", _list, list_fields()),
    Operation("DELETE", "/v1/customers/{customer}/tax_ids/{id}", _delete),
)
