"""An account: opened, found, described."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from flask import current_app
from sqlalchemy import select

from plg.accounts.models import Account, AccountKey
from plg.events import log, names
from plg.kit.clock import is_zone, now
from plg.kit.db import db, insert, lock
from plg.kit.errors import Conflict, NotFound
from plg.kit.ids import new_id
from plg.kit.keyed import make_for_keys

CACHE_SIZE = 100_000
CACHE_SECONDS = 600.0


class AccountNotFound(NotFound):
    pass


class AccountKeyTaken(Conflict):
    pass


class WorkspaceClosing(Conflict):
    """The workspace is about to be deleted: it is read-only until an owner undoes that."""


def _cache() -> dict[str, int]:
    """key -> accounts.id of committed rows. A key changes its account only when a deleted one gives it back, so
    what a process remembers is thrown away every CACHE_SECONDS."""
    moment = time.monotonic()
    born, found = current_app.extensions.get("plg.account_keys", (0.0, None))
    if found is None or moment - born > CACHE_SECONDS:
        found = {}
        current_app.extensions["plg.account_keys"] = (moment, found)
    return found


def forget_cache() -> None:
    current_app.extensions.pop("plg.account_keys", None)


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


def check_open(account_id: int) -> Account:
    """The account, if it is not about to be deleted, nor gone. Raises WorkspaceClosing or AccountNotFound."""
    account = get(account_id)
    if account.deleted_at is not None:
        raise AccountNotFound("This workspace was deleted.")
    if account.delete_at is not None:
        raise WorkspaceClosing("This workspace is about to be deleted.")
    return account


def upsert(
    name: str, *, key: str | None, timezone: str | None, locale: str | None, by: str
) -> tuple[Account, bool]:
    """The account that the host product calls `key`, with what is given here; opened where there is none, or where
    there is no key. Repeated or in parallel: one account a key. Returns the account and whether it is new."""
    if key is not None:
        lock(f"account:{key}")
        if key in known([key]):
            account = find(key)
            change(
                account,
                name=name,
                timezone=timezone or account.timezone,
                locale=locale or account.locale,
                by=by,
            )
            return account, False
    return open(name, key=key, timezone=timezone or "UTC", locale=locale), True


def set_traits(account: Account, traits: Mapping[str, Any]) -> None:
    """Set traits beside those that are there; one that is None is taken away."""
    kept = {**account.traits, **traits}
    account.traits = {trait: value for trait, value in kept.items() if value is not None}


def change(account: Account, *, name: str, timezone: str, locale: str | None, by: str) -> None:
    """Set what the workspace is called, its calendar's zone and its language; `Account Updated` says what is new."""
    wanted = {"name": name, "timezone": timezone, "locale": locale}
    new = {field: value for field, value in wanted.items() if getattr(account, field) != value}
    for field, value in new.items():
        setattr(account, field, value)
    if new:
        log.record(names.ACCOUNT_UPDATED, account_id=account.id, properties={**new, "by": by})


def keys_of(account: Account) -> list[str]:
    query = select(AccountKey.key).where(AccountKey.account_id == account.id)
    return list(db.session.scalars(query.order_by(AccountKey.created_at, AccountKey.key)))


def describe(account: Account, traits: Mapping[str, Any]) -> None:
    """Set traits; name, timezone and locale are kept as columns too. Another timezone is told as by `change`: what
    is counted by the calendar is counted anew."""
    account.traits, before = {**account.traits, **traits}, account.timezone
    for column, size in (("name", 200), ("timezone", 64), ("locale", 10)):
        value = traits.get(column)
        if isinstance(value, str) and value and (column != "timezone" or is_zone(value)):
            setattr(account, column, value[:size])
    if account.timezone != before:
        properties = {"timezone": account.timezone, "by": "host product"}
        log.record(names.ACCOUNT_UPDATED, account_id=account.id, properties=properties)
