"""What the room's README tells a product's developer to write, on Authlib's client for Flask, works as it stands."""

import re
from pathlib import Path

import requests
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

from plg.kit.db import db
from plg.openid import clients
from tests.openid.conftest import EMAIL, PASSWORD, make_ana
from tests.support.live_server import live_server, loopback_socket, url_of

README = Path(__file__).parents[2] / "plg/openid/README.md"


def product(plg_url, client_id, client_secret):
    app = Flask("facturo")
    app.secret_key = "of the product"
    tools = {"app": app, "OAuth": OAuth, "url_for": url_for, "session": session, "redirect": redirect}
    (lines,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    exec(lines, {"PLG": plg_url, "CLIENT_ID": client_id, "CLIENT_SECRET": client_secret, **tools})

    @app.get("/")
    def home():
        return dict(session["user"])

    return app


def test_a_user_signs_in_to_the_product_with_plg(live_app):
    ana = make_ana(live_app.app)
    listener = loopback_socket()
    url = url_of(listener)
    with live_app.app.app_context():
        row, secret = clients.add("Facturo", [f"{url}/callback"], by="tests")
        db.session.commit()

    with live_server(product(live_app.url, row.client_id, secret), listener), requests.Session() as browser:
        page = browser.get(f"{url}/login")
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        onward = re.search(r'name="next" value="([^"]+)"', page.text)[1].replace("&amp;", "&")
        fields = {"csrf_token": token, "next": onward, "email": EMAIL, "password": PASSWORD}
        page = browser.post(f"{live_app.url}/login", data=fields)
        further = re.search(r'content="0;url=([^"]+)"', page.text)[1].replace("&amp;", "&")
        user = browser.get(f"{live_app.url}{further}").json()

    assert user["sub"] == ana.public_id
    assert (user["email"], user["account"], user["role"]) == (EMAIL, ana.acme, "owner")
