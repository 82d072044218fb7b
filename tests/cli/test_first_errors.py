"""Whoever starts with plg meets errors; each says what to do, and none is a traceback."""

import socket

import pytest
from click.testing import CliRunner

from plg.cli import main


@pytest.fixture
def plg(tmp_path, monkeypatch):
    monkeypatch.setenv("PLG_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments, **variables):
        return CliRunner().invoke(main, arguments, env={f"PLG_{k}": v for k, v in variables.items()})

    return run


def failed_saying(result, hint):
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code != 0
    assert hint in result.output, result.output
    return True


@pytest.mark.parametrize("command", ["keys list", "keys create secret", "status", "plan .", "worker"])
def test_without_a_migrated_database_it_says_how_to_get_one(plg, command):
    assert failed_saying(plg(*command.split()), "plg db upgrade")


@pytest.mark.parametrize(
    ("variables", "hint"),
    [
        ({"LOG_FORMAT": "loud"}, "PLG_LOG_FORMAT"),
        ({"LOG_LEVEL": "LOUD"}, "PLG_LOG_LEVEL"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "PLG_DATABASE_URL"),
        ({"DATABASE_URL": "mysql://127.0.0.1/none"}, "postgresql://"),
        ({"DATABASE_URL": "nonsense"}, "postgresql://"),
        ({"DATA_DIR": "/dev/null/data"}, "/dev/null"),
    ],
)
def test_a_wrong_setting_is_named(plg, variables, hint):
    assert failed_saying(plg("keys", "list", **variables), hint)


def test_a_settings_file_that_is_no_toml_is_named(plg, tmp_path):
    (tmp_path / "plg.toml").write_text("server = [")

    assert failed_saying(plg("keys", "list", CONFIG=str(tmp_path / "plg.toml")), "plg.toml")


def test_a_taken_port_and_an_unknown_wing_are_named_before_anything_starts(plg):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert failed_saying(plg("serve", "--port", port), "--port")
    assert failed_saying(plg("serve", "--port", "0", "--only", "nothing"), "academy")


def test_somebody_of_the_staff_is_added_once_and_with_an_address(plg):
    assert plg("db", "upgrade").exit_code == 0
    add = ("staff", "add", "--name", "Ana", "--password", "correct horse")

    assert plg(*add, "ana@example.com").exit_code == 0
    assert failed_saying(plg(*add, "ANA@example.com"), "already")
    assert failed_saying(plg(*add, "nobody"), "e-mail address")
    assert failed_saying(plg(*add, "--password", "short", "bob@example.com"), "at least 8")


def test_the_secret_of_user_tokens_is_shown_and_stays(plg):
    shown = plg("keys", "token-secret").output

    assert len(shown.strip()) >= 32
    assert plg("keys", "token-secret").output == shown
    assert plg("keys", "token-secret", USER_TOKEN_SECRET="given").output.strip() == "given"
