"""A database goes forward and back through every migration, on SQLite and on PostgreSQL."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from plg.app import create_app
from plg.kit.db import db
from plg.people import identities
from plg.settings import Settings
from tests.conftest import NO_POSTGRES
from tests.support import postgres
from tests.support.databases import empty_database


@pytest.fixture(params=["sqlite", "postgres"])
def bare_app(request, tmp_path):
    """An app on a database in which nothing was ever made."""
    if request.param == "postgres" and postgres.server_url() is None:
        pytest.skip(NO_POSTGRES + postgres.find().reason)
    with empty_database(request.param, tmp_path) as database:
        app = create_app(Settings(environment="test", data_dir=tmp_path, database_url=database.url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def test_migrations_go_forward_back_to_nothing_and_forward_again(bare_app):
    flask_migrate.upgrade()
    first = _tables()
    flask_migrate.downgrade(revision="base")
    nothing = _tables()
    flask_migrate.upgrade()

    assert {"events", "people", "accounts", "alembic_version"} <= first
    assert nothing == {"alembic_version"}
    assert _tables() == first


def test_migrations_make_exactly_what_the_models_say(bare_app):
    flask_migrate.upgrade()

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _ours})
        differences = compare_metadata(context, db.metadata)

    assert not differences, "\n".join(map(str, differences))
    assert set(db.metadata.tables) <= _tables()


def test_migrations_that_run_twice_change_nothing_and_keep_the_rows(bare_app):
    flask_migrate.upgrade()
    with db.session.begin():
        identities.resolve(["ana"])
    db.session.remove()

    flask_migrate.upgrade()

    assert set(identities.known(["ana"])) == {"ana"}
    if db.engine.dialect.name == "sqlite":
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert db.session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def _ours(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    """Tables that SQLite makes itself for a full-text index are part of that index, not of our models."""
    return kind != "table" or name in db.metadata.tables or "_fts" not in (name or "")
