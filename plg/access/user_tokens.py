"""User tokens: how the host product says who its signed-in user is. A JWT (HS256), made on its server.

Claims: `sub` (the host's user id), `account` (the host's id of the user's account), `exp` (at most a day ahead),
and, if wanted, `name`, `email`, `role`, `account_name`, `locale`."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

import jwt
from flask import current_app
from sqlalchemy import Select, String, bindparam, func, select
from sqlalchemy.orm import aliased

from plg.accounts import accounts, memberships
from plg.accounts.models import ROLES, Account, AccountKey, Membership
from plg.kit.clock import now
from plg.kit.db import db, writing
from plg.kit.errors import Unauthorized
from plg.kit.texts import scrub
from plg.people import identities, people
from plg.people.models import Identity, Person

MAX_LIFE = dt.timedelta(days=1)
LEEWAY = dt.timedelta(seconds=30)
MAX_ID = 200


class UserTokenRefused(Unauthorized):
    """The user token is missing a claim, expired, or not signed with the user-token secret."""


@dataclass(frozen=True)
class TokenUser:
    person_id: int
    person_key: str
    name: str
    locale: str | None
    account_id: int | None = None
    account_key: str | None = None
    account_name: str = ""
    role: str | None = None


def sign(sub: str, account: str | None, *, life: dt.timedelta = dt.timedelta(hours=1), **claims: Any) -> str:
    """A user token made by plg itself (links from its pages to the host product)."""
    moment = now()
    payload = {"sub": sub, "iat": moment, "exp": moment + life, **claims}
    if account is not None:
        payload["account"] = account
    return jwt.encode(payload, _secret(), algorithm="HS256")


def verify(token: str) -> dict[str, Any]:
    """The claims of a good token."""
    try:
        options: Any = {"require": ["sub", "exp"]}
        claims = jwt.decode(token, _secret(), algorithms=["HS256"], options=options, leeway=LEEWAY)
        claims = scrub(claims)
    except (jwt.InvalidTokenError, OverflowError, RecursionError) as error:
        raise UserTokenRefused(f"The user token was refused: {error}.") from None
    if int(claims["exp"]) > (now() + MAX_LIFE + LEEWAY).timestamp():
        raise UserTokenRefused("The user token lives longer than a day.")
    for name in ("sub", "account"):
        value = claims.get(name)
        if not (isinstance(value, str) and 0 < len(value) <= MAX_ID) and (name == "sub" or value is not None):
            raise UserTokenRefused(f"The claim `{name}` must be a text of 1 to {MAX_ID} characters.")
    return claims


def _secret() -> str:
    return current_app.extensions["plg.settings"].user_token_key()


def resolve(token: str) -> TokenUser:
    """Who the token speaks of, in one query; a user or account seen for the first time is made."""
    claims = verify(token)
    sub, account = claims["sub"], claims.get("account")
    found = _find(sub, account)
    if found is None or (account is not None and found.account_id is None):
        with writing():
            _introduce(sub, account, claims)
            db.session.commit()
        found = _find(sub, account)
    assert found is not None
    return found


def _find(sub: str, account: str | None) -> TokenUser | None:
    row = db.session.connection().execute(_who(), {"sub": sub, "account": account}).first()
    return TokenUser(*row) if row else None


@functools.cache
def _who() -> Select[*tuple[Any, ...]]:
    """Built once: putting it together costs more than running it."""
    survivor = aliased(Person)
    return (
        select(survivor.id, survivor.public_id, survivor.name, survivor.locale)
        .add_columns(Account.id, Account.public_id, Account.name, Membership.role)
        .select_from(Identity)
        .join(Person, Person.id == Identity.person_id)
        .join(survivor, survivor.id == func.coalesce(Person.merged_into_id, Person.id))
        .outerjoin(AccountKey, AccountKey.key == bindparam("account", type_=String))
        .outerjoin(
            Membership,
            (Membership.account_id == AccountKey.account_id) & (Membership.person_id == survivor.id),
        )
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(Identity.distinct_id == bindparam("sub", type_=String))
    )


def _introduce(sub: str, account: str | None, claims: dict[str, Any]) -> None:
    person = people.get(identities.resolve([sub])[sub])
    person.identified = True
    people.describe(person, {k: claims[k] for k in ("name", "email", "locale") if claims.get(k)})
    if account is None:
        return
    account_id = accounts.resolve([account])[account]
    if claims.get("account_name"):
        accounts.describe(db.session.get_one(Account, account_id), {"name": claims["account_name"]})
    if memberships.taken_out({(account_id, person.id)}):
        return  # an old session of the host product, or an old link of ours, is no invitation
    role = claims.get("role")
    memberships.add(account_id, person.id, role if role in ROLES else "member", by="user token")
