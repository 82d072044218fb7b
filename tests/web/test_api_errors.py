"""What the API answers to requests that are not right: what is wrong, where, and what to do next."""

import pytest

WHOLE = {"email": "ana@acme.example", "password": "correct horse", "name": "Ana", "company": "Acme"}


@pytest.fixture
def ask(client, secret_key):
    def ask(method, path, **options):
        headers = {"Authorization": f"Bearer {secret_key}"} | options.pop("headers", {})
        return client.open(path, method=method, headers=headers, **options)

    return ask


def faults_of(answer):
    assert answer.mimetype == "application/problem+json"
    return {fault["field"]: fault["message"] for fault in answer.json["errors"]}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("options", "status", "code", "hint"),
    [
        ({"data": '{"email":', "content_type": "application/json"}, 400, "malformed_json", "cannot be read"),
        ({"data": "[" * 90_000, "content_type": "application/json"}, 400, "malformed_json", "nested"),
        ({"data": r'{"name": "\ud800"}', "content_type": "application/json"}, 400, "malformed_json", ""),
        ({"content_type": "application/json"}, 400, "malformed_json", "empty"),
        ({}, 400, "malformed_json", "empty"),
        ({"data": '{"a": 1}', "content_type": "text/plain"}, 415, "unsupported_media_type", "Content-Type"),
        ({"data": {"a": "1"}}, 415, "unsupported_media_type", "Content-Type"),
        ({"json": []}, 422, "invalid_request", "JSON object"),
        ({"json": "text"}, 422, "invalid_request", "JSON object"),
    ],
)
def test_a_body_that_is_no_json_object_is_told_apart(ask, options, status, code, hint):
    answer = ask("POST", "/v1/signups", **options)

    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert hint in answer.json["detail"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_field_is_named_in_plain_words(ask):
    answer = ask("POST", "/v1/reports/funnel", json={"to": "2026-01-01T00:00:00Z", "steps": [{"event": "A"}]})

    assert answer.status_code == 422
    assert faults_of(answer) == {
        "from": "is missing",
        "steps.0.events": "is missing",
        "steps.0.event": "is not known here",
    }
    assert "from: is missing" in answer.json["detail"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("method", "path", "status", "hint"),
    [
        ("GET", "/v1/nothing", 404, "/api"),
        ("POST", "/v1/nothing", 404, "/api"),
        ("DELETE", "/v1/signups", 405, "Allow"),
        ("PUT", "/v1/track", 405, "Allow"),
        ("DELETE", "/v1/people/somebody", 405, "Allow"),
    ],
)
def test_a_wrong_address_or_method_is_said_before_anything_else(ask, method, path, status, hint):
    answer = ask(method, path)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert hint in answer.json["detail"]
    assert (status == 405) == ("Allow" in answer.headers)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_shows_the_wrong_key_is_told_which_one_is_needed(client, publishable_key):
    nobody = client.get("/v1/entitlements?account=a")
    browser = client.get("/v1/entitlements?account=a", headers={"X-Plg-Key": publishable_key})
    widget = client.get("/v1/widget/state", headers={"X-Plg-Key": publishable_key})

    assert (nobody.status_code, browser.status_code, widget.status_code) == (401, 403, 403)
    assert "Authorization: Bearer sk_" in nobody.json["detail"]
    assert "a publishable key" in browser.json["detail"] and "a secret key" in browser.json["detail"]
    assert "JWT" in widget.json["detail"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_only_who_should_come_again_is_told_when(make_app):
    client = make_app(rate_limits=True).test_client()
    refused = client.post("/v1/track", json={"event": "A", "userId": "u"})

    assert refused.status_code == 401
    assert "Retry-After" not in refused.headers


@pytest.mark.parametrize("text", ["\0", "a\0b", "9" * 40, "😀" * 300, "-1"])
def test_no_text_in_a_query_makes_the_api_fail(ask, text):
    asked = [
        ("/v1/people/user-1/events", ("before", "limit", "name")),
        ("/v1/entitlements", ("account", "locale")),
        ("/v1/entitlements/invoices", ("account",)),
        ("/v1/billing/subscription", ("account",)),
        ("/v1/flows/state", ("person", "account")),
        ("/v1/academy/enrolments", ("person",)),
        ("/v1/academy/certificates", ("person",)),
    ]
    ask("POST", "/v1/identify", json={"userId": "user-1"})
    failed = [
        f"{path}?{name}: {answer.status_code}"
        for path, names in asked
        for name in names
        if (answer := ask("GET", path, query_string={name: text})).status_code >= 500
    ]

    assert not failed


@pytest.mark.parametrize("text", ["%00", "a%00b", "9" * 40, "%F0%9F%98%80" * 100, "%ED%A0%80"])
def test_no_text_in_a_path_makes_the_api_fail(ask, text):
    paths = [
        f"/v1/people/{text}",
        f"/v1/people/{text}/events",
        f"/v1/accounts/{text}",
        f"/v1/entitlements/{text}?account=a",
        f"/v1/academy/courses/{text}",
        f"/v1/academy/attempts/{text}",
        f"/v1/academy/certificates/{text}",
    ]
    failed = [path for path in paths if ask("GET", path).status_code not in {400, 404, 422}]

    assert not failed


@pytest.mark.parametrize("text", ["\0", "An\0a"])
@pytest.mark.parametrize("field", ["email", "password", "name", "company"])
def test_no_text_in_a_sign_up_makes_the_api_fail(ask, field, text):
    assert ask("POST", "/v1/signups", json=WHOLE | {field: text}).status_code < 500
