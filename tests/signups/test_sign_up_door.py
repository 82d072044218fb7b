"""`POST /v1/signups`: what the host product's server is told about a form of its own."""

import pytest
from sqlalchemy import func, select

from plg.accounts.models import Account
from plg.kit.db import db
from plg.people.models import Person

WHOLE = {
    "email": "ana@acme.example",
    "password": "correct horse battery",
    "name": "Ana Ruiz",
    "company": "Acme",
}


@pytest.fixture
def sign_up(client, secret_key):
    headers = {"Authorization": f"Bearer {secret_key}"}
    return lambda form: client.post("/v1/signups", json=form, headers=headers)


def test_what_is_missing_and_what_is_wrong_are_told_at_once_and_nothing_is_made(app, sign_up):
    answer = sign_up({"email": "ana at acme", "password": "short", "name": "  "})

    assert answer.status_code == 422
    faults = {fault["field"]: fault["message"] for fault in answer.json["errors"]}
    assert set(faults) == {"email", "password", "name", "company"}
    assert "@" in faults["email"]
    assert "characters" in faults["password"]
    with app.app_context():
        for model in (Person, Account):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0


@pytest.mark.parametrize(
    ("field", "value"), [("email", "ana@"), ("password", "short"), ("name", " "), ("company", "")]
)
def test_each_field_is_held_to_the_rules_of_the_form(sign_up, field, value):
    answer = sign_up(WHOLE | {field: value})

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json["errors"]] == [field]


def test_whoever_fills_it_in_has_a_workspace_and_a_trial(sign_up):
    answer = sign_up(WHOLE)

    assert answer.status_code == 201
    assert answer.json["person"].startswith("per_")
    assert answer.json["account"].startswith("acct_")


def test_an_address_that_is_known_is_told_to_the_products_own_server(sign_up):
    sign_up(WHOLE)

    again = sign_up(WHOLE | {"email": "ANA@acme.example"})

    assert (again.status_code, again.json["code"]) == (409, "address_known")
