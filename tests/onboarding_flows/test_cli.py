"""`plg flows`: what the command line says of flows, and does with them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from plg.cli import main
from plg.kit.strict_yaml import write_yaml
from tests.onboarding_flows.conftest import State, flow, publish, step

Run = Callable[..., str]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def run(database, tmp_path: Path) -> Run:
    environment = {
        "PLG_CONFIG": os.devnull,
        "PLG_DATABASE_URL": database.url,
        "PLG_DATA_DIR": str(tmp_path),
        "PLG_ENVIRONMENT": "test",
    }

    def call(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, arguments, env=environment)
        assert result.exit_code == code, result.output
        return result.output

    return call


def test_a_wings_commands_stand_beside_the_cores(app: Flask, run: Run) -> None:
    assert "flows " in run("--help")
    assert "rollback" in run("flows", "--help")
    assert run("flows", "list") == "There is no flow.\n"
    run("nothing-of-the-kind", code=2)


def test_a_flow_is_drafted_published_rolled_back_and_its_people_moved(
    app: Flask, run: Run, tmp_path: Path, ana: int, acme: int, shown: State
) -> None:
    file = tmp_path / "start.yaml"
    file.write_text(write_yaml(flow("start", step("a", "A", requires=["b"]))), encoding="utf-8")
    assert "steps.0.requires.0: there is no step 'b'" in run("flows", "draft", str(file))
    assert "there is no step 'b'" in run("flows", "publish-draft", "start", code=1)
    file.write_text(write_yaml(flow("start", step("a", "A"))), encoding="utf-8")
    assert run("flows", "draft", str(file)) == "Saved; it can be published.\n"
    assert run("flows", "publish-draft", "start") == "Version 1 is live.\n"
    shown(ana, acme)
    publish(app, flow("start", step("b", "B")))
    dry = run("flows", "migrate", "start", "1", "--map", "a=b", "--dry-run")
    assert "renamed  a -> b" in dry
    assert "1 to move from version 1 to 2" in dry
    assert "0 of 1 moved, running" in run("flows", "migrate", "start", "1", "--map", "a=b")
    assert "0 of 1 moved, running" in run("flows", "versions", "start")
    assert "has no such step" in run("flows", "migrate", "start", "1", "--map", "x=b", code=1)
    run("flows", "migrate", "start", "1", "--map", "x", code=2)
    assert run("flows", "rollback", "start", "1") == "Version 3 is live.\n"
    assert "version 3" in run("flows", "list")
