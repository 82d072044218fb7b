"""Facturo, the sample host product: what its people can do, and what it tells plg."""

import csv
import io
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import folder as flows_folder
from plg.demo.prepare import PRODUCT_FOLDER
from plg.demo.product import create_product
from tests.demo.fake_plg import FakePlg
from tests.support.live_server import live_server

SECRET = "user-token-secret-of-the-tests-0123456789"
ANA = {"user": "facturo-ana estudio-andino"}


@pytest.fixture(scope="module")
def plg() -> Iterator[tuple[FakePlg, str]]:
    fake = FakePlg()
    with live_server(fake.app) as url:
        yield fake, url


@pytest.fixture
def fake(plg: tuple[FakePlg, str]) -> FakePlg:
    plg[0].forget()
    return plg[0]


@pytest.fixture
def product(plg: tuple[FakePlg, str], fake: FakePlg) -> Iterator[Flask]:
    app = create_product(plg[1], "pk_test", "sk_test", SECRET)
    yield app
    app.extensions["growth"].close()


@pytest.fixture
def ana(product: Flask, fake: FakePlg) -> FlaskClient:
    client = product.test_client()
    client.post("/sign-in", data=ANA)
    wait_for(fake, "group")
    fake.events.clear()
    return client


def wait_for(fake: FakePlg, name: str) -> tuple[str, str, str | None]:
    """The first event of this name; the SDKs send from their own threads."""
    for _ in range(1000):
        found = [event for event in fake.events if event[0] == name]
        if found:
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"{name} did not arrive; {fake.events} did")


def test_what_the_demos_tour_points_at_is_on_the_pages(ana: FlaskClient) -> None:
    definition = flows_folder.read(PRODUCT_FOLDER)["look-around"]
    for step in definition["steps"]:
        page = ana.get(step.get("page", "/")).get_data(as_text=True)
        assert step["anchor"][0].strip("[]").replace("'", '"') in page, step["key"]


def link(**changes: Any) -> str:
    claims = {
        "sub": "per_1",
        "account": "acct_1",
        "name": "Eva Sol",
        "role": "owner",
        "exp": time.time() + 60,
    }
    return jwt.encode(claims | {"account_name": "Sol SA", "locale": "es"} | changes, SECRET, "HS256")


def draft(client: FlaskClient, amount: str = "1200,50") -> int:
    client.post("/customers/new", data={"name": "Panadería Sol", "email": "hola@sol.example"})
    answer = client.post("/invoices/new", data={"customer_id": "1", "concept": "Diseño", "amount": amount})
    return int(answer.headers["Location"].rpartition("/")[2])


def test_each_act_reaches_plg_with_its_person_and_account(ana: FlaskClient, fake: FakePlg) -> None:
    ana.post("/company", data={"tax_id": "900123456-1", "address": "Calle 1, Bogotá"})
    number = draft(ana)
    ana.post(f"/invoices/{number}/send")
    ana.post(f"/invoices/{number}/payment")
    ana.post("/team", data={"name": "Pablo", "email": "pablo@estudioandino.example"})

    for name in (
        "Company Details Added",
        "Customer Created",
        "Invoice Sent",
        "Payment Recorded",
        "Invite Sent",
    ):
        assert wait_for(fake, name) == (name, "facturo-ana", "estudio-andino")


def test_signing_in_identifies_the_person_and_names_the_account(product: Flask, fake: FakePlg) -> None:
    product.test_client().post("/sign-in", data=ANA)

    assert wait_for(fake, "identify") == ("identify", "facturo-ana", None)
    assert wait_for(fake, "group") == ("group", "facturo-ana", "estudio-andino")


def test_before_an_invoice_is_sent_plg_is_asked_with_the_secret_key(ana: FlaskClient, fake: FakePlg) -> None:
    ana.post(f"/invoices/{draft(ana)}/send")

    assert fake.asked == [("invoices", "estudio-andino", "Bearer sk_test")]


