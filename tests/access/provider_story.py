"""Short words for tests of sign-in providers: who is known here, who is connected, what a provider says wrongly."""

from urllib.parse import urlencode

from plg.access import credentials, provider_identities
from plg.access.providers_wire import Outsider
from plg.kit.db import db
from tests.support.story import make_account, make_person

ANA = "ana@acme.example"


def known_person(app, email=ANA, confirmed=True, password="somebody's hash"):
    person = make_person(app, email)
    make_account(app, (person, "owner"))
    with app.app_context():
        credential = credentials.create(person, email, password)
        if confirmed:
            credentials.confirm_email(credential)
        db.session.commit()
    return person


def connected(app, person, subject="4711", **changed):
    with app.app_context():
        issuer = app.extensions["plg.settings"].sign_in_providers[0].issuer
        told = {"provider": "acme", "issuer": issuer, "subject": subject, "email": ANA} | changed
        provider_identities.connect(Outsider(**told), person)
        db.session.commit()


def foreign(name, value):
    return lambda claims: claims | {name: value}


def leave(who, key="acme", onward=""):
    answer = who.read(f"/login/with/{key}" + (f"?next={onward}" if onward else ""))
    assert answer.status_code == 302, answer.text
    return answer.location


def come_back(who, outside, key="acme", onward="", **changed):
    """Leave for the provider and come back with what it sends; None takes something out."""
    query = outside.code_for(leave(who, key, onward)) | changed
    told = urlencode({name: value for name, value in query.items() if value is not None})
    return who.read(f"/login/with/{key}/callback?{told}")


def is_signed_in(who):
    return who.read("/workspace").status_code == 200
