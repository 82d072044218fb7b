"""Traces: what sign-ups of one origin share. Only keyed hashes are kept, each kind under a key of its own."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import case, delete, func, select

from plg.kit import addresses
from plg.kit.clock import now
from plg.kit.db import db, insert, lock
from plg.signups.models import Case, Trace

MOST = 200
"""No question reads more rows than this, however many there are."""

LOCKED = ("device", "mailbox")
"""Kinds of which one is enough for a second trial: those who sign up with the same one at once take turns."""


@dataclass(frozen=True)
class Evidence:
    """What is known of the browser that signs up. ip: as the front door sees it; device: an opaque token that the
    browser carries; seconds: how long the form was open. Nothing of it is stored as it is."""

    ip: str = ""
    device: str = ""
    user_agent: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Alike:
    """How many other workspaces with a trial share a trace; confirmed: those whose address was confirmed."""

    workspaces: int
    confirmed: int


def of_address(address: str) -> dict[str, str]:
    """The traces of an address: its mailbox, and its company where the domain stands for one."""
    found = {"mailbox": digest("mailbox", addresses.fold(address))}
    domain = addresses.domain_of(address)
    if addresses.is_company_domain(domain):
        found["company"] = digest("company", addresses.registrable(domain) or domain)
    return found


def of_browser(evidence: Evidence) -> dict[str, str]:
    found = {"device": evidence.device.strip(), "network": network(evidence.ip)}
    return {kind: digest(kind, value) for kind, value in found.items() if value}


def network(ip: str) -> str:
    """The neighbourhood of an address: /24 of IPv4, /56 of IPv6 (what a provider gives to one line at most). "" for
    private addresses: behind a proxy that nobody named, all the world has the same one."""
    try:
        address = ipaddress.ip_address(ip.strip())
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not address.is_global:
        return ""
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 56}", strict=False))


def digest(kind: str, value: str) -> str:
    """A keyed hash; the same value under another kind, or of another house, is another hash."""
    root = current_app.extensions["plg.settings"].signing_key().encode()
    key = hmac.digest(root, f"plg sign-ups: {kind}".encode(), "sha256")
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


def hold(found: Mapping[str, str]) -> None:
    """Nobody else with the same device or mailbox signs up until the transaction ends."""
    for kind in LOCKED:
        if kind in found:
            lock(f"sign-up:{kind}:{found[kind]}")


def keep(account_id: int, found: Mapping[str, str]) -> None:
    rows = [{"account_id": account_id, "kind": k, "value": v, "seen_at": now()} for k, v in found.items()]
    if rows:
        db.session.execute(insert(Trace).values(rows).on_conflict_do_nothing())


def alike(kind: str, value: str, *, without: int | None) -> Alike:
    """Other workspaces of the same trace whose trial may run; of many, the oldest."""
    same = select(Trace.account_id).where(Trace.kind == kind, Trace.value == value)
    if without is not None:
        same = same.where(Trace.account_id != without)
    oldest = same.order_by(Trace.seen_at).limit(MOST).subquery()
    confirmed = func.coalesce(func.sum(case((Case.confirmed_at.is_not(None), 1), else_=0)), 0)
    query = select(func.count(), confirmed).select_from(oldest)
    query = query.join(Case, Case.account_id == oldest.c.account_id).where(Case.granted_at.is_not(None))
    return Alike(*db.session.execute(query).one())


def seen_since(kind: str, value: str, *moments: dt.datetime) -> list[int]:
    """How often a trace was left since each moment, at most MOST times."""
    earliest = min(moments)
    newest = select(Trace.seen_at).where(Trace.kind == kind, Trace.value == value, Trace.seen_at >= earliest)
    rows = newest.order_by(Trace.seen_at.desc()).limit(MOST).subquery()
    counts = [func.coalesce(func.sum(case((rows.c.seen_at >= each, 1), else_=0)), 0) for each in moments]
    return list(db.session.execute(select(*counts)).one())


def forget(kind: str, before: dt.datetime, most: int) -> int:
    """Delete the oldest traces of a kind; returns how many."""
    old = (
        select(Trace.id).where(Trace.kind == kind, Trace.seen_at < before).order_by(Trace.seen_at).limit(most)
    )
    return db.session.connection().execute(delete(Trace).where(Trace.id.in_(old))).rowcount