def test_a_refused_invoice_stays_a_draft_and_the_paywall_says_why(ana: FlaskClient, fake: FakePlg) -> None:
    number = draft(ana)
    resets_at = "2026-12-01T00:00:00+00:00"
    pro: dict[str, Any] = {"key": "pro", "name": "Pro", "description": "Para firmas", "limit": 500}
    pro["price"] = {"amount": 2900, "currency": "usd", "interval": "month"}
    refusal = {"allowed": False, "feature": "invoices", "used": 10, "limit": 10, "resets_at": resets_at}
    fake.entitlement = refusal | {"paywall": {"reason": "limit_reached", "plans": [pro], "owners": ["Ana"]}}

    answer = ana.post(f"/invoices/{number}/send", follow_redirects=True)

    assert answer.status_code == 402 and answer.request.path == f"/invoices/{number}/plan"
    assert "10 de 10 facturas" in answer.text and "1 dic 2026" in answer.text
    assert "$29,00 al mes" in answer.text and "500 facturas al mes" in answer.text
    assert "<plg-upgrade>" in answer.text
    assert "Borrador" in ana.get(f"/invoices/{number}").text
    fake.entitlement = {"feature": "invoices", "allowed": True}
    assert "ya incluye esta factura" in ana.get(f"/invoices/{number}/plan", follow_redirects=True).text
    assert "Enviada" in ana.post(f"/invoices/{number}/send", follow_redirects=True).text


def test_a_refused_export_is_told_to_plg_and_its_page_says_why(ana: FlaskClient, fake: FakePlg) -> None:
    draft(ana)
    pro = {"name": "Pro", "price": {"amount": 2900, "currency": "usd", "interval": "month"}}
    paywall = {"plans": [pro], "owners": ["Ana"], "upgrade_url": "https://plg.example/upgrade?feature=export"}
    fake.entitlement = {"feature": "export", "allowed": False, "paywall": paywall}

    answer = ana.post("/invoices/export", follow_redirects=True)

    assert answer.status_code == 402 and "Tu plan no incluye la exportación" in answer.text
    assert "$29,00 al mes" in answer.text and paywall["upgrade_url"] in answer.text
    assert fake.refused == [("export", {"account": "estudio-andino", "person": "facturo-ana"})]


def test_an_export_is_a_file_in_which_no_text_is_a_formula(ana: FlaskClient, fake: FakePlg) -> None:
    ana.post("/customers/new", data={"name": "=1+1", "email": "hola@sol.example"})
    ana.post("/invoices/new", data={"customer_id": "1", "concept": "Diseño, carteles", "amount": "1200,50"})

    answer = ana.post("/invoices/export")
    (line,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))

    assert answer.mimetype == "text/csv" and "facturo.csv" in answer.headers["Content-Disposition"]
    assert (line["customer"], line["concept"], line["amount"]) == ("'=1+1", "Diseño, carteles", "1200.50")
    assert fake.refused == []


@pytest.mark.parametrize("status", [401, 404, 500])
def test_when_plg_cannot_answer_facturo_goes_on_working(ana: FlaskClient, fake: FakePlg, status: int) -> None:
    fake.entitlement = status

    assert "Enviada" in ana.post(f"/invoices/{draft(ana)}/send", follow_redirects=True).text


def test_sending_twice_counts_once(ana: FlaskClient, fake: FakePlg) -> None:
    number = draft(ana)
    for _ in range(2):
        ana.post(f"/invoices/{number}/send")
    ana.post(f"/invoices/{number}/payment")
    wait_for(fake, "Payment Recorded")

    assert [event[0] for event in fake.events].count("Invoice Sent") == 1


def test_the_widget_gets_a_token_that_says_who_is_looking(ana: FlaskClient, plg: tuple[FakePlg, str]) -> None:
    page = ana.get("/").text
    token = page.partition('data-token="')[2].partition('"')[0]

    claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["account"], claims["role"]) == ("facturo-ana", "estudio-andino", "owner")
    assert 0 < claims["exp"] - time.time() <= 3600 and claims["jti"]
    assert f'<script src="{plg[1]}/plg.js" data-key="pk_test"' in page
    assert "sk_test" not in page and SECRET not in page


def test_a_link_from_plg_signs_its_person_in_once(product: Flask, fake: FakePlg) -> None:
    token = link()

    first = product.test_client().get("/", query_string={"plg_token": token}, follow_redirects=True)
    again = product.test_client().get("/", query_string={"plg_token": token}, follow_redirects=True)

    assert "Hola, Eva" in first.text and "Sol SA" in first.text
    assert again.status_code == 403 and "ya no sirve" in again.text
    assert wait_for(fake, "group")[1:] == ("per_1", "acct_1")


