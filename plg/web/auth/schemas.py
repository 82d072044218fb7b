"""Shapes of the sign-in API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError
from pydantic import AfterValidator, BaseModel, Field

from plg.kit.texts import normal_address

MAX_TOKEN = 200


def _address(value: str) -> str:
    try:
        return normal_address(value)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


Address = Annotated[
    str, AfterValidator(_address), Field(max_length=320, json_schema_extra={"example": "ana@example.com"})
]
Person = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Any id of the person: plg's, yours, address",
        json_schema_extra={"example": "user-42"},
    ),
]
Token = Annotated[str, Field(min_length=1, max_length=MAX_TOKEN, json_schema_extra={"example": "6sFq2…"})]
Page = Annotated[
    str | None,
    Field(
        max_length=500,
        description="Your page that the link leads to, on `product_url`; `token` is added to it",
    ),
]
Locale = Literal["es", "en"] | None


class PasswordIn(BaseModel):
    email: Address
    password: str = Field(max_length=1024, json_schema_extra={"example": "correct horse battery"})
    ip_address: str | None = Field(
        None, max_length=45, description="Of the person: guesses are slowed down by address and network"
    )


class SecondFactorIn(BaseModel):
    pending_authentication_token: Token
    code: str = Field(
        max_length=100,
        description="Six digits of the app, or a recovery code",
        json_schema_extra={"example": "123456"},
    )


class MagicLinkIn(BaseModel):
    email: Address
    redirect_url: Page = None
    locale: Locale = None


class LinkTokenIn(BaseModel):
    token: Token


class PasswordResetIn(BaseModel):
    token: Token
    password: str = Field(max_length=1024, json_schema_extra={"example": "a quite different phrase"})


class AuthPersonIn(BaseModel):
    person: Person


class PasskeyAnswerIn(BaseModel):
    credential: dict[str, Any] = Field(
        description="`PublicKeyCredential.toJSON()` of the browser's answer",
        json_schema_extra={"example": {"id": "…", "rawId": "…", "type": "public-key", "response": {}}},
    )


class PasskeyRegistrationIn(PasskeyAnswerIn):
    person: Person
    name: str = Field("", max_length=100, json_schema_extra={"example": "My phone"})


class PersonQuery(BaseModel):
    person: Person


class PasskeyPath(BaseModel):
    passkey: str = Field(max_length=MAX_TOKEN, json_schema_extra={"example": "pky_…"})


class TotpCodeIn(AuthPersonIn):
    code: str = Field(
        min_length=1, max_length=20, description="Six digits", json_schema_extra={"example": "123456"}
    )


class BrowserSessionsQuery(BaseModel):
    person: Person


class RevokeSessionsIn(BaseModel):
    person: Person
    session: str | None = Field(None, max_length=40, description="`ses_…`; without it, all of the person's")


class AccountOfPersonOut(BaseModel):
    id: str = Field(description="`acct_…`")
    name: str
    role: str


class AuthenticationOut(BaseModel):
    status: Literal["complete", "second_factor_required"]
    person: str | None = Field(None, description="`per_…`; null until the second factor is shown")
    accounts: list[AccountOfPersonOut] = []
    user_token: str | None = Field(
        None, description="For the widget, an hour long; speaks of the account where there is one only"
    )
    pending_authentication_token: str | None = None
    second_factors: list[Literal["totp", "recovery_code"]] = []


class MailSentOut(BaseModel):
    status: Literal["sent"] = "sent"


class AuthPersonOut(BaseModel):
    person: str = Field(description="`per_…`")


class SignInTokenOut(BaseModel):
    token: str
    url: str = Field(description="plg's page where the token signs the person in")
    expires_at: dt.datetime


class PasskeyOptionsOut(BaseModel):
    public_key: dict[str, Any] = Field(description="For `PublicKeyCredential.parse…OptionsFromJSON()`")


class PasskeyOut(BaseModel):
    id: str = Field(description="`pky_…`")
    name: str
    created_at: dt.datetime


class PasskeysOut(BaseModel):
    data: list[PasskeyOut] = Field(description="The oldest first")


class FactorsOut(BaseModel):
    totp: bool = Field(description="Whether an authenticator app is asked for")
    recovery_codes_left: int
    passkeys: int


class NewTotpOut(BaseModel):
    secret: str = Field(description="To type into the app")
    uri: str = Field(description="`otpauth://…`, to show as a QR code")


class RecoveryCodesOut(BaseModel):
    recovery_codes: list[str] = Field(description="Each works once; they are told this once")


class BrowserSessionOut(BaseModel):
    id: str = Field(description="`ses_…`")
    browser: str
    system: str
    ip_address: str
    way: str = Field(description="`password`, `passkey`, `link`, or a provider's name")
    created_at: dt.datetime
    last_seen_at: dt.datetime
    expires_at: dt.datetime


class BrowserSessionsOut(BaseModel):
    data: list[BrowserSessionOut] = Field(description="Of browsers on plg's own pages, the last seen first")


class SessionsRevokedOut(BaseModel):
    revoked: int
