"""Plans, for the host product's own page of prices."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.plans import assignments, catalogue, told
from plg.plans.told import PlansOut, PlansQuery

api = APIBlueprint(
    "plans", __name__, url_prefix="/v1", abp_tags=[Tag(name="Plans")], abp_security=[{"secret": []}]
)


@api.get(
    "/plans",
    summary="What is sold: plans, prices, and what each gives",
    description="The live versions. What an account has that keeps an older version is told by its entitlements.",
    responses={200: PlansOut},
)
@requires("secret")
def get_plans(query: PlansQuery) -> dict[str, Any]:
    account = accounts.find(query.account) if query.account is not None else None
    current = assignments.current(account.id).plan.key if account is not None else None
    published, currency = catalogue.published(), query.currency
    if currency is None and account is not None and _is_sold_in(published, account.currency):
        currency = account.currency
    return told.plans(published, query.locale, currency, current).model_dump(mode="json")


def _is_sold_in(published: catalogue.Published, currency: str | None) -> bool:
    """Whether any plan has a price in it: else all currencies are told."""
    return any(price.currency == currency for plan in published.paid_plans() for price in plan.prices)