def test_a_link_into_a_page_arrives_there(product: Flask) -> None:
    query = {"plg_token": link()}
    answer = product.test_client().get("/invoices/new", query_string=query, follow_redirects=True)

    assert answer.status_code == 200 and answer.request.path == "/invoices/new"
    assert "plg_token" not in answer.request.url


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_a_link_never_leads_to_another_site(product: Flask, elsewhere: str) -> None:
    query = {"plg_token": link(), "next": elsewhere}

    assert product.test_client().get("/sign-in", query_string=query).headers["Location"] == "/"


def test_a_link_for_somebody_else_changes_who_is_signed_in(ana: FlaskClient) -> None:
    assert "Hola, Eva" in ana.get("/", query_string={"plg_token": link()}, follow_redirects=True).text


FORGED = jwt.encode({"sub": "per_1", "account": "acct_1", "exp": time.time() + 60}, "x" * 40, "HS256")
UNSIGNED = jwt.encode({"sub": "per_1", "account": "acct_1", "exp": time.time() + 60}, None, "none")


@pytest.mark.parametrize(
    "token",
    [link(exp=time.time() - 1), FORGED, UNSIGNED, "nonsense"],
    ids=["expired", "forged", "unsigned", "nonsense"],
)
def test_an_expired_or_forged_link_signs_nobody_in(product: Flask, token: str) -> None:
    client = product.test_client()

    assert client.get("/", query_string={"plg_token": token}, follow_redirects=True).status_code == 403
    assert client.get("/").headers["Location"] == "/sign-in"


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.200,50", "abc", "1e9", "99999999999"])
def test_an_invoice_without_a_sensible_amount_is_not_made(ana: FlaskClient, amount: str) -> None:
    ana.post("/customers/new", data={"name": "Sol", "email": "a@sol.example"})
    answer = ana.post("/invoices/new", data={"customer_id": "1", "concept": "", "amount": amount})

    assert answer.status_code == 422
    assert 'id="amount-fault"' in answer.text and 'id="concept-fault"' in answer.text
    assert "Aún no hay facturas" in ana.get("/invoices").text


def test_one_account_sees_nothing_of_another(product: Flask, ana: FlaskClient) -> None:
    number = draft(ana)
    emma = product.test_client()
    emma.post("/sign-in", data={"user": "facturo-emma hill-and-sons"})

    assert emma.get(f"/invoices/{number}").status_code == 404
    assert emma.post(f"/invoices/{number}/send").status_code == 404
    answer = emma.post("/invoices/new", data={"customer_id": "1", "concept": "x", "amount": "1"})
    assert answer.status_code == 422


def test_a_form_that_another_site_sends_is_refused(ana: FlaskClient) -> None:
    data = {"tax_id": "1", "address": "2"}
    answer = ana.post("/company", data=data, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert ana.get("/company").text.count('value=""') == 2


def test_an_invited_teammate_can_sign_in_and_is_a_plain_member(product: Flask, ana: FlaskClient) -> None:
    ana.post("/team", data={"name": "Pablo Gil", "email": "pablo@estudioandino.example"})
    page = product.test_client().get("/sign-in").text

    assert "Pablo Gil" in page
    assert "Miembro" in ana.get("/team").text


@pytest.mark.parametrize(("locale", "words"), [("es", "Nueva factura"), ("en", "New invoice")])
def test_every_page_is_there_in_both_languages_and_allows_no_inline_code(
    ana: FlaskClient, locale: str, words: str
) -> None:
    ana.get(f"/?lang={locale}")
    number = draft(ana, "10")
    for path in ("/", "/invoices", "/invoices/new", f"/invoices/{number}", "/customers", "/team", "/company"):
        answer = ana.get(path)
        assert answer.status_code == 200 and f'<html lang="{locale}">' in answer.text
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "<style" not in answer.text and " style=" not in answer.text and " onclick" not in answer.text
    assert words in ana.get("/invoices").text


def test_a_second_start_with_the_same_file_still_has_the_invoices(
    tmp_path: Any, plg: tuple[FakePlg, str]
) -> None:
    file = str(tmp_path / "facturo.sqlite3")
    pages = []
    for _ in range(2):
        app = create_product(plg[1], "pk_test", "sk_test", SECRET, file)
        client = app.test_client()
        client.post("/sign-in", data=ANA)
        if not pages:
            draft(client)
        pages.append(client.get("/invoices").text)
        app.extensions["growth"].close()

    assert "Panadería Sol" in pages[0] and "Panadería Sol" in pages[1]
