"""Products are registered on the command line; a secret is shown once and kept nowhere."""

import pytest
from click.testing import CliRunner

from plg.cli import main
from plg.openid import clients
from plg.openid.clients import BadClient


@pytest.fixture
def plg(monkeypatch, app):
    import plg.app

    monkeypatch.setattr(plg.app, "create_app", lambda: app)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_a_product_is_added_listed_given_a_new_secret_and_removed(plg, app):
    added = plg(
        "oidc", "client", "add", "Facturo", "--redirect-uri", "https://f.example/cb", "--alg", "ES256"
    )
    told = dict(line.split() for line in added.output.splitlines())

    assert told["issuer"] == app.extensions["plg.settings"].public_url
    with app.app_context():
        row = clients.get(told["client_id"])
        assert row.check_client_secret(told["client_secret"])
        assert told["client_secret"] not in (row.secret_hash, row.client_id)
    listed = plg("oidc", "client", "list").output
    assert "Facturo" in listed and "https://f.example/cb" in listed
    assert told["client_secret"] not in listed

    fresh = plg("oidc", "client", "rotate-secret", told["client_id"]).output.strip()
    with app.app_context():
        assert clients.get(told["client_id"]).check_client_secret(fresh)
        assert not clients.get(told["client_id"]).check_client_secret(told["client_secret"])

    assert plg("oidc", "client", "remove", told["client_id"]).exit_code == 0
    assert "No product" in plg("oidc", "client", "list").output
    assert plg("oidc", "client", "remove", told["client_id"]).exit_code == 1


def test_a_public_product_has_no_secret(plg):
    added = plg("oidc", "client", "add", "App", "--redirect-uri", "com.example.app:/cb", "--public").output
    client_id = dict(line.split() for line in added.splitlines())["client_id"]

    assert "secret" not in added
    assert plg("oidc", "client", "rotate-secret", client_id).exit_code == 1


def test_keys_are_rotated_and_listed(plg, app):
    rotated = plg("oidc", "keys", "rotate")
    listed = plg("oidc", "keys", "list")

    assert rotated.exit_code == listed.exit_code == 0, rotated.output + listed.output
    current = [line for line in listed.output.splitlines() if "current" in line]
    assert len(current) == 2
    assert all(line.split()[0] in rotated.output for line in current)


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example/cb",
        "https://shop.example/cb#part",
        "https://*.shop.example/cb",
        "https:///cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "/cb",
        "https://shop.example/c b",
        "https://shöp.example/cb",
        "com.example.app:/cb",
        "https://[::1",
    ],
)
def test_codes_go_only_to_safe_addresses(app, address):
    with app.app_context(), pytest.raises(BadClient):
        clients.add("Shop", [address], by="tests")


def test_every_fault_is_told_at_once(app):
    with app.app_context(), pytest.raises(BadClient) as refused:
        clients.add(" ", [], post_logout_redirect_uris=["/x"], algorithm="none", by="tests")

    fields = {fault.field for fault in refused.value.errors}
    assert fields == {"name", "redirect_uri", "post_logout_redirect_uri", "algorithm"}
