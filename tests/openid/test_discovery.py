"""What programs find, wherever they run."""

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata

POSTED = {"/oauth/token", "/oauth/revoke"}


def test_the_document_is_as_the_standard_wants_it(make_app):
    app = make_app(public_url="https://plg.example.com")

    told = app.test_client().get("/.well-known/openid-configuration").get_json()

    OpenIDProviderMetadata(told).validate()
    assert told["issuer"] == "https://plg.example.com"
    addresses = [value for name, value in told.items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 6
    for address in addresses:
        path = address.removeprefix("https://plg.example.com")
        assert path in {str(rule) for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize(
    "path",
    ["/.well-known/openid-configuration", "/oauth/jwks", "/oauth/token", "/oauth/userinfo", "/oauth/revoke"],
)
def test_pages_of_any_origin_may_ask(client, path):
    headers = {"Origin": "https://spa.example", "Access-Control-Request-Method": "POST"}

    before = client.options(path, headers=headers)
    answer = client.open(path, method="POST" if path in POSTED else "GET", headers=headers)

    for each in (before, answer):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each.headers
    assert before.status_code == 204
    assert "Authorization" in before.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/logout", "/oauth/continue"])
def test_pages_for_people_are_for_no_script(client, path):
    answer = client.get(path, headers={"Origin": "https://spa.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_faults_are_told_as_oauth_tells_them(client):
    answer = client.post("/oauth/token", data={"grant_type": "password"})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "unsupported_grant_type")
    assert "error_description" in answer.get_json()
    answer = client.post("/oauth/revoke", data={"token": "x"})
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
