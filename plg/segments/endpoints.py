"""Segments, as the host product's server tries them out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_openapi3 import Tag

from plg.accounts import accounts, memberships
from plg.accounts.models import Account
from plg.kit.api import APIBlueprint
from plg.kit.caller import requires
from plg.kit.clock import now
from plg.kit.db import end_transaction, reading
from plg.kit.rules import Rule
from plg.people import people
from plg.segments import named, segments
from plg.segments.schemas import CountOut, ExplainIn, ExplainOut, MemberRef, RuleIn, SegmentList, SegmentOut

api = APIBlueprint(
    "segments",
    __name__,
    url_prefix="/v1/segments",
    abp_tags=[Tag(name="Segments")],
    abp_security=[{"secret": []}],
)


@api.get("", summary="The published segments and the cohorts", responses={200: SegmentList})
@requires("secret", "staff")
def list_segments() -> dict[str, Any]:
    data = [SegmentOut(name=key, **definition) for key, definition in named.every().items()]
    return SegmentList(data=data).model_dump(mode="json")


@api.post(
    "/count",
    summary="For how many a rule holds",
    description="Changes nothing. 422 `rule_faulty` names every fault with its path, 404 `no_such_segment`.",
    responses={200: CountOut},
)
@requires("secret")
def count_segment(body: RuleIn) -> dict[str, Any]:
    moment = now()
    with reading():
        end_transaction()
        rule = _rule(body, moment)
        some = [MemberRef(person=one, account=other) for one, other in segments.sample(rule, moment)]
        out = CountOut(count=segments.count(rule, moment), sample=some)
        end_transaction()
    return out.model_dump(mode="json")


@api.post(
    "/explain",
    summary="Why a rule holds for somebody, or does not",
    description="Changes nothing. 422 `rule_faulty` names every fault with its path; 404 `no_such_segment`, or "
    "`no_such_member` where the person does not belong to the account, or to none.",
    responses={200: ExplainOut},
)
@requires("secret")
def explain_segment(body: ExplainIn) -> dict[str, Any]:
    moment = now()
    rule = _rule(body, moment)
    person = people.find(body.person)
    account = accounts.find(body.account) if body.account is not None else _first_account(person.id)
    why = segments.explain(rule, person.id, account.id, moment)
    out = ExplainOut(person=person.public_id, account=account.public_id, holds=why["holds"], why=why)
    return out.model_dump(mode="json")


def _rule(body: RuleIn, moment: dt.datetime) -> Rule:
    if body.segment is not None:
        return named.rule_of(body.segment, moment)
    return segments.parse(body.rule, moment, at="rule")


def _first_account(person_id: int) -> Account:
    for account, _ in memberships.of_person(person_id):
        return account
    raise segments.NoSuchMember("This person belongs to no account.")
