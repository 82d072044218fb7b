"""The [growth] table of plg.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from plg.growth import config
from plg.growth.folder import section
from plg.kit.db import db
from plg.kit.errors import FolderFaults

TABLE = """
[product]
name = "Facturo"

[growth]
funnel = ["Signed Up", { events = ["Bought", "Upgraded"], where = { plan = "pro" }, name = { es = "Paga" } }]
window_days = 30
timezone = "America/Bogota"
"""


def test_the_table_is_read_published_and_written_back(app, tmp_path: Path):
    (tmp_path / "plg.toml").write_text(TABLE)
    definitions = section.read(tmp_path)
    with app.app_context():
        section.publish("growth", definitions["growth"], "tests")
        db.session.commit()
        assert section.live() == definitions
        assert config.live().window_days == 30
    section.write(tmp_path, definitions)
    assert section.read(tmp_path) == definitions
    assert 'name = "Facturo"' in (tmp_path / "plg.toml").read_text()


def test_a_folder_without_the_table_publishes_nothing_and_the_defaults_hold(app, tmp_path: Path):
    assert section.read(tmp_path) == {}
    with app.app_context():
        assert config.live() == config.GrowthConfig()
        assert config.live().funnel[0] == "Signed Up"


def test_a_retired_definition_gives_the_defaults_back(app):
    with app.app_context():
        section.publish("growth", {"funnel": ["A", "B"]}, "tests")
        section.retire("growth", "tests")
        db.session.commit()
        assert config.live() == config.GrowthConfig()


def test_every_fault_of_the_table_is_named_with_its_place(tmp_path: Path):
    (tmp_path / "plg.toml").write_text('[growth]\nfunnel = ["A"]\nwindow_days = 0\ntimezone = "Mars"\nx = 1')
    with pytest.raises(FolderFaults) as refused:
        section.read(tmp_path)
    places = {fault.field for fault in refused.value.errors}
    assert places == {f"plg.toml: growth.{name}" for name in ("funnel", "window_days", "timezone", "x")}


def test_a_file_that_is_no_toml_is_a_fault(tmp_path: Path):
    (tmp_path / "plg.toml").write_text("[growth")
    with pytest.raises(FolderFaults):
        section.read(tmp_path)
