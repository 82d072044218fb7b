"""Signing in at a certified OpenID provider that is not ours (npm `oidc-provider`), in a real browser."""

import subprocess
from pathlib import Path

import pytest

from tests.support import node
from tests.support.browser import PHONE
from tests.support.live_server import live_server, loopback_socket, url_of
from tests.support.story import publish_plans

SCRIPT = Path(__file__).with_name("provider.mjs")

# What differs between databases is asked by the tests beside this one.
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]


@pytest.fixture(scope="session")
def node_folder():
    return node.folder_with("openid", "openid-client", "oidc-provider")


@pytest.fixture
def site(make_app, node_folder):
    """plg, with a button for the provider."""
    listener, reserved = loopback_socket(), loopback_socket()
    url, port = url_of(listener), reserved.getsockname()[1]
    reserved.close()
    directory = {"key": "acme", "name": "Acme ID", "issuer": f"http://127.0.0.1:{port}"}
    directory |= {"client_id": "plg", "client_secret": "a secret that plg knows"}
    app = make_app(public_url=url, sign_in_providers=[directory])
    publish_plans(app)
    arguments = ["--", str(port), f"{url}/login/with/acme/callback"]
    script = subprocess.Popen(
        ["node", "--input-type=module", "-e", SCRIPT.read_text(), *arguments],
        cwd=node_folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        line = script.stdout.readline()
        assert line.strip() == "ready", script.stderr.read()
        with live_server(app, listener) as served:
            yield served
    finally:
        script.kill()
        script.communicate()


def at_the_provider(page, name):
    """The provider's own pages: who is it, and may plg know?"""
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill("any")
    page.locator("[type=submit]").click()
    page.locator("[type=submit]").click()


def test_somebody_new_signs_up_signs_out_and_comes_back(site, open_page, assert_accessible):
    page = open_page("es", PHONE)
    page.goto(f"{site}/signup")
    assert_accessible(page)
    page.get_by_role("link", name="Continuar con Acme ID").click()
    at_the_provider(page, "ana")

    page.wait_for_url(f"{site}/signup/with/acme")
    assert "ana@acme.example" in page.inner_text("main")
    assert page.get_by_label("Tu nombre").input_value() == "Ana García"
    assert_accessible(page)
    page.get_by_label("Empresa").fill("Acme")
    page.get_by_role("button", name="Crear mi espacio").click()
    page.wait_for_url(f"{site}/workspace**")

    page.goto(f"{site}/workspace/security")
    assert "ana@acme.example" in page.inner_text("main")
    assert_accessible(page)
    page.context.clear_cookies(domain="127.0.0.1", name="plg_session")
    page.goto(f"{site}/login?next=/workspace/security")
    page.get_by_role("link", name="Continuar con Acme ID").click()
    page.wait_for_url(f"{site}/workspace/security")


def test_an_unverified_address_and_a_refusal_are_told_kindly(site, page, assert_accessible):
    page.goto(f"{site}/login")
    page.get_by_role("link", name="Continue with Acme ID").click()
    page.get_by_text("Cancel").click()
    page.get_by_role("heading", name="You are not signed in").wait_for()
    assert_accessible(page)

    page.get_by_role("link", name="Try Acme ID again").click()
    at_the_provider(page, "bea")
    page.get_by_role("heading", name="We need an address that is yours").wait_for()
    assert_accessible(page)
