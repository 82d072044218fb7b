"""What came up for a person, and what was held back, as servers and staff ask."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts, memberships
from plg.attention import report
from plg.attention.schemas import AttentionOut, AttentionQuery
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.people import people
from plg.people.models import Person

api = APIBlueprint(
    "attention",
    __name__,
    url_prefix="/v1/attention",
    abp_tags=[Tag(name="Attention")],
    abp_security=[{"secret": []}],
)


@api.get(
    "",
    summary="How much attention was asked of a person",
    description="The limits, what came up by itself, and what was held back and why.",
    responses={200: AttentionOut},
)
@requires("secret", "staff")
def get_attention(query: AttentionQuery) -> dict[str, Any]:
    person = people.find(query.person)
    account_id = accounts.find(query.account).id if query.account else _only_account(person)
    return AttentionOut.model_validate(report.told(person, account_id)).model_dump(mode="json")


def _only_account(person: Person) -> int | None:
    return memberships.only_account([person.id]).get(person.id)
