"""Shapes of signing in with providers through the API."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from plg.kit.clock import known_zone
from plg.web.auth.schemas import AuthenticationOut

Sealed = Annotated[str, Field(min_length=1, max_length=4000, json_schema_extra={"example": "gAAAAAB…"})]


class ProviderPath(BaseModel):
    provider: str = Field(
        description="Its key in `sign_in_providers`", json_schema_extra={"example": "google"}
    )


class ProviderBeginIn(BaseModel):
    redirect_uri: str = Field(
        min_length=1,
        max_length=500,
        description="Your page that the provider leads back to, as you registered it there",
        json_schema_extra={"example": "https://facturo.example/callback"},
    )


class ProviderBegunOut(BaseModel):
    url: str = Field(description="Where to send the browser")
    provider_token: str = Field(description="Keep it in the browser's session with you; sealed, 15 minutes")


class ProviderAnswerIn(BaseModel):
    provider_token: Sealed
    state: str = Field(max_length=500, description="As it came back", json_schema_extra={"example": "f3kQ…"})
    code: str = Field("", max_length=4000, json_schema_extra={"example": "4/0AX…"})
    iss: str = Field("", max_length=500)
    error: str = Field("", max_length=200)


class ProviderAuthenticationOut(AuthenticationOut):
    status: Literal["complete", "second_factor_required", "sign_up_required"]  # type: ignore[assignment]
    email: str | None = Field(None, description="Of somebody new, verified by the provider")
    name: str | None = None
    sign_up_token: str | None = Field(
        None, description="For `sign_up`: somebody new names their company first"
    )


class ProviderSignUpIn(BaseModel):
    sign_up_token: Sealed
    name: str = Field(min_length=1, max_length=200, json_schema_extra={"example": "Ana Ruiz"})
    company: str = Field(min_length=1, max_length=200, json_schema_extra={"example": "Acme"})
    locale: Literal["es", "en"] | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        "UTC", max_length=64, description="IANA time zone of the account's calendar"
    )
