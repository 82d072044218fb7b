"""From plg's workspace page into the host product: one click, no second sign-in."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plg.access import user_tokens
from plg.access.credentials import find
from plg.kit.clock import now
from plg.kit.db import db
from plg.signups import signups

PRODUCT = "http://localhost:8003"
EVA = ("eva@sol.example", "correct horse battery", "Eva Sol", "Sol SA")


def signed_in(app: Flask) -> FlaskClient:
    with app.app_context():
        signups.sign_up(*EVA, locale="es")
        find(EVA[0]).email_confirmed_at = now()
        db.session.commit()
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
    form = {"csrf_token": token[1], "email": EVA[0], "password": EVA[1]}
    assert client.post("/login", data=form).status_code in (302, 303)
    return client


@pytest.mark.parametrize("product_url", [PRODUCT, f"{PRODUCT}/?from=plg"])
def test_the_workspace_leads_into_the_product_with_a_fresh_token_that_says_who_comes(
    make_app, product_url: str
) -> None:
    app = make_app(product_url=product_url)
    client = signed_in(app)

    assert 'href="/workspace/product"' in client.get("/workspace").text
    answer = client.get("/workspace/product")

    address = urlsplit(answer.headers["Location"])
    assert f"{address.scheme}://{address.netloc}" == PRODUCT
    (token,) = parse_qs(address.query)["plg_token"]
    with app.app_context():
        claims = user_tokens.verify(token)
        assert user_tokens.resolve(token).role == "owner"
    assert (claims["name"], claims["email"], claims["account_name"]) == ("Eva Sol", EVA[0], "Sol SA")
    assert (claims["role"], claims["exp"] - claims["iat"]) == ("owner", 120)
    assert (
        answer.headers["Referrer-Policy"] and "no-store" in client.get("/workspace").headers["Cache-Control"]
    )


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("/invoices/new", "/invoices/new"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil", "/"),
    ],
)
def test_a_step_of_the_checklist_leads_to_its_page_in_the_product_and_never_elsewhere(
    make_app, to: str, path: str
) -> None:
    client = signed_in(make_app(product_url=PRODUCT))

    address = urlsplit(client.get("/workspace/product", query_string={"to": to}).headers["Location"])

    assert f"{address.scheme}://{address.netloc}" == PRODUCT
    assert (address.path or "/") == path and "plg_token" in address.query


def test_nobody_gets_a_token_without_being_signed_in(make_app) -> None:
    answer = make_app(product_url=PRODUCT).test_client().get("/workspace/product")

    assert "plg_token" not in answer.headers.get("Location", "")
    assert answer.status_code in (302, 401)


def test_without_a_host_product_there_is_no_link(make_app) -> None:
    client = signed_in(make_app(product_url=""))

    assert "/workspace/product" not in client.get("/workspace").text
    assert client.get("/workspace/product").status_code == 404
