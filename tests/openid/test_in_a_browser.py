"""A real browser on its way from a product to plg's sign-in and back, and out again."""

from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from flask import Flask, request

from plg.kit.db import db
from plg.openid import clients
from tests.openid.conftest import EMAIL, PASSWORD, make_ana
from tests.openid.product import VERIFIER, challenge_of
from tests.support.browser import PHONE
from tests.support.live_server import live_server


@dataclass(frozen=True)
class Shop:
    url: str
    client_id: str

    def sign_in_at(self, plg, **more):
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": f"{self.url}/callback",
            "scope": "openid",
            "state": "s",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        return f"{plg}/oauth/authorize?{urlencode(asked | more)}"


@pytest.fixture
def shop(live_app):
    """A product on an origin of its own, which plg's policy for forms does not name."""
    app = Flask("shop")
    app.add_url_rule("/callback", view_func=lambda: f"<h1>Welcome to the shop</h1>{request.args['code']}")
    app.add_url_rule("/bye", endpoint="bye", view_func=lambda: "<h1>See you</h1>")
    with live_server(app) as url:
        with live_app.app.app_context():
            row, _ = clients.add(
                "Facturo",
                [f"{url}/callback"],
                post_logout_redirect_uris=[f"{url}/bye"],
                public=True,
                by="tests",
            )
            db.session.commit()
        yield Shop(url, row.client_id)


def test_the_way_in_and_out(live_app, shop, open_page, assert_accessible):
    make_ana(live_app.app)
    page = open_page("es", PHONE)
    page.goto(shop.sign_in_at(live_app.url, login_hint=EMAIL))
    assert page.get_by_label("Correo", exact=True).input_value() == EMAIL
    page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Entrar", exact=True).click()
    page.get_by_role("heading", name="Welcome to the shop").wait_for()

    page.goto(shop.sign_in_at(live_app.url, prompt="none"))
    page.get_by_role("heading", name="Welcome to the shop").wait_for()

    told = urlencode({"client_id": shop.client_id, "post_logout_redirect_uri": f"{shop.url}/bye"})
    page.goto(f"{live_app.url}/oauth/logout?{told}")
    assert_accessible(page)
    page.get_by_role("button", name="Cerrar sesión").click()
    page.get_by_role("heading", name="See you").wait_for()
    page.goto(shop.sign_in_at(live_app.url))
    page.wait_for_url("**/login?**")


def test_a_request_that_cannot_be_answered_is_told_kindly(live_app, page, assert_accessible):
    page.goto(f"{live_app.url}/oauth/authorize?client_id=nobody&response_type=code")

    page.get_by_role("heading", name="This sign-in cannot go on").wait_for()
    assert_accessible(page)
