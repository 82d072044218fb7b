"""SQLite has one writer: who comes second waits for its turn, and is told when it does not come."""

import threading

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from plg.kit import db as kit_db
from plg.kit.db import db, is_transient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def taken(app):
    """Somebody writes until this is set."""
    begun, over = threading.Event(), threading.Event()

    def write():
        with app.app_context():
            db.session.execute(text("SELECT 1"))
            begun.set()
            over.wait(timeout=60)
            db.session.rollback()

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(timeout=30)
    yield over
    over.set()
    thread.join()


def test_who_comes_second_looks_until_the_place_is_free(app, taken, monkeypatch):
    monkeypatch.setattr(kit_db, "LOOKING_MS", 1)
    looks = []

    def look(_connection, _cursor, statement, *_):
        looks.append(statement)
        if looks.count("BEGIN IMMEDIATE") == 3:
            taken.set()

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", look)
        assert db.session.scalar(text("SELECT 1")) == 1
        event.remove(db.engine, "before_cursor_execute", look)
        assert db.session.scalar(text("PRAGMA busy_timeout")) == kit_db.PATIENCE_MS
        db.session.rollback()
    assert looks.count("BEGIN IMMEDIATE") >= 3


def test_patience_ends_and_the_next_try_succeeds(app, taken, monkeypatch):
    monkeypatch.setattr(kit_db, "LOOKING_MS", 1)
    monkeypatch.setattr(kit_db, "PATIENCE_MS", 10)
    with app.app_context():
        with pytest.raises(OperationalError) as refused:
            db.session.execute(text("SELECT 1"))
        assert is_transient(refused.value)
        db.session.rollback()
        taken.set()
        monkeypatch.undo()
        assert db.session.scalar(text("SELECT 1")) == 1
        db.session.rollback()
