"""Who is asking. The front door makes one `Caller` for each request; rooms only read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import current_app, g

from plg.kit.errors import Forbidden, Unauthorized

Kind = Literal["anonymous", "publishable", "secret", "user", "person", "staff"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Caller:
    """kind: `publishable` (browser key alone), `secret` (server key), `user` (publishable key and a signed
    user token), `person` (signed in on plg's own pages), `staff` (the vendor's growth team). person_key, account_key:
    public ids, filled in for a `user`."""

    kind: Kind
    person_id: int | None = None
    account_id: int | None = None
    role: str | None = None
    name: str = ""
    locale: str | None = None
    person_key: str | None = None
    account_key: str | None = None
    account_name: str = ""
    key_id: int | None = None
    staff_id: int | None = None

    @property
    def actor(self) -> str:
        """How the audit log names them."""
        if self.staff_id is not None:
            return f"staff:{self.staff_id}"
        if self.person_id is not None:
            return f"person:{self.person_id}"
        return f"key:{self.key_id}" if self.key_id is not None else self.kind


ANONYMOUS = Caller("anonymous")
PROOFS: dict[Kind, str] = {
    "anonymous": "nothing",
    "publishable": "a publishable key: `X-Plg-Key: pk_…`",
    "secret": "a secret key: `Authorization: Bearer sk_…`",
    "user": "a user token: `X-Plg-Key: pk_…` with `Authorization: Bearer <signed JWT>`",
    "person": "a signed-in person",
    "staff": "a signed-in member of staff",
}
"""How a caller of each kind shows who they are."""


def current_caller() -> Caller:
    """The caller of this request; read once, by the resolver that the front door registered."""
    if "caller" not in g:
        g.caller = current_app.extensions["plg.front_door"]()
    return g.caller


def requires(*kinds: Kind) -> Callable[[F], F]:
    """Mark a view with the kinds of caller it serves. The front door holds it, before anything of the request
    is read: 401 for nobody, 403 for somebody else. `anonymous` among the kinds lets everybody in."""

    def mark(view: F) -> F:
        view.plg_callers = kinds  # type: ignore[attr-defined]
        return view

    return mark


def check_caller(kinds: tuple[Kind, ...]) -> Caller:
    """The caller, if it is of one of these kinds."""
    caller = current_caller()
    if caller.kind in kinds or "anonymous" in kinds:
        return caller
    wanted = ", or ".join(PROOFS[kind] for kind in kinds)
    if caller.kind == "anonymous":
        raise Unauthorized(f"This needs {wanted}.")
    raise Forbidden(f"Not possible with {PROOFS[caller.kind].partition(':')[0]}: this needs {wanted}.")
