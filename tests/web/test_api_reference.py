"""The reference shows what the OpenAPI document says, whatever that is, and what it shows can be copied."""

import re
import shlex

import jsonschema
import pytest

from plg.web.api_document import operations, resolved
from plg.web.api_examples import curl, example_body
from plg.web.pages.api_reference import grouped, type_of

DOCUMENT = {
    "paths": {
        "/v1/things/{id}": {
            "post": {
                "tags": ["Things"],
                "summary": "Change a thing",
                "security": [{"secret": []}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "q", "in": "query", "schema": {"type": "integer", "description": "How many"}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}
                },
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}}
                    },
                    "422": {"description": "Faults"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "In": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "Out": {"type": "array", "items": {"$ref": "#/components/schemas/In"}},
        }
    },
}


def test_an_operation_is_read_with_its_parameters_body_and_answers():
    (operation,) = grouped(DOCUMENT)["Things"]

    assert (operation.method, operation.path) == ("post", "/v1/things/{id}")
    assert operation.anchor == "post-v1-things-id"
    assert operation.callers == ["secret"]
    assert [(p.name, p.place, p.type, p.required) for p in operation.parameters] == [
        ("id", "path", "string", True),
        ("q", "query", "integer", False),
    ]
    assert [(p.name, p.required) for p in operation.body] == [("name", True)]
    assert [(a.status, a.shape, len(a.properties)) for a in operation.answers] == [
        ("200", "array of object", 1),
        ("422", "", 0),
    ]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, ""),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"enum": ["es", "en"]}, '"es" or "en"'),
        ({"const": "x"}, '"x"'),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "array"}, "array of anything"),
        ({"$ref": "#/components/schemas/Out"}, "array of object"),
    ],
)
def test_a_type_is_said_in_a_few_words(schema, words):
    assert type_of(DOCUMENT, schema) == words


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_names_every_operation_of_the_document(app):
    client = app.test_client()
    paths = client.get("/v1/openapi.json").json["paths"]
    page = client.get("/api").text

    assert len(paths) > 3
    assert [path for path in paths if path not in page] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_link_of_the_contents_leads_somewhere(app):
    page = app.test_client().get("/api").text
    links = {part.split('"')[0] for part in page.split('href="#')[1:]} - {"main"}

    assert links
    assert [link for link in links if f'id="{link}"' not in page] == []


@pytest.fixture
def document(client):
    return client.get("/v1/openapi.json").json


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_operation_has_a_name_of_its_own_an_answer_and_a_summary(document):
    told = [operation for _, _, operation in operations(document)]
    names = [operation["operationId"] for operation in told]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in names)
    assert all(operation["summary"] and operation["tags"] for operation in told)
    assert all(any(code.startswith("2") for code in operation["responses"]) for operation in told)
    assert [o["operationId"] for o in told if "security" not in o] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_body_has_an_example_that_its_schema_takes(document):
    for _, _, operation in operations(document):
        body = example_body(document, operation)
        if body is None:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(body, schema | {"components": document["components"]})
        assert body, operation["operationId"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_reference_in_the_document_leads_somewhere(document):
    def references(part):
        if isinstance(part, dict):
            yield from [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            yield from (found for value in part.values() for found in references(value))
        elif isinstance(part, list):
            yield from (found for value in part for found in references(value))

    found = set(references(document))

    assert found
    assert all(resolved(document, {"$ref": reference}) for reference in found)


def test_the_examples_of_the_event_doors_are_taken_as_they_stand(
    client, document, worker, secret_key, publishable_key
):
    shell = {"$SECRET_KEY": secret_key, "$PUBLISHABLE_KEY": publishable_key}
    tried = 0
    for path, method, operation in operations(document):
        if not operation["tags"][0].startswith("Events"):
            continue
        tried += 1
        answer = typed(client, curl(document, path, method, operation), shell)
        assert (answer.status_code, "faults" in answer.text) == (200, False), answer.text

    worker()
    key = {"Authorization": f"Bearer {secret_key}"}
    events = client.get("/v1/people/user-42/events", headers=key).json["data"]
    accounts = client.get("/v1/people/ana@example.com", headers=key).json["accounts"]
    assert tried > 10
    assert {event["name"] for event in events} >= {"Invoice Sent", "Customer Created", "Page Viewed"}
    assert [account["name"] for account in accounts] == ["Acme"]


def test_a_server_signs_up_asks_and_reports_by_the_examples(client, document, secret_key):
    told = {operation["operationId"]: (p, m, operation) for p, m, operation in operations(document)}
    for call in ("create_signup", "track", "count_funnel", "count_trend", "get_person", "list_person_events"):
        answer = typed(client, curl(document, *told[call]), {"$SECRET_KEY": secret_key})
        assert answer.status_code in {200, 201}, (call, answer.text)


def typed(client, command, shell):
    """Send what curl would send; `shell`: the values of its variables."""
    for variable, value in shell.items():
        command = command.replace(variable, value)
    _, address, *options = shlex.split(command.replace("\\\n", " "))
    headers, sent = {}, {}
    for option, value in zip(options[::2], options[1::2], strict=True):
        if option == "-H":
            headers.update([value.split(": ", 1)])
        elif option == "-u":
            sent["auth"] = tuple(value.split(":"))
        else:
            sent |= {"data": value, "method": "POST"}
    return client.open(address, headers=headers, **sent)
