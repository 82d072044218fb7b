"""An account: opened, found, described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app
from sqlalchemy import select

from plg.accounts.models import Account, AccountKey
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import Conflict, NotFound
from plg.kit.ids import new_id
from plg.kit.keyed import make_for_keys

CACHE_SIZE = 100_000


class AccountNotFound(NotFound):
    pass


class AccountKeyTaken(Conflict):
    pass


def _cache() -> dict[str, int]:
    """key -> accounts.id of committed rows; a key never changes its account."""
    return current_app.extensions.setdefault("plg.account_keys", {})


def forget_cache() -> None:
    _cache().clear()


def known(keys: Iterable[str]) -> dict[str, int]:
    """The accounts of those keys that exist: key -> accounts.id."""
    cache, wanted = _cache(), set(keys)
    found = {key: cache[key] for key in wanted if key in cache}
    missing = wanted - found.keys()
    if missing:
        query = select(AccountKey.key, AccountKey.account_id).where(AccountKey.key.in_(missing))
        found |= dict(db.session.execute(query).all())
    return found


def remember(found: Mapping[str, int]) -> None:
    """Keep keys in this process's memory; call it once they are committed."""
    cache = _cache()
    if len(cache) > CACHE_SIZE:
        cache.clear()
    cache.update(found)


def resolve(keys: Iterable[str]) -> dict[str, int]:
    """The accounts of all those keys; the missing are made. In parallel, each key gets one account."""
    wanted = sorted(set(keys))
    found = known(wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        _make(missing)
        found |= known(missing)
    return found


def _make(keys: list[str]) -> None:
    """One new account for each key that nobody has made meanwhile."""
    fresh = {new_id("acct"): key for key in keys}
    blank = {"created_at": now(), "name": "", "timezone": "UTC", "traits": {}}
    won = make_for_keys(Account.__table__, blank, AccountKey.__table__, "key", "account_id", fresh)
    log.store([_created(account_id, public_id) for account_id, public_id in won])


def _created(account_id: int, public_id: str, **values: Any) -> log.NewEvent:
    return log.own(names.ACCOUNT_CREATED, account_id=account_id, id=f"account-created:{public_id}", **values)


def _add(*, name: str, timezone: str = "UTC", locale: str | None = None) -> Account:
    account = Account(public_id=new_id("acct"), name=name, timezone=timezone, locale=locale, traits={})
    account.created_at = now()
    db.session.add(account)
    db.session.flush()
    _claim(account, account.public_id)
    return account


def _claim(account: Account, key: str) -> int:
    row = {"key": key, "account_id": account.id, "created_at": now()}
    db.session.execute(insert(AccountKey).values(row).on_conflict_do_nothing())
    return known([key])[key]


def open(
    name: str,
    *,
    key: str | None = None,
    timezone: str = "UTC",
    locale: str | None = None,
    by: int | None = None,
) -> Account:
    """Open an account and record `Account Created`. key: the id under which the host product knows it.
    by: the person who opens it."""
    account = _add(name=name, timezone=timezone, locale=locale)
    if key is not None and _claim(account, key) != account.id:
        raise AccountKeyTaken(f"An account is already known by the key {key!r}.")
    log.store([_created(account.id, account.public_id, person_id=by, properties={"account_name": name})])
    return account


def get(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None:
        raise AccountNotFound("There is no such account.")
    return account


def find(any_key: str) -> Account:
    """By public id or by the host product's own id."""
    found = known([any_key])
    if any_key not in found:
        raise AccountNotFound(f"No account is known by the id {any_key!r}.")
    return get(found[any_key])


def keys_of(account: Account) -> list[str]:
    query = select(AccountKey.key).where(AccountKey.account_id == account.id)
    return list(db.session.scalars(query.order_by(AccountKey.created_at, AccountKey.key)))


def describe(account: Account, traits: Mapping[str, Any]) -> None:
    """Set traits; name, timezone and locale are kept as columns too."""
    account.traits = {**account.traits, **traits}
    for column, size in (("name", 200), ("timezone", 64), ("locale", 10)):
        value = traits.get(column)
        if isinstance(value, str) and value:
            setattr(account, column, value[:size])
