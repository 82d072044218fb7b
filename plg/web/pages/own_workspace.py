"""The workspace and the address of whoever is signed in, for the pages about workspaces."""

from __future__ import annotations

from plg.access import credentials
from plg.access.models import Credential
from plg.accounts import accounts, rights
from plg.accounts.models import Account
from plg.kit.caller import current_caller
from plg.kit.errors import Forbidden


class NoWorkspace(Forbidden):
    """Somebody is signed in who belongs to no workspace."""


def here(right: str = "workspace.see") -> tuple[Account, int]:
    """The reader's workspace and the reader, who needs this right in it."""
    caller = current_caller()
    if caller.account_id is None or caller.person_id is None:
        raise NoWorkspace("You belong to no workspace yet.")
    rights.require(caller.account_id, caller.person_id, right)
    return accounts.get(caller.account_id), caller.person_id


def confirmed() -> Credential | None:
    """The credential of whoever is signed in, if its address is confirmed."""
    person_id = current_caller().person_id
    found = credentials.of_person(person_id) if person_id is not None else None
    return found if found is not None and found.email_confirmed_at else None


def confirmed_address() -> str:
    """The reader's confirmed address; "" where there is none."""
    found = confirmed()
    return found.email if found else ""
