"""The page that tells what a trial was worth."""

from __future__ import annotations

from flask import Blueprint, render_template

from plg.accounts import accounts, rights
from plg.kit.caller import current_caller, requires
from plg.kit.texts import current_locale
from plg.plans import assignments
from plg.upgrades import receipt_words, receipts
from plg.upgrades.endpoints import account_of

bp = Blueprint("receipts", __name__, url_prefix="/upgrade/receipt", template_folder="templates")


@bp.get("")
@requires("person")
def show() -> str:
    """Of the workspace's newest trial: as it ended, or by now."""
    caller = current_caller()
    account_id = account_of(caller)
    found = receipts.of_account(account_id)
    return render_template(
        "upgrades/receipt.html",
        account=accounts.get(account_id),
        trial=found[0] if found else None,
        told=receipt_words.told(found[1], current_locale()) if found else None,
        access=found[1]["access"] if found else "",
        may_buy=rights.may(caller.role, "billing.buy"),
        pays=assignments.current(account_id).plan.is_paid,
    )
