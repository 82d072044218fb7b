"""Trials of before the ledger had kinds go forward with their days, and back without what was not known then."""

import flask_migrate
import pytest
from sqlalchemy import text

from plg.app import create_app
from plg.kit.db import db
from plg.settings import Settings
from plg.trials import trials
from tests.conftest import NO_POSTGRES
from tests.support import postgres
from tests.support.databases import empty_database

BEFORE = [
    "INSERT INTO plan_versions (id, key, version, digest, definition, published_at, published_by)"
    ' VALUES (1, \'catalogue\', 1, \'x\', \'{"default": "free", "order": [],'
    ' "trial": {"plan": "trial", "days": 14, "at_end": "free"}}\', \'2026-01-01 00:00:00\', \'tests\')',
    *[
        f"INSERT INTO accounts (id, public_id, name, timezone, traits, created_at)"
        f" VALUES ({i}, 'acct_{i}', 'a', 'UTC', '{{}}', '2026-01-01 00:00:00')"
        for i in (1, 2)
    ],
    "INSERT INTO trials (id, account_id, plan_key, status, started_at, ends_at, closed_at)"
    " VALUES (1, 1, 'trial', 'active', '2026-02-01 00:00:00', '2026-02-22 00:00:00', NULL),"
    " (2, 2, 'trial', 'ended', '2026-01-01 00:00:00', '2026-01-15 00:00:00', '2026-01-15 00:00:00')",
    "INSERT INTO trial_grants (id, trial_id, days, reason, actor, granted_at)"
    " VALUES (1, 1, 14, 'trial of the plan', 'sign-up', '2026-02-01 00:00:00'),"
    " (2, 1, 7, 'asked', 'staff:1', '2026-02-02 00:00:00'),"
    " (3, 2, 14, 'trial of the plan', 'sign-up', '2026-01-01 00:00:00')",
]


@pytest.fixture(params=["sqlite", "postgres"])
def bare_app(request, tmp_path):
    if request.param == "postgres" and postgres.server_url() is None:
        pytest.skip(NO_POSTGRES + postgres.find().reason)
    with empty_database(request.param, tmp_path) as database:
        app = create_app(Settings(environment="test", data_dir=tmp_path, database_url=database.url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def rows(sql):
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def run(statements):
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_trials_and_their_days_go_forward_and_back(bare_app):
    flask_migrate.upgrade(revision="0004")
    run(BEFORE)

    flask_migrate.upgrade()

    steps = trials.explain(1)
    assert [(s.row.kind, s.row.days, s.row.actor) for s in steps] == [
        ("grant", 14, "sign-up"),
        ("extension", 7, "staff:1"),
    ]
    trial = trials.of_account(1)
    assert (trial.rule_id, trial.due_at, trial.stays) == (1, steps[-1].ends_at, True)
    assert trial.ends_at == steps[-1].ends_at
    assert not trials.of_account(2).is_open
    db.session.remove()

    run(
        [
            "INSERT INTO trial_grants (id, trial_id, kind, days, at, reason, actor)"
            " VALUES (9, 1, 'pause', 0, '2026-02-03 00:00:00', 'x', 'x')",
            "UPDATE trials SET status = 'paused', ends_at = NULL, due_at = NULL WHERE id = 1",
            "INSERT INTO trials (id, account_id, plan_key, rule_id, status, requested_at, reminded, stays)"
            " VALUES (3, 2, 'trial', 1, 'held', '2026-03-01 00:00:00', '{}', true)",
        ]
    )
    flask_migrate.downgrade(revision="0004")

    assert rows("SELECT id, status FROM trials ORDER BY id") == [(1, "active"), (2, "ended")]
    assert rows("SELECT id, days FROM trial_grants ORDER BY id") == [(1, 14), (2, 7), (3, 14)]
