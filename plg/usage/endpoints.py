"""Entitlements, as the host product's server asks for them before it does a thing."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from plg.accounts import accounts
from plg.kit.caller import requires
from plg.plans.catalogue import texts
from plg.usage import entitlements
from plg.usage.schemas import EntitlementOut, EntitlementsOut, EntitlementsQuery, FeaturePath

api = APIBlueprint(
    "usage", __name__, url_prefix="/v1", abp_tags=[Tag(name="Entitlements")], abp_security=[{"secret": []}]
)


def _account_id(key: str) -> int:
    found = accounts.known([key])
    if key not in found:
        raise accounts.AccountNotFound(f"No account is known by the id {key!r}.")
    accounts.remember(found)
    return found[key]


@api.get("/entitlements", summary="All that an account may do", responses={200: EntitlementsOut})
@requires("secret")
def get_entitlements(query: EntitlementsQuery) -> dict[str, Any]:
    found = entitlements.of_account(_account_id(query.account), query.locale)
    name = texts(found.plan.name, query.locale, found.plan.key)
    return {
        "account": query.account,
        "access": found.access,
        "plan": {"key": found.plan.key, "version": found.plan.version, "name": name},
        "entitlements": {key: e.to_json() for key, e in found.by_feature.items()},
    }


@api.get(
    "/entitlements/<feature>",
    summary="One feature; where it is refused, with the data for a paywall",
    responses={200: EntitlementOut},
)
@requires("secret")
def get_entitlement(path: FeaturePath, query: EntitlementsQuery) -> dict[str, Any]:
    return entitlements.check(_account_id(query.account), path.feature, query.locale)
