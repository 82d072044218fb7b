"""The mails that the pages send: to whom, in which language, with which links."""

from __future__ import annotations

from typing import Any

from plg.access import address_changes, credentials, one_time, password_resets, sign_in_links
from plg.access.address_changes import Changed
from plg.access.credentials import Owner
from plg.access.models import Credential
from plg.messaging import mail
from plg.people import people
from plg.signups import signups
from plg.web.i18n import current_locale
from plg.web.pages.addresses import public_url


def ask_to_confirm(address: str, token: str, person_id: int) -> None:
    hours = int(signups.CONFIRM_LIFE.total_seconds() // 3600)
    context = {"url": public_url("sign_up.confirm", token=token), "hours": hours}
    mail.send(address, "confirm-email", current_locale(), context, person_id=person_id)


def confirm_again(address: str) -> None:
    """Somebody asks for the link of a sign-up once more: a new one, in place of the last and for the same browser.
    Who has no sign-up that waits is told by mail how things stand. Each takes the same work, as does the answer."""
    owner = credentials.owner_of(address)
    waits = owner.credential is not None and owner.credential.email_confirmed_at is None
    token = one_time.issue(
        signups.CONFIRM,
        address,
        person_id=owner.person_id if waits else None,
        life=signups.CONFIRM_LIFE,
        data=one_time.data_of_last(signups.CONFIRM, address),
    )
    if waits and owner.person_id is not None:
        ask_to_confirm(address, token, owner.person_id)
    else:
        _answer(owner, address, "already-registered", _ways_in())


def tell_owner(address: str) -> None:
    """Somebody signed up with an address that is known: its owner learns it by mail, nobody else."""
    credential = credentials.find(address)
    if credential is None:
        return
    if credential.email_confirmed_at is None and credential.password_hash is None:
        token = one_time.issue(
            signups.CONFIRM, address, person_id=credential.person_id, life=signups.CONFIRM_LIFE
        )
        ask_to_confirm(address, token, credential.person_id)
        return
    if credential.email_confirmed_at is None:
        offer_to_finish(credential)
        return
    context = {"name": people.get(credential.person_id).name, **_ways_in()}
    mail.send(address, "already-registered", _locale(credential), context, person_id=credential.person_id)


def _ways_in() -> dict[str, str]:
    return {"url": public_url("sign_in.login"), "forgot_url": public_url("sign_in.forgot")}


def offer_to_finish(credential: Credential) -> None:
    """The sign-up before this one was never confirmed, so its password may be anybody's: who owns the address
    chooses a new one."""
    token = password_resets.begin(credential.email, credential.person_id)
    context = {"url": public_url("sign_in.reset", token=token), "minutes": password_resets.MINUTES}
    mail.send(
        credential.email, "finish-sign-up", _locale(credential), context, person_id=credential.person_id
    )


def offer_reset(address: str, *, page: str = "", locale: str | None = None) -> None:
    """Somebody forgot their password; who has no account here is told so by mail, too. page: where the link leads
    to, instead of plg's own page."""
    owner = credentials.owner_of(address)
    token = password_resets.begin(address, owner.person_id)
    url = _with_token(page, token) or public_url("sign_in.reset", token=token)
    _answer(owner, address, "reset-password", {"url": url, "minutes": password_resets.MINUTES}, locale)


def offer_sign_in(address: str, onward: str = "", *, page: str = "", locale: str | None = None) -> None:
    """Somebody wants to sign in by a link. Known or not, it takes the same work, and the answer is the same."""
    owner = credentials.owner_of(address)
    token = sign_in_links.begin(address, owner.person_id, onward)
    url = _with_token(page, token) or public_url("sign_in_link.follow", token=token)
    _answer(owner, address, "sign-in-link", {"url": url, "minutes": sign_in_links.MINUTES}, locale)


def _with_token(page: str, token: str) -> str:
    return f"{page}{'&' if '?' in page else '?'}token={token}" if page else ""


def _answer(
    owner: Owner, address: str, template: str, context: dict[str, Any], asked: str | None = None
) -> None:
    locale = owner.locale or asked or current_locale()
    if owner.credential is None:
        mail.send(address, "no-account", locale, {"url": public_url("sign_up.form")})
    else:
        mail.send(address, template, locale, {"name": owner.name, **context}, person_id=owner.person_id)


def ask_to_confirm_change(credential: Credential, address: str) -> None:
    """Somebody wants another address: its owner confirms it. Whose it is already is told so, and nobody else."""
    person, known = people.get(credential.person_id), credentials.owner_of(address)
    taken = known.credential is not None and known.credential.email_confirmed_at is not None
    token = address_changes.begin(credential, address, known=taken)
    locale = (known.locale if taken else person.locale) or current_locale()
    if taken:
        shown: dict[str, Any] = {"name": known.name, "url": public_url("sign_in.login")}
        mail.send(address, "address-in-use", locale, shown, person_id=known.person_id)
        return
    hours = int(address_changes.CONFIRM_LIFE.total_seconds() // 3600)
    shown = {"name": person.name, "url": public_url("change_address.confirm", token=token), "hours": hours}
    mail.send(address, "confirm-change", locale, shown, person_id=person.id)


def tell_address_changed(changed: Changed) -> None:
    """To the old address, with a way back."""
    credential = changed.credential
    context: dict[str, Any] = {
        "name": people.get(credential.person_id).name,
        "address": credential.email,
        "url": public_url("change_address.undo", token=changed.undo),
        "hours": int(address_changes.UNDO_LIFE.total_seconds() // 3600),
    }
    mail.send(changed.before, "address-changed", _locale(credential), context, person_id=credential.person_id)


def tell_ways_changed(credential: Credential, what: str) -> None:
    """How the person signs in has changed. what: `passkey-added`, `passkey-removed`, `two-step-on`,
    `two-step-off`, `recovery-codes-renewed`, `recovery-code-used`, `provider-connected`,
    `provider-disconnected`."""
    name = people.get(credential.person_id).name
    context = {"name": name, "what": what, "url": public_url("security.show")}
    mail.send(credential.email, "ways-changed", _locale(credential), context, person_id=credential.person_id)


def tell_password_changed(credential: Credential) -> None:
    name = people.get(credential.person_id).name
    context = {"name": name, "url": public_url("sign_in.forgot")}
    mail.send(
        credential.email, "password-changed", _locale(credential), context, person_id=credential.person_id
    )


def _locale(credential: Credential) -> str:
    return people.get(credential.person_id).locale or current_locale()
