"""Entitlements, as the host product's server asks for them before it does a thing; reservations, grants, readings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.db import end_transaction
from plg.people import identities
from plg.plans.catalogue import texts
from plg.usage import entitlements, explaining, grants, paywall, refusals, reservations
from plg.usage.amounts import tidy
from plg.usage.grants import NewGrant
from plg.usage.reservations import NotEntitled, Real
from plg.usage.schemas import (
    ConfirmationIn,
    EntitlementOut,
    EntitlementQuery,
    EntitlementsOut,
    EntitlementsQuery,
    FeaturePath,
    GrantIn,
    GrantOut,
    GrantPath,
    RefusalIn,
    ReservationIn,
    ReservationOut,
    ReservationPath,
    UsageOut,
    UsageQuery,
    VoidIn,
    WhyOut,
)

api = APIBlueprint(
    "usage", __name__, url_prefix="/v1", abp_tags=[Tag(name="Entitlements")], abp_security=[{"secret": []}]
)


def account_id_of(key: str) -> int:
    """The account that the host product or plg calls so."""
    found = accounts.known([key])
    if key not in found:
        raise accounts.AccountNotFound(f"No account is known by the id {key!r}.")
    accounts.remember(found)
    return found[key]


@api.get("/entitlements", summary="All that an account may do", responses={200: EntitlementsOut})
@requires("secret")
def get_entitlements(query: EntitlementsQuery) -> dict[str, Any]:
    found = entitlements.of_account(account_id_of(query.account), query.locale)
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
    description="What is metered is not held by asking (`guaranteed: false`): reserve it where a limit must hold. "
    "Who is about to use more than one says so by `amount`.",
    responses={200: EntitlementOut},
)
@requires("secret")
def get_entitlement(path: FeaturePath, query: EntitlementQuery) -> dict[str, Any]:
    account_id = account_id_of(query.account)
    amount = None if query.amount is None else tidy(query.amount)
    told = paywall.check(account_id, path.feature, query.locale, query.currency, amount)
    if not told["allowed"]:
        refusals.count(account_id, path.feature, told["reason"])
    return told


@api.post(
    "/entitlements/<feature>/refusals",
    summary="Say that your product refused a feature to somebody",
    description="It counts, and may raise an offer that answers it; the answer has the data for a paywall. Where the "
    "account may use the feature after all, nothing is counted (`allowed: true`).",
    responses={200: EntitlementOut},
)
@requires("secret")
def create_refusal(path: FeaturePath, body: RefusalIn) -> dict[str, Any]:
    account_id = account_id_of(body.account)
    told = paywall.check(account_id, path.feature, body.locale, body.currency)
    if not told["allowed"]:
        person_id = identities.resolve([body.person])[body.person] if body.person else None
        refusals.tell(account_id, path.feature, told["reason"], person_id=person_id)
    return told


@api.get(
    "/entitlements/<feature>/why",
    summary="What a limit is made of: the plan's part, what rolled over, and every grant",
    responses={200: WhyOut},
)
@requires("secret", "staff")
def explain_entitlement(path: FeaturePath, query: EntitlementsQuery) -> dict[str, Any]:
    return explaining.why(account_id_of(query.account), path.feature, query.locale)


@api.get("/usage", summary="What a meter reads, period by period", responses={200: UsageOut})
@requires("secret")
def get_usage(query: UsageQuery) -> dict[str, Any]:
    return {
        "feature": query.feature,
        "periods": explaining.periods(account_id_of(query.account), query.feature),
    }


@api.post(
    "/usage/reservations",
    summary="Hold so much of a limit before the work",
    description="Of callers at the same moment as many are let in as there is left for. 409 with `paywall` where "
    "there is not so much. Confirm it with what was really used, or release it; else it lets go by itself.",
    responses={201: ReservationOut},
)
@requires("secret")
def create_reservation(body: ReservationIn) -> tuple[dict[str, Any], int]:
    account_id, lasts = account_id_of(body.account), dt.timedelta(seconds=body.expires_in)
    try:
        row = reservations.reserve(
            account_id,
            body.feature,
            tidy(body.amount),
            lasts=lasts,
            locale=body.locale,
            by=current_caller().actor,
        )
    except NotEntitled as refusal:
        end_transaction()
        refusals.count(account_id, body.feature, refusal.reason)
        raise
    return ReservationOut.of(row).model_dump(mode="json"), 201


@api.post(
    "/usage/reservations/<reservation>/confirm",
    summary="It was used",
    description="plg records the event that the feature is metered by. It may be more than was held.",
    responses={200: ReservationOut},
)
@requires("secret")
def confirm_reservation(path: ReservationPath, body: ConfirmationIn) -> dict[str, Any]:
    person_id = identities.resolve([body.person])[body.person] if body.person else None
    row = reservations.confirm(path.reservation, Real(body.amount, person_id, body.properties))
    return ReservationOut.of(row).model_dump(mode="json")


@api.post(
    "/usage/reservations/<reservation>/release", summary="It was not used", responses={200: ReservationOut}
)
@requires("secret")
def release_reservation(path: ReservationPath) -> dict[str, Any]:
    return ReservationOut.of(reservations.release(path.reservation)).model_dump(mode="json")


@api.post(
    "/usage/grants",
    summary="Give an account more of a feature",
    description="With the same `key` it is given once.",
    responses={201: GrantOut},
)
@requires("secret")
def create_grant(body: GrantIn) -> tuple[dict[str, Any], int]:
    values = body.model_dump(exclude={"account"}) | {"amount": tidy(body.amount)}
    new = NewGrant(account_id_of(body.account), **values)
    return GrantOut.of(grants.give(new, by=current_caller().actor)).model_dump(mode="json"), 201


@api.post(
    "/usage/grants/<int:grant>/void",
    summary="Take a grant back",
    description="By a row of its own: grants never change. What was used of it stays used. The second time it is "
    "refused as `grant_voided`.",
    responses={200: GrantOut},
)
@requires("secret")
def void_grant(path: GrantPath, body: VoidIn) -> dict[str, Any]:
    account_id = account_id_of(body.account)
    row = grants.void(account_id, path.grant, reason=body.reason, by=current_caller().actor)
    return GrantOut.of(row).model_dump(mode="json")
