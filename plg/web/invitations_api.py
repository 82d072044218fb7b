"""Invitations, as the host product's server sends them: in web, for their mails lead to its pages."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from flask import current_app
from flask_openapi3 import Tag
from pydantic import BaseModel, ConfigDict, Field

from plg.accounts import accounts, invitations
from plg.accounts.models import Account, Invitation
from plg.accounts.schemas import AccountPath, Address, Locale, Role
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.web.pages import workspace_letters
from plg.web.pages.addresses import public_url

api = APIBlueprint(
    "invitations_api",
    __name__,
    url_prefix="/v1",
    abp_tags=[Tag(name="People and accounts")],
    abp_security=[{"secret": []}],
)

MOST = 200


class InvitationPath(AccountPath):
    invitation: str = Field(max_length=40, json_schema_extra={"example": "inv_7Xk0"})


class InvitationsQuery(BaseModel):
    state: Literal["open", "accepted", "revoked", "expired"] | None = None


class InvitationIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"email": "bea@example.com", "role": "member"}})

    email: Address
    role: Role = "member"
    locale: Locale | None = Field(None, description="Language of the mail; the account's where none is given")
    send: bool = Field(True, description="false: no mail leaves, you pass the `url` on yourself")


class ResendIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"send": True}})

    locale: Locale | None = None
    send: bool = True


class InvitationOut(BaseModel):
    id: str = Field(description="`inv_…`")
    email: str
    role: str
    state: str = Field(description="open, accepted, revoked or expired")
    created_at: dt.datetime
    expires_at: dt.datetime
    url: str | None = Field(
        None, description="Where it is accepted; told once, to whoever makes or resends it"
    )


class InvitationsOut(BaseModel):
    data: list[InvitationOut] = Field(description=f"Newest first, at most {MOST}")


@api.get(
    "/accounts/<path:account>/invitations",
    summary="An account's invitations",
    responses={200: InvitationsOut},
)
@requires("secret", "staff")
def list_invitations(path: AccountPath, query: InvitationsQuery) -> dict[str, Any]:
    account = accounts.find(path.account)
    shown = [_shown(row) for row in invitations.of_account(account.id, query.state, MOST)]
    return InvitationsOut(data=shown).model_dump(mode="json")


@api.post("/accounts/<path:account>/invitations", summary="Invite an address", responses={201: InvitationOut})
@requires("secret")
def create_invitation(path: AccountPath, body: InvitationIn) -> tuple[dict[str, Any], int]:
    account = accounts.find(path.account)
    made, token = invitations.invite(account.id, body.email, body.role, by=None)
    return _sent(account, made, token, body.locale, body.send), 201


@api.post(
    "/accounts/<path:account>/invitations/<invitation>/resend",
    summary="Send an invitation again",
    description="With a new link and a new week; the link before stops working.",
    responses={200: InvitationOut},
)
@requires("secret")
def resend_invitation(path: InvitationPath, body: ResendIn) -> dict[str, Any]:
    account = accounts.find(path.account)
    made, token = invitations.resend(account.id, path.invitation, by=None)
    return _sent(account, made, token, body.locale, body.send)


@api.delete(
    "/accounts/<path:account>/invitations/<invitation>",
    summary="Take an invitation back",
    responses={204: None},
)
@requires("secret")
def revoke_invitation(path: InvitationPath) -> tuple[str, int]:
    invitations.revoke(accounts.find(path.account).id, path.invitation, by=None)
    return "", 204


def _sent(account: Account, made: Invitation, token: str, locale: str | None, send: bool) -> dict[str, Any]:
    if send:
        language = locale or account.locale or current_app.extensions["plg.settings"].default_locale
        workspace_letters.invite(made, token, inviter="", account=account.name, locale=language)
    return _shown(made, public_url("invitations.show", token=token)).model_dump(mode="json")


def _shown(row: Invitation, url: str | None = None) -> InvitationOut:
    return InvitationOut(
        id=row.public_id,
        email=row.email,
        role=row.role,
        state=invitations.state(row),
        created_at=row.created_at,
        expires_at=row.expires_at,
        url=url,
    )
