"""Courses as files over the API: what a folder says, a server can write, check, publish and take back."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from academy.course_folder import course_files
from tests.academy.conftest import KEY, School
from tests.academy.samples import course, read

FILES = course_files(read(course(minutes=9)))
DRAFT, PUBLISH = f"/v1/academy/courses/{KEY}/draft", f"/v1/academy/courses/{KEY}/draft/publish"


class Server:
    """The host product's server, with its secret key."""

    def __init__(self, client: FlaskClient, key: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        headers = self.headers | more.pop("headers", {})
        answer = self.client.open(path, method=method, headers=headers, **more)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json(silent=True)


@pytest.fixture
def server(client: FlaskClient, secret_key: str) -> Server:
    return Server(client, secret_key)


def test_a_server_writes_looks_publishes_and_goes_back(server: Server, school: School) -> None:
    school.ready()
    assert server.ask("GET", DRAFT, 404)["code"] == "draft_not_found"
    saved = server.ask("PUT", DRAFT, json={"files": FILES | {"quiz.yaml": "pass_mark: 170\n"}, "edition": 0})
    assert saved["edition"] == 1 and {"quiz.yaml: pass_mark", "quiz.yaml: title"} == {
        f["field"] for f in saved["faults"]
    }
    assert next(fault["line"] for fault in saved["faults"] if "pass_mark" in fault["field"]) == 1
    told = server.ask("POST", PUBLISH, 422, json={})
    assert told["code"] == "course_faulty" and len(told["errors"]) == 2
    stale = server.ask("PUT", DRAFT, 409, json={"files": FILES, "edition": 0})
    assert (stale["code"], stale["edition"]) == ("draft_changed", 1)
    assert server.ask("PUT", DRAFT, json={"files": FILES, "edition": 1})["faults"] == []
    plan = server.ask("POST", PUBLISH, json={"dry_run": True})
    assert (plan["dry_run"], plan["version"], plan["settings"], plan["learners"]) == (
        True,
        1,
        ["minutes"],
        {"1": 1},
    )
    assert "+minutes: 9" in plan["files"]["course.yaml"]
    again = {"headers": {"Idempotency-Key": "publish-1"}, "json": {"edition": 2}}
    assert server.ask("POST", PUBLISH, **again)["version"] == 2
    assert server.ask("POST", PUBLISH, **again)["version"] == 2, "sent again, it happens once"
    assert server.ask("POST", PUBLISH, 404, json={})["code"] == "draft_not_found"
    back = server.ask("POST", f"/v1/academy/courses/{KEY}/roll-back", json={"version": 1})
    assert back["version"] == 3
    rows = server.ask("GET", f"/v1/academy/courses/{KEY}/versions")["data"]
    assert [(row["version"], row["live"], row["learners"]) for row in rows] == [
        (3, True, 0),
        (2, False, 0),
        (1, False, 1),
    ]
    server.ask("PUT", DRAFT, json={"files": {}})
    server.ask("DELETE", DRAFT, 204)
    assert server.ask("GET", "/v1/academy/courses/nowhere/versions", 404)["code"] == "course_not_found"


def test_what_no_course_can_hold_is_refused_by_name(server: Server) -> None:
    told = server.ask("PUT", DRAFT, 422, json={"files": {"../x": "", "ok.md": "\0"}})
    assert (told["code"], {fault["field"] for fault in told["errors"]}) == (
        "files_unusable",
        {"../x", "ok.md"},
    )
    key = server.ask("PUT", "/v1/academy/courses/Not A Key/draft", 422, json={"files": {}})
    assert key["code"] == "course_key_invalid"
    server.ask("PUT", DRAFT, 401, json={"files": {}}, headers={"Authorization": "Bearer sk_wrong"})
