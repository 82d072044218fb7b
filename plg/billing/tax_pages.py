"""The page on which a workspace says with which tax ids it wants its invoices."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response

from plg.accounts import accounts
from plg.billing import tax_ids
from plg.billing.pages import may_manage
from plg.kit.caller import requires

bp = Blueprint("tax_ids", __name__, url_prefix="/workspace/subscription/tax-ids", template_folder="templates")


@bp.get("")
@requires("person")
def show() -> str:
    account_id, _ = may_manage()
    return _page(account_id)


def _page(account_id: int, error: str = "") -> str:
    return render_template(
        "billing/tax_ids.html",
        account=accounts.get(account_id),
        tax_ids=tax_ids.of_account(account_id),
        types=tax_ids.TYPES,
        choices=[(key, f"{country} · {name}") for key, (country, name) in tax_ids.TYPES.items()],
        may_add=len(tax_ids.of_account(account_id)) < tax_ids.MOST,
        error=error,
        typed=request.form,
    )


@bp.post("")
@requires("person")
def add() -> Response | tuple[str, int]:
    account_id, person_id = may_manage()
    kind, value = request.form.get("type", ""), request.form.get("value", "").strip()[:50]
    if kind not in tax_ids.TYPES or not value:
        return _page(account_id, gettext("Enter the number as it stands on your papers.")), 422
    try:
        tax_ids.add(account_id, kind, value, by=person_id)
    except tax_ids.TaxIdInvalid:
        said = gettext("This number is not written as a %(name)s is. Check it.", name=tax_ids.TYPES[kind][1])
        return _page(account_id, said), 422
    flash(gettext("It stands on your next invoices."), "ok")
    return redirect(url_for("tax_ids.show"), 303)


@bp.post("/<tax_id>/remove")
@requires("person")
def remove(tax_id: str) -> Response:
    account_id, _ = may_manage()
    tax_ids.remove(account_id, tax_id)
    flash(gettext("It stands on no invoice from now on."), "ok")
    return redirect(url_for("tax_ids.show"), 303)
