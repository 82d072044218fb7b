"""Fixtures of tests of the log."""

import pytest
from click.testing import CliRunner

from plg.cli import main


@pytest.fixture
def plg(database, tmp_path, monkeypatch):
    """The command line on the test's database: `plg("events", "parked")`."""
    monkeypatch.setenv("PLG_DATABASE_URL", database.url)
    monkeypatch.setenv("PLG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PLG_ENVIRONMENT", "test")
    return lambda *words: CliRunner().invoke(main, list(words))
