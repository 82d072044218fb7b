"""Accounts and their members, as the host product's server reads and writes them."""

from __future__ import annotations

from typing import Any

from plg.accounts import accounts, listing, memberships
from plg.accounts.models import Account
from plg.accounts.people_endpoints import SECRET, TAG
from plg.accounts.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    AccountPath,
    AccountsPage,
    AccountsQuery,
    MemberIn,
    MemberOut,
    MemberPath,
)
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.db import db
from plg.people import people

api = APIBlueprint("accounts", __name__, url_prefix="/v1", abp_tags=[TAG], abp_security=SECRET)


@api.get("/accounts", summary="Find accounts", responses={200: AccountsPage})
@requires("secret", "staff")
def list_accounts(query: AccountsQuery) -> dict[str, Any]:
    return listing.accounts_page(query).model_dump(mode="json")


@api.post(
    "/accounts",
    summary="Make or change an account",
    description="By your own id: 201 where it is new, else 200. It becomes known to every reader of the log as "
    "`Account Created`; an owner is made a member in one go. Fields that are left out stay as they are.",
    responses={200: AccountOut, 201: AccountOut},
)
@requires("secret")
def upsert_account(body: AccountIn) -> tuple[dict[str, Any], int]:
    actor = current_caller().actor
    account, made = accounts.upsert(
        body.name, key=body.id, timezone=body.timezone, locale=body.locale, by=actor
    )
    accounts.set_traits(account, body.traits)
    if body.owner is not None:
        owner, _ = people.upsert(key=body.owner.id, email=body.owner.email, traits=body.owner.all_traits())
        memberships.put(account.id, owner.id, "owner", by=actor)
    return _shown(account), 201 if made else 200


@api.get("/accounts/<path:account>", summary="An account, by any id", responses={200: AccountOut})
@requires("secret", "staff")
def get_account(path: AccountPath) -> dict[str, Any]:
    return _shown(accounts.find(path.account))


@api.patch("/accounts/<path:account>", summary="Change an account", responses={200: AccountOut})
@requires("secret")
def change_account(path: AccountPath, body: AccountChange) -> dict[str, Any]:
    account = accounts.find(path.account)
    accounts.change(
        account,
        name=body.name or account.name,
        timezone=body.timezone or account.timezone,
        locale=body.locale or account.locale,
        by=current_caller().actor,
    )
    accounts.set_traits(account, body.traits)
    return _shown(account)


def _shown(account: Account) -> dict[str, Any]:
    db.session.flush()
    return listing.show_accounts([account])[0].model_dump(mode="json")


@api.put(
    "/accounts/<path:account>/members/<path:person>",
    summary="Make a person a member",
    description="Or give a member another role: 201 where they are new, else 200. 409 `last_owner` where nobody "
    "would own the account any more.",
    responses={200: MemberOut, 201: MemberOut},
)
@requires("secret")
def put_member(path: MemberPath, body: MemberIn) -> tuple[dict[str, Any], int]:
    account = accounts.check_open(accounts.find(path.account).id)
    person = people.find(path.person)
    new = memberships.put(account.id, person.id, body.role, by=current_caller().actor)
    return listing.show_member(person, body.role).model_dump(mode="json"), 201 if new else 200


@api.delete(
    "/accounts/<path:account>/members/<path:person>", summary="Take a member out", responses={204: None}
)
@requires("secret")
def remove_member(path: MemberPath) -> tuple[str, int]:
    account, person = accounts.find(path.account), people.find(path.person)
    memberships.remove(account.id, person.id, by=current_caller().actor)
    return "", 204
