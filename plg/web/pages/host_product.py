"""The way from a workspace into the host product, without a second sign-in: a link that says who comes."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug import Response

from plg.access import user_tokens
from plg.accounts import accounts
from plg.kit.caller import current_caller, requires
from plg.kit.errors import NotFound
from plg.people import people
from plg.web.i18n import current_locale
from plg.web.pages.addresses import local_path

bp = Blueprint("host_product", __name__)

LIFE = dt.timedelta(minutes=2)
PARAMETER = "plg_token"


class NoHostProduct(NotFound):
    """The setting `product_url` is empty."""


def entrance() -> str | None:
    """The link for pages; None where no host product is set."""
    return url_for("host_product.enter") if current_app.extensions["plg.settings"].product_url else None


def way_to(address: str) -> str:
    """A link of the host product as plg's own pages must write it: a path there is led to by `enter`."""
    return url_for("host_product.enter", to=address) if address.startswith("/") else address


@bp.get("/workspace/product")
@requires("person")
def enter() -> Response:
    """On to the host product with a user token in `plg_token`, signed at this moment. `to`: a path there."""
    product_url = current_app.extensions["plg.settings"].product_url
    if not product_url:
        raise NoHostProduct("No host product is set (product_url).")
    address = urljoin(f"{product_url}/", local_path(request.args.get("to"), product_url))
    mark = "&" if urlsplit(address).query else "?"
    return redirect(f"{address}{mark}{urlencode({PARAMETER: _token()})}", 303)


def _token() -> str:
    caller = current_caller()
    assert caller.person_id is not None
    person = people.get(caller.person_id)
    about = {"name": person.name, "email": person.email, "locale": current_locale()}
    if caller.account_id is None:
        return user_tokens.sign(person.public_id, None, life=LIFE, **about)
    account = accounts.get(caller.account_id)
    about |= {"role": caller.role, "account_name": account.name}
    return user_tokens.sign(person.public_id, account.public_id, life=LIFE, **about)
