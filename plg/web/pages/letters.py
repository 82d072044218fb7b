"""The mails that the pages send: to whom, in which language, with which links."""

from __future__ import annotations

from plg.access import credentials, password_resets
from plg.access.models import Credential
from plg.accounts import invitations
from plg.accounts.models import Invitation
from plg.messaging import mail
from plg.people import people
from plg.trials import signups
from plg.web.i18n import current_locale
from plg.web.pages.addresses import public_url


def ask_to_confirm(address: str, token: str, person_id: int) -> None:
    hours = int(signups.CONFIRM_LIFE.total_seconds() // 3600)
    context = {"url": public_url("sign_up.confirm", token=token), "hours": hours}
    mail.send(address, "confirm-email", current_locale(), context, person_id=person_id)


def tell_owner(address: str) -> None:
    """Somebody signed up with an address that is known: its owner learns it by mail, nobody else."""
    credential = credentials.find(address)
    if credential is None:
        return
    if credential.email_confirmed_at is None:
        offer_to_finish(credential)
        return
    context = {
        "name": people.get(credential.person_id).name,
        "url": public_url("sign_in.login"),
        "forgot_url": public_url("sign_in.forgot"),
    }
    mail.send(address, "already-registered", _locale(credential), context, person_id=credential.person_id)


def offer_to_finish(credential: Credential) -> None:
    """The sign-up before this one was never confirmed, so its password may be anybody's: who owns the address
    chooses a new one."""
    token = password_resets.begin(credential)
    context = {"url": public_url("sign_in.reset", token=token), "minutes": password_resets.MINUTES}
    mail.send(
        credential.email, "finish-sign-up", _locale(credential), context, person_id=credential.person_id
    )


def offer_reset(address: str) -> None:
    """Somebody forgot their password; who has no account here is told so by mail, too."""
    credential = credentials.find(address)
    if credential is None:
        mail.send(address, "no-account", current_locale(), {"url": public_url("sign_up.form")})
        return
    token = password_resets.begin(credential)
    context = {
        "name": people.get(credential.person_id).name,
        "url": public_url("sign_in.reset", token=token),
        "minutes": password_resets.MINUTES,
    }
    mail.send(address, "reset-password", _locale(credential), context, person_id=credential.person_id)


def tell_password_changed(credential: Credential) -> None:
    name = people.get(credential.person_id).name
    context = {"name": name, "url": public_url("sign_in.forgot")}
    mail.send(
        credential.email, "password-changed", _locale(credential), context, person_id=credential.person_id
    )


def invite(invitation: Invitation, token: str, *, inviter: str, account: str) -> None:
    context = {
        "inviter": inviter,
        "account": account,
        "url": public_url("invitations.show", token=token),
        "days": invitations.LIFE.days,
    }
    mail.send(invitation.email, "invitation", current_locale(), context)


def _locale(credential: Credential) -> str:
    return people.get(credential.person_id).locale or current_locale()
