"""The mails about a workspace: who is invited, who asks to be let in, what its owners have decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from plg.accounts import invitations, joining, memberships
from plg.accounts.domains import record_name
from plg.accounts.models import Account, AccountDomain, Invitation, JoinRequest
from plg.kit.clock import zone
from plg.messaging import mail
from plg.people import people
from plg.people.models import Person
from plg.web.i18n import current_locale
from plg.web.pages.addresses import public_url


def invite(
    invitation: Invitation, token: str, *, inviter: str, account: str, locale: str | None = None
) -> None:
    """inviter: their name; empty where the host product's server invites."""
    context = {
        "inviter": inviter,
        "account": account,
        "url": public_url("invitations.show", token=token),
        "days": invitations.LIFE.days,
    }
    mail.send(invitation.email, "invitation", locale or current_locale(), context)


def tell_of_request(request: JoinRequest, account: Account) -> None:
    """Somebody asks to be let in: everybody who may answer learns it, once."""
    asking = people.get(request.person_id)
    context = {
        "asking": asking.name or request.email,
        "email": request.email,
        "account": account.name,
        "url": public_url("joining.answer", public_id=request.public_id),
    }
    _send_all(joining.deciders(account.id), "join-request", context, f"join:{request.public_id}")


def tell_answer(request: JoinRequest, account: Account) -> None:
    """Who asked learns how it was answered."""
    template = "join-approved" if request.status == "approved" else "join-declined"
    context = {"account": account.name, "url": public_url("workspace.home")}
    person = people.get(request.person_id)
    _send_all([person], template, context, f"answer:{request.public_id}")


def ask_mailbox(address: str, claimed: AccountDomain, token: str, account: Account) -> None:
    """Whoever reads the domain's own mail can prove the claim."""
    context = {
        "domain": claimed.domain,
        "account": account.name,
        "record": record_name(claimed),
        "url": public_url("workspace_domains.proof", token=token),
    }
    mail.send(address, "prove-domain", current_locale(), context)


def tell_closing(account: Account, by: Person) -> None:
    """All members learn that the workspace will be deleted; owners can undo it."""
    context = {
        "account": account.name,
        "by": by.name,
        "at": closing_day(account),
        "url": public_url("workspace_settings.show"),
    }
    _send_all(_members(account), "workspace-closing", context)


def tell_kept(account: Account, by: Person) -> None:
    context = {"account": account.name, "by": by.name, "url": public_url("workspace.home")}
    _send_all(_members(account), "workspace-kept", context)


def tell_handed_over(account: Account, heir: Person, by: Person) -> None:
    """Both learn it: who owns the workspace now, and who did."""
    context = {"account": account.name, "heir": heir.name or heir.email, "by": by.name or by.email}
    context |= {"url": public_url("members.show")}
    _send_all([heir, by], "ownership-transferred", context)


def _members(account: Account) -> list[Person]:
    theirs = [row.person_id for row in memberships.of_account(account.id)]
    found = people.get_all(theirs)
    return [found[each] for each in theirs]


def _send_all(to: Iterable[Person], template: str, context: dict[str, Any], once: str = "") -> None:
    """To each in their own language. once: what makes a second mail about the same thing one too many."""
    for person in to:
        if person.email:
            known = f"{once}:{person.id}" if once else None
            named = {"name": person.name, **context}
            locale = person.locale or current_locale()
            mail.send(person.email, template, locale, named, id=known, person_id=person.id)


def closing_day(account: Account) -> dt.date | None:
    """The day of the deletion by the workspace's own calendar."""
    if account.delete_at is None:
        return None
    return account.delete_at.astimezone(zone(account.timezone)).date()
