"""A PostgreSQL server that restarts, or a proxy that closes what lies idle, costs nobody more than one more try."""

from contextlib import ExitStack

import psycopg
import pytest
from sqlalchemy import text

from plg.kit import db as database_of_plg
from plg.kit.db import db

pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)


@pytest.fixture
def ask(client, secret_key):
    return lambda: client.get("/v1/people/nobody", headers={"Authorization": f"Bearer {secret_key}"})


@pytest.fixture
def cut(app, database, ask):
    """Ends, at the server, every connection that the app holds."""

    def cut() -> None:
        assert ask().status_code == 404
        with (
            app.app_context(),
            ExitStack() as held,
            psycopg.connect(database.url.replace("+psycopg", "")) as server,
        ):
            pool = [held.enter_context(db.engine.connect()) for _ in range(db.engine.pool.checkedin())]
            pids = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in pool]
            assert pids
            held.close()
            server.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [pids])

    yield cut
    with app.app_context():
        db.engine.dispose()


def test_a_connection_that_lay_idle_is_tried_before_it_is_used(ask, cut, monkeypatch):
    monkeypatch.setattr(database_of_plg, "_IDLE_SECONDS", 0.0)
    cut()

    assert ask().status_code == 404


def test_a_connection_lost_in_the_middle_of_work_is_said_and_the_next_request_finds_a_new_one(ask, cut):
    cut()

    first = ask()

    assert (first.status_code, first.json["code"]) == (503, "try_again")
    assert first.headers["Retry-After"] == "1"
    assert ask().status_code == 404


def test_an_event_is_stored_although_the_connection_was_lost(client, secret_key, ask, cut):
    cut()

    answer = client.post(
        "/v1/track", json={"userId": "ana", "event": "Invoice Sent"}, headers={"X-Plg-Key": secret_key}
    )

    assert answer.status_code == 200
    told = client.get("/v1/people/ana/events", headers={"Authorization": f"Bearer {secret_key}"}).json
    assert [event["name"] for event in told["data"]] == ["Invoice Sent"]
