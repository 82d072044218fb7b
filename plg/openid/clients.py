"""Clients: the products that sign their users in with plg. All are first-party: nobody is asked for consent."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy import delete, select

from plg.access.hashing import hash_token
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.errors import Fault, NotFound, Unprocessable
from plg.kit.ids import new_id
from plg.openid.keys import ALGORITHMS
from plg.openid.models import Grant, OpenidClient

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
RUNS_CODE = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "view-source"})


class BadClient(Unprocessable):
    """A name or an address of the client is not right."""


class ClientNotFound(NotFound):
    pass


class PublicClient(Unprocessable):
    """A public client has no secret."""


def add(
    name: str,
    redirect_uris: Sequence[str],
    *,
    post_logout_redirect_uris: Sequence[str] = (),
    public: bool = False,
    algorithm: str = "RS256",
    by: str,
) -> tuple[OpenidClient, str | None]:
    """Register a product. Returns it with its secret, which is shown this once; None for a public one.
    algorithm: what signs its ID tokens."""
    if faults := _faults(name, redirect_uris, post_logout_redirect_uris, public, algorithm):
        raise BadClient(errors=faults)
    client = OpenidClient(client_id=new_id("client"), name=name.strip(), algorithm=algorithm)
    client.redirect_uris = list(dict.fromkeys(redirect_uris))
    client.post_logout_redirect_uris = list(dict.fromkeys(post_logout_redirect_uris))
    client.created_at, client.created_by = now(), by
    secret = None if public else _new_secret(client)
    db.session.add(client)
    db.session.flush()
    return client, secret


def find(client_id: str) -> OpenidClient | None:
    return db.session.scalar(select(OpenidClient).where(OpenidClient.client_id == client_id))


def get(client_id: str) -> OpenidClient:
    client = find(client_id)
    if client is None:
        raise ClientNotFound(f"There is no client {client_id!r}.")
    return client


def every() -> list[OpenidClient]:
    return list(db.session.scalars(select(OpenidClient).order_by(OpenidClient.id)))


def change_secret(client_id: str, *, by: str) -> str:
    """A new secret in place of the old one, which stops working at once."""
    client = get(client_id)
    if client.secret_hash is None:
        raise PublicClient(f"{client.name} is a public client: it has no secret.")
    return _new_secret(client)


def remove(client_id: str, *, by: str) -> None:
    """The product signs nobody in any more; its codes and tokens are gone."""
    client = get(client_id)
    db.session.execute(delete(Grant).where(Grant.client_id == client.id))
    db.session.delete(client)
    db.session.flush()


def _new_secret(client: OpenidClient) -> str:
    secret = new_id("secret", 40)
    client.secret_hash = hash_token(secret)
    return secret


def _faults(
    name: str, redirects: Sequence[str], after_logout: Sequence[str], public: bool, algorithm: str
) -> list[Fault]:
    faults = []
    if not 0 < len(name.strip()) <= 100:
        faults.append(Fault("name", "must have 1 to 100 characters"))
    if not redirects:
        faults.append(Fault("redirect_uri", "is missing"))
    named = {"redirect_uri": redirects, "post_logout_redirect_uri": after_logout}
    for field, addresses in named.items():
        wrong = (why for why in (_why_not(address, public) for address in addresses) if why)
        faults += [Fault(field, why) for why in wrong]
    if algorithm not in ALGORITHMS:
        faults.append(Fault("algorithm", f"must be one of {', '.join(ALGORITHMS)}"))
    return faults


def _why_not(address: str, public: bool) -> str | None:
    """What speaks against sending codes to this address: https, http on this very machine, or, for an app on a
    phone, a scheme of its own."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{address} is no address"
    scheme = parts.scheme.lower()
    if not address.isascii() or any(letter <= " " or letter in '"\\<>*' for letter in address):
        return f"{address} must be plain: no spaces, quotes or wildcards"
    if "#" in address:
        return f"{address} must have no fragment"
    if scheme == "https" and parts.hostname:
        return None
    if scheme == "http":
        return None if parts.hostname in LOOPBACK else f"{address} must begin with https://"
    if public and "." in scheme and scheme not in RUNS_CODE:
        return None
    return (
        f"{address} must begin with https:// (an app's own scheme, com.example.app:, needs a public client)"
    )
