import pytest

from plg.access import credentials
from plg.access.hashing import hash_password
from plg.accounts import accounts, memberships
from plg.kit.db import db
from plg.openid import clients
from plg.people import identities, people
from tests.openid.product import GOODBYE, REDIRECT, Ana, Product

EMAIL, PASSWORD = "ana@acme.example", "correct horse battery"


@pytest.fixture
def ana(app):
    return make_ana(app)


def make_ana(app):
    """Somebody with a confirmed address and a password, who owns one workspace and is a member of another."""
    with app.app_context():
        person = people.add(email=EMAIL, name="Ana García", locale="es", by="tests")
        identities.claim(person.id, EMAIL)
        credential = credentials.create(person.id, EMAIL, hash_password(PASSWORD))
        credentials.confirm_email(credential)
        acme = accounts.open("Acme", timezone="Europe/Madrid")
        memberships.add(acme.id, person.id, "owner", by="tests")
        other = accounts.open("Bodega")
        memberships.add(other.id, person.id, "member", by="tests")
        db.session.commit()
        return Ana(person.id, person.public_id, acme.id, acme.public_id, other.id, other.public_id)


@pytest.fixture
def product(app):
    return make_product(app)


def make_product(app, name="Facturo", public=False, algorithm="RS256"):
    with app.app_context():
        row, secret = clients.add(
            name,
            [REDIRECT],
            post_logout_redirect_uris=[GOODBYE],
            public=public,
            algorithm=algorithm,
            by="tests",
        )
        db.session.commit()
        return Product(app, row.client_id, secret)


@pytest.fixture
def signed_in(client, ana, sign_in):
    """Ana's browser."""
    sign_in(client, person_id=ana.person_id)
    return client


@pytest.fixture
def other(app):
    return make_product(app, "Another product")


@pytest.fixture
def spa(app):
    return make_product(app, "Facturo in the browser", public=True)
