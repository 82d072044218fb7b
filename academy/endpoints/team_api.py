"""Who of an account is certified on what, for servers, staff, and signed users who may see it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from flask_openapi3 import Tag
from pydantic import BaseModel, Field

from academy import shown, teams
from academy.endpoints.shapes import CertificateFactsOut
from academy.teams import Wish
from academy.teams.holders import Holding, Standing
from plg.accounts import accounts, rights
from plg.accounts.accounts import AccountNotFound
from plg.accounts.models import Account
from plg.accounts.schemas import AccountPath
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.query import Query

api = APIBlueprint(
    "academy_team_api",
    __name__,
    url_prefix="/v1/accounts",
    abp_tags=[Tag(name="Academy")],
    abp_security=[{"secret": []}, {"publishable": [], "user": []}],
)


class TeamQuery(Query):
    course: str | None = Field(None, max_length=100, description="Only certificates of this course")
    standing: Standing | None = Field(
        None,
        description="`holds`; `ending`, those of them that end before `ends_before`; or `lapsed`",
    )
    cursor: str | None = Field(None, max_length=40, description="`next` of the page before")
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class HolderOut(BaseModel):
    id: str = Field(description="`per_…`")
    name: str
    email: str | None


class HoldingOut(BaseModel):
    person: HolderOut = Field(description="As they are called now")
    certificate: CertificateFactsOut


class HoldingsPage(BaseModel):
    data: list[HoldingOut] = Field(description="Newest first")
    ends_before: dt.datetime = Field(description="When the subscription renews, else 60 days from now")
    renews: bool = Field(description="Whether that is the renewal of a subscription")
    has_more: bool
    next: str | None = Field(description="Give it as `cursor` to read on; null at the end")


@api.get(
    "/<path:account>/certificates",
    summary="The certificates of an account's members",
    description="The newest of each chain, earned in this account or in none. A signed user sees those of their own "
    "account, as owner or admin.",
    responses={200: HoldingsPage},
)
@requires("secret", "user", "staff")
def list_account_certificates(path: AccountPath, query: TeamQuery) -> dict[str, Any]:
    account = _visible(path.account)
    horizon = teams.of_account(account.id)
    wish = Wish(account.id, horizon.moment, query.course, query.standing)
    page = teams.page_of(wish, query.cursor, query.limit)
    return {
        "data": [_told(each) for each in page.holdings],
        "ends_before": horizon.moment,
        "renews": horizon.renews,
        "has_more": page.next is not None,
        "next": page.next,
    }


def _visible(key: str) -> Account:
    """The account, for servers and staff; for a signed user only their own, as if there were no other."""
    account, caller = accounts.find(key), current_caller()
    if caller.kind == "user":
        if account.id != caller.account_id:
            raise AccountNotFound(f"No account is known by the id {key!r}.")
        rights.require(account.id, caller.person_id, "certificates.see")
    return account


def _told(holding: Holding) -> dict[str, Any]:
    person = holding.person
    holder = {"id": person.public_id, "name": person.name, "email": person.email}
    return {"person": holder, "certificate": shown.certificate(holding.facts)}
