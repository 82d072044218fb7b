"""Ask my boss: a member who may not buy asks those who may; the requests of an account wait for one answer."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app
from sqlalchemy import select

from plg.accounts import accounts, rights
from plg.accounts.models import Membership
from plg.events import log, names
from plg.kit.clock import now
from plg.kit.db import db, insert
from plg.kit.errors import NotFound
from plg.kit.ids import new_id
from plg.messaging import mail
from plg.people import people
from plg.people.models import Person
from plg.plans import catalogue
from plg.plans.catalogue import texts
from plg.plans.schemas import Price
from plg.upgrades import cases
from plg.upgrades.models import UpgradeCase, UpgradeRequest
from plg.upgrades.texts import price_text


class UpgradeRequestNotFound(NotFound):
    pass


def send(account_id: int, *, feature: str, note: str, by: int) -> UpgradeRequest | None:
    """Ask. While a request of the same person is open, it stands, nobody is mailed again, and None is returned. Who
    may buy is written to for the first request of a case alone."""
    row = {"public_id": new_id("req"), "account_id": account_id, "person_id": by, "feature": feature}
    row |= {"note": note[:1000], "status": "open", "created_at": now(), "answer": ""}
    new = insert(UpgradeRequest).values(row).on_conflict_do_nothing().returning(UpgradeRequest.id)
    made = db.session.scalar(new)
    if made is None:
        return None
    request = db.session.get_one(UpgradeRequest, made)
    case, is_to_be_told = cases.gather(request)
    if is_to_be_told:
        _tell_buyers(request, case)
    properties = {"feature": feature, "request": row["public_id"]}
    log.record(names.UPGRADE_REQUESTED, person_id=by, account_id=account_id, properties=properties)
    return request


def _tell_buyers(request: UpgradeRequest, case: UpgradeCase) -> None:
    asking = people.get(request.person_id)
    settings = current_app.extensions["plg.settings"]
    feature = catalogue.live().features.get(request.feature)
    for person in buyers(request.account_id):
        locale = person.locale or settings.default_locale
        context = {
            "name": person.name,
            "member": asking.name or asking.email or "",
            "account": accounts.get(request.account_id).name,
            "feature": texts(feature.name, locale, request.feature) if feature else request.feature,
            "note": request.note,
            "offer": _offer(case, locale),
            "url": f"{settings.public_url}/upgrade/asked/{cases.token(case)}",
        }
        if person.email:
            id = f"{case.public_id}:{person.public_id}"
            mail.send(person.email, "upgrade-request", locale, context, id=id, person_id=person.id)


def _offer(case: UpgradeCase, locale: str) -> dict[str, Any] | None:
    """The plan and its price; None where there is none to buy."""
    if case.plan_version_id is None:
        return None
    plan = catalogue.plan_version(case.plan_version_id)
    price = Price(amount=case.amount, currency=case.currency, interval=cast(Any, case.interval))
    name = texts(plan.name, locale, plan.key)
    return {"plan": name, "price": price_text(price, locale), "expires_at": case.expires_at}


def buyers(account_id: int) -> list[Person]:
    """The members who may buy, those who have been there longest first."""
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    query = query.where(
        Membership.account_id == account_id, Membership.role.in_(rights.RIGHTS["billing.buy"])
    )
    return list(db.session.scalars(query.order_by(Membership.id)))


def open_of(account_id: int) -> list[tuple[UpgradeRequest, Person]]:
    query = select(UpgradeRequest, Person).join(Person, Person.id == UpgradeRequest.person_id)
    query = query.where(UpgradeRequest.account_id == account_id, UpgradeRequest.status == "open")
    return [(r, p) for r, p in db.session.execute(query.order_by(UpgradeRequest.id))]


def of_case(case: UpgradeCase) -> list[tuple[UpgradeRequest, Person]]:
    """The requests of a case, answered or not."""
    query = select(UpgradeRequest, Person).join(Person, Person.id == UpgradeRequest.person_id)
    query = query.where(UpgradeRequest.case_id == case.id)
    return [(r, p) for r, p in db.session.execute(query.order_by(UpgradeRequest.id))]


def decline(public_id: str, *, account_id: int, answer: str, by: int) -> None:
    """Say no, with a reason that the member is told."""
    query = select(UpgradeRequest).where(
        UpgradeRequest.public_id == public_id,
        UpgradeRequest.account_id == account_id,
        UpgradeRequest.status == "open",
    )
    request = db.session.scalar(query.with_for_update())
    if request is None:
        raise UpgradeRequestNotFound("This request is not open any more.")
    request.answer = answer[:1000]
    _decide(request, "declined", by)
    cases.close_if_answered(request.case_id)


def decline_all(account_id: int, *, answer: str, by: int) -> int:
    """Say no to everything that is asked, with one reason; returns to how many."""
    asked = _held(account_id)
    for request in asked:
        request.answer = answer[:1000]
        _decide(request, "declined", by)
    cases.close(account_id, "declined")
    return len(asked)


def approve_all(account_id: int, *, by: int | None) -> None:
    """The account was upgraded: every open request is granted, and told so."""
    for request in _held(account_id):
        _decide(request, "approved", by)
    cases.close(account_id, "approved")


def _held(account_id: int) -> list[UpgradeRequest]:
    """What is asked, held until the transaction ends."""
    theirs = select(UpgradeRequest).where(UpgradeRequest.account_id == account_id)
    held = theirs.where(UpgradeRequest.status == "open").order_by(UpgradeRequest.id).with_for_update()
    return list(db.session.scalars(held.execution_options(populate_existing=True)))


def newest_of(account_id: int, person_id: int) -> UpgradeRequest | None:
    """What the person asked last, and what came of it."""
    mine = select(UpgradeRequest).where(
        UpgradeRequest.account_id == account_id, UpgradeRequest.person_id == person_id
    )
    return db.session.scalar(mine.order_by(UpgradeRequest.id.desc()).limit(1))


def _decide(request: UpgradeRequest, status: str, by: int | None) -> None:
    request.status, request.decided_at, request.decided_by_id = status, now(), by
    if status == "declined":
        cases.tell_declined(request, by)
    person = people.get(request.person_id)
    settings = current_app.extensions["plg.settings"]
    context = {"name": person.name, "upgraded": status == "approved", "answer": request.answer}
    context |= {
        "account": accounts.get(request.account_id).name,
        "url": settings.product_url or settings.public_url,
    }
    if person.email:
        locale = person.locale or settings.default_locale
        mail.send(person.email, "upgrade-decided", locale, context, person_id=person.id)
