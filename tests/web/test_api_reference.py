"""The reference shows what the OpenAPI document says, whatever that is."""

import pytest

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
