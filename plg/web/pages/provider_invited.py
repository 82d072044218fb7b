"""Somebody invited who comes with a provider instead of a new password: they join at once, and open no workspace
of their own."""

from __future__ import annotations

import re

from flask import flash, redirect, session
from flask_babel import gettext
from werkzeug import Response

from plg.access import invited, provider_identities
from plg.access.providers_wire import Outsider
from plg.accounts import invitations
from plg.accounts.invitations import InvitationExpired
from plg.web.front_door import ACCOUNT_IN_SESSION
from plg.web.i18n import current_locale
from plg.web.pages.browser import sign_in_person

_INVITATION = re.compile(r"/invitations/([\w-]+)")


def join(outsider: Outsider, onward: str) -> Response | None:
    """Let in whom the provider vouches for, where they came from an invitation of that address; None where they
    came from elsewhere, or the invitation does not work any more."""
    asked = _INVITATION.fullmatch(onward)
    if asked is None or outsider.email is None:
        return None
    try:
        invitation = invitations.look_at(asked[1])
    except InvitationExpired:
        return None
    if invitation.email != outsider.email:
        flash(_meant_for_another(invitation.email, outsider.email), "warn")
        return redirect(onward, 303)
    name = outsider.name or outsider.email.partition("@")[0]
    credential = invited.admit(outsider.email, name, None, locale=current_locale())
    invitations.accept(asked[1], by=credential.person_id, address=outsider.email)
    provider_identities.connect(outsider, credential.person_id)
    answer = sign_in_person(credential.person_id, way=outsider.provider)
    session[ACCOUNT_IN_SESSION] = invitation.account_id
    return answer


def _meant_for_another(invited_address: str, theirs: str) -> str:
    return gettext(
        "This invitation is for %(invited)s, and you came with %(email)s. Choose the account of the invited"
        " address, or ask for an invitation to yours.",
        invited=invited_address,
        email=theirs,
    )
