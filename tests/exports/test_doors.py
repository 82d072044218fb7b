"""Exports by API, page and command line."""

from __future__ import annotations

import functools

import pytest
from click.testing import CliRunner

from plg.kit.db import db
from tests.exports.test_exports import MAY
from tests.support.story import happened, make_person
from tests.support.visitors import a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def visit(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return functools.cache(lambda kind: visitor(app, kind, customer))


def test_an_export_is_set_up_runs_and_is_deleted_by_the_api(app, visit, worker):
    secret = visit("secret")
    happened(app, "Sent", person_id=make_person(app), occurred_at=MAY)
    made = secret.open("POST", "/v1/exports", json={"content": "events", "folder": "all-events"})
    assert (made.status_code, made.json["last_run"]) == (201, None)
    worker(now=MAY.replace(year=2030))
    (listed,) = secret.open("GET", "/v1/exports").json["data"]
    assert listed["last_run"]["status"] == "done" and listed["last_run"]["rows"] > 0
    door = f"/v1/exports/{made.json['id']}"
    assert secret.open("POST", f"{door}/run", json={"anew": True}).status_code == 202
    assert len(secret.open("GET", f"{door}/runs").json["data"]) == 1
    again = secret.open("POST", "/v1/exports", json={"content": "people", "folder": "all-events"})
    assert (again.status_code, again.json["code"]) == (409, "folder_taken")
    assert secret.open("DELETE", door).status_code == 204
    assert secret.open("GET", f"{door}/runs").json["code"] == "export_not_found"


def test_staff_set_up_exports_and_see_how_they_went(app, visit):
    staff = visit("staff")
    form = {"content": "people", "format": "csv", "target": "folder", "folder": "people", "every": "hour"}
    shown = staff.open("POST", "/growth/exports", data=form).headers["Location"]
    assert "It has not run yet" in staff.open("GET", f"{shown}?lang=en").text
    assert staff.open("POST", f"{shown}/run").status_code == 303
    assert "People" in staff.open("GET", "/growth/exports?lang=en").text
    wrong = [{"folder": "../x"}, {"folder": "y", "target": "s3"}, {"content": "report", "folder": "z"}, {}]
    for each in wrong:
        answer = staff.open("POST", "/growth/exports?lang=en", data=form | each)
        assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert staff.open("POST", f"{shown}/delete").status_code == 303
    for kind in ("secret", "user", "anonymous"):
        assert visit(kind).open("GET", "/growth/exports").status_code in {302, 401, 403}


def test_exports_run_from_the_command_line(app, monkeypatch):
    from plg.cli import main

    monkeypatch.setattr("plg.app.create_app", lambda *_: app)
    happened(app, "Sent", person_id=make_person(app), occurred_at=MAY)
    export = CliRunner().invoke(main, ["exports", "add", "events", "--folder", "events"]).output.strip()
    ran = CliRunner().invoke(main, ["exports", "run", export])
    assert ran.exit_code == 0 and " files, " in ran.output
    assert "events    folder:events/ every day  done" in CliRunner().invoke(main, ["exports", "list"]).output
    assert CliRunner().invoke(main, ["exports", "delete", export]).exit_code == 0
    assert "There is no export" in CliRunner().invoke(main, ["exports", "list"]).output
    assert CliRunner().invoke(main, ["exports", "run", export]).exit_code == 1
