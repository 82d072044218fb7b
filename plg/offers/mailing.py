"""Offers that come as mails: to whom they are for, as far as their attention allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import current_app
from markupsafe import Markup
from sqlalchemy import select

from plg.accounts import accounts, rights
from plg.accounts.models import Membership
from plg.attention import budget, held_back
from plg.kit.db import db
from plg.kit.markdown import to_html, to_text
from plg.messaging import mail
from plg.offers import showing, standing
from plg.offers.definition import HOLDOUT
from plg.offers.definition import Offer as Defined
from plg.offers.models import Offer, OfferPerson
from plg.offers.standing import Candidate
from plg.people.models import Person


def send(made: Offer, defined: Defined, at: dt.datetime) -> int:
    """Write to whom the offer is for; returns to how many. Whom the budget of attention holds it back from is noted;
    those held out are written to by nobody, and have met it where others would have been."""
    sent = 0
    for person in _readers(made):
        me = Candidate(made, None, was_shown=False, was_met=False)
        reached = None if me.answers else budget.of(person.id, made.account_id, at).reached()
        if reached is not None:
            held_back.note(me.source, reached, person_id=person.id, account_id=made.account_id, at=at)
        elif made.variant == HOLDOUT:
            showing.meet([me], person_id=person.id, at=at)
        else:
            sent += _write(made, defined, person)
            showing.show(me, person_id=person.id, at=at)
    return sent


def _readers(made: Offer) -> Sequence[Person]:
    """Whom its audience held for; where it has none, who may buy. Those without an address are left out."""
    query = select(Person).where(Person.email.is_not(None)).order_by(Person.id)
    if made.is_for_some:
        query = query.join(OfferPerson, OfferPerson.person_id == Person.id)
        return db.session.scalars(query.where(OfferPerson.offer_id == made.id)).all()
    query = query.join(Membership, Membership.person_id == Person.id)
    theirs = Membership.account_id == made.account_id
    return db.session.scalars(query.where(theirs, Membership.role.in_(rights.RIGHTS["billing.buy"]))).all()


def _write(made: Offer, defined: Defined, person: Person) -> bool:
    settings = current_app.extensions["plg.settings"]
    locale = person.locale or settings.default_locale
    body = defined.body.text(locale)
    context = {
        "name": person.name,
        "account": accounts.get(made.account_id).name,
        "title": defined.title.text(locale),
        "body_html": Markup(to_html(body)),
        "body_text": to_text(body),
        "label": defined.label.text(locale) if defined.label else "",
        "code": defined.answer.upgrade.code if defined.answer.upgrade else None,
        "url": f"{settings.public_url}/upgrade?offer={made.public_id}",
    }
    id = f"{standing.source_of(made.public_id)}:{person.public_id}"
    return mail.send(person.email or "", "offer", locale, context, id=id, person_id=person.id)
