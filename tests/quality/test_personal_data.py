"""Whatever plg keeps about a person is declared, so that export and erasure find it."""

import re

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table

from plg import wiring
from plg.app import create_app
from plg.events import names
from plg.kit.db import db
from plg.settings import Settings

_ABOUT_A_PERSON = re.compile(r"(^|_)(person_id|distinct_id|email|phone|ip|ip_address|user_agent)$")


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    """Columns that a room or a wing declares, by table."""
    app = create_app(Settings(environment="test", data_dir=tmp_path_factory.mktemp("data")))
    found: dict[str, set[str]] = {}
    for data in wiring.personal_data_of(app):
        found.setdefault(data.table, set()).update(data.columns)
    return found


def test_every_column_that_holds_a_person_is_declared_by_a_room(declared):
    missing = undeclared(db.metadata, declared)

    assert not missing, "declared by no room's personal_data.py:\n" + "\n".join(missing)


def test_everything_declared_exists(declared):
    ghosts = [
        f"{table}.{column}"
        for table, columns in declared.items()
        for column in columns
        if table not in db.metadata.tables or column not in db.metadata.tables[table].columns
    ]

    assert len(declared) > 5
    assert not ghosts


def test_every_declaration_says_what_it_means(tmp_path):
    app = create_app(Settings(environment="test", data_dir=tmp_path))

    silent = [data for data in wiring.personal_data_of(app) if not data.meaning.strip() or not data.columns]

    assert not silent


def test_who_keeps_a_copy_outside_of_the_database_hears_of_erasures_or_looks_for_them(declared):
    heard = {each.name: each.hears for each in wiring.SUBSCRIPTIONS if each.outside}
    jobs = {job.name for job in wiring.JOBS if job.outside}

    for copy in wiring.PERSONAL_COPIES:
        hears = heard.get(copy.kept_by)
        assert (
            copy.kept_by in jobs or copy.kept_by in heard and (hears is None or names.PERSON_ERASED in hears)
        )
        assert set(copy.tables) <= declared.keys()
    kept_by = {copy.kept_by for copy in wiring.PERSONAL_COPIES}
    assert {"growth.columns", "exports.run_due", "sql.keep_copy"} <= kept_by


def test_an_undeclared_column_is_found_by_its_name_and_by_its_foreign_key():
    metadata = MetaData()
    Table("people", metadata, Column("id", Integer, primary_key=True))
    Table(
        "badges",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("winner", ForeignKey("people.id")),
        Column("invited_by_person_id", Integer),
        Column("email", String),
        Column("title", String),
    )

    missing = undeclared(metadata, {"badges": {"email"}, "people": {"id"}})

    assert missing == ["badges.invited_by_person_id", "badges.winner"]


def undeclared(metadata: MetaData, declared: dict[str, set[str]]) -> list[str]:
    """`table.column` of everything that points at a person, or is an address of one, and is declared nowhere."""
    return sorted(
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if _holds_a_person(column) and column.name not in declared.get(table.name, set())
    )


def _holds_a_person(column: Column) -> bool:
    points_at_one = any(key.target_fullname == "people.id" for key in column.foreign_keys)
    return points_at_one or bool(_ABOUT_A_PERSON.search(column.name))
