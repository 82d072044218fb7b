"""The API keeps what its OpenAPI document says, and no request makes it answer with a server error."""

import inspect
import os
import re

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from plg.kit.db import db
from plg.web.api_document import operations
from tests.support.doors import doors
from tests.support.visitors import a_customer, visitor

EXAMPLES_A_DOOR = 50 if os.environ.get("PLG_TEST_PROFILE") == "thorough" else 2
EVENT_DOORS = tuple(
    f"/v1/{call}" for call in ("track", "identify", "group", "page", "screen", "alias", "batch")
)
AS_THEIR_CLIENTS_EXPECT = (
    *EVENT_DOORS,
    "/batch/",
    "/capture/",
    "/e/",
    "/i/",
    "/flags/",
    "/decide/",
    "/ofrep/",
)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def schemathesis():
    """Only who runs these tests waits for it."""
    import schemathesis

    return schemathesis


@pytest.fixture
def ours(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return customer


def test_the_document_is_valid_openapi_31_and_names_every_api_door(app, client, schemathesis):
    document = client.get("/v1/openapi.json").get_json()
    schema = schemathesis.openapi.from_dict(document)
    documented = {
        f"{operation.ok().method.upper()} {operation.ok().path}" for operation in schema.get_all_operations()
    }
    api = {
        str(door)
        for door in doors(app)
        if {"secret", "user"} & (door.kinds or set()) and door.path.startswith("/v1/")
    }

    assert document["openapi"].startswith("3.1")
    jsonschema.Draft202012Validator.check_schema(document.get("components", {}).get("schemas", {}))
    assert len(documented) >= len(api)
    assert {f"POST {door}" for door in EVENT_DOORS} < documented


def test_each_door_tells_its_own_body_whatever_other_shapes_are_called(app, client):
    document = client.get("/v1/openapi.json").get_json()
    told = document["components"]["schemas"]
    bodies = {
        (path, method): told[
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        ]
        for path, method, operation in operations(document)
        if "$ref" in str(operation.get("requestBody", {}).get("content", {}).get("application/json", {}))
    }
    wrong = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
        view = inspect.unwrap(app.view_functions[rule.endpoint])
        model = view.__annotations__.get("body")
        model = view.__globals__[model] if isinstance(model, str) else model
        for method in rule.methods or ():
            shape = bodies.get((path, method.lower()))
            if shape is not None and model is not None:
                names = {field.alias or name for name, field in model.model_fields.items()}
                wrong += [rule.rule] if names != set(shape.get("properties", {})) else []

    assert len(bodies) > 50
    assert not wrong
    plan = told["EntitlementsOut"]["properties"]["plan"]["$ref"].split("/")[-1]
    assert set(told[plan]["properties"]) == {"key", "version", "name"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["secret", "user"])
def test_no_request_makes_the_api_fail(app, ours, kind, schemathesis):
    """Valid and broken requests alike: a few for every door that is open to this caller, the same in each run."""
    headers = visitor(app, kind, ours).headers
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", app)
    failures: list[str] = []
    tried, open_doors = 0, _open_to(kind, app)

    for operation in (result.ok() for result in schema.get_all_operations()):
        if (operation.method.upper(), operation.path) in open_doors:
            for mode in schemathesis.GenerationMode:
                tried += _fuzz(operation, mode, headers, failures)

    assert tried > 20
    assert not failures, "\n".join(sorted(set(failures)))


def _open_to(kind, app):
    """Method and path, as the document writes them; the calls of Segment's are one rule of the app."""
    found = {("POST", path) for path in EVENT_DOORS if kind == "secret"}
    return found | {
        (door.method, re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", door.rule.rule))
        for door in doors(app)
        if door.kinds is None or kind in door.kinds
    }


def _fuzz(operation, mode, headers, failures):
    seen = []

    @settings(
        max_examples=EXAMPLES_A_DOOR,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case):
        seen.append(case)
        answer = case.call(headers=headers)
        if answer.status_code >= 500:
            failures.append(f"{case.method} {case.formatted_path} {case.body!r}: {answer.status_code}")
        elif answer.status_code >= 400 and not case.operation.path.startswith(AS_THEIR_CLIENTS_EXPECT):
            assert answer.headers["content-type"][0].startswith("application/problem+json")

    try:
        call()
    except Unsatisfiable:
        return 0  # an operation without parameters cannot be called wrongly
    return len(seen)
