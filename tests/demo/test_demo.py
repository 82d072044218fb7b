"""`plg demo` from its first start to its end, and the parts it is made of."""

import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from plg.cli import main
from plg.demo import keepsake
from plg.demo.ports import NoFreePort, choose
from plg.demo.stage import PartDied, Stage
from tests.demo.running import RunningDemo

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path, {})
    yield stage
    stage.stop()


def is_listening(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def every_address(demo: RunningDemo) -> list[str]:
    return [demo.addresses["url"], *demo.addresses["sandbox"].values()]


@pytest.mark.slow
def test_a_stop_leaves_nothing_running_a_second_start_has_the_same_keys_and_a_kill_takes_all_processes(
    tmp_path: Path,
) -> None:
    first = RunningDemo(tmp_path / "demo", 20)
    assert all(requests.get(url, timeout=20).status_code < 500 for url in every_address(first))
    assert first.end(signal.SIGINT) == 0
    assert not any(map(is_listening, every_address(first)))

    second = RunningDemo(tmp_path / "demo", 20)
    for lasting in ("staff", "publishable_key", "secret_key"):
        assert first.addresses[lasting] == second.addresses[lasting]
    assert stat.S_IMODE((tmp_path / "demo" / "demo.json").stat().st_mode) == 0o600
    refused = CliRunner().invoke(main, ["demo", "--data", str(tmp_path / "demo"), "--port", "0"])
    assert refused.exit_code == 1 and "Another demo runs in" in refused.stderr

    second.kill()
    wait_until(lambda: not any(map(is_listening, every_address(second))))


def test_help_teaches_without_starting_anything() -> None:
    answer = CliRunner().invoke(main, ["demo", "--help"])

    assert answer.exit_code == 0
    assert all(words in answer.output for words in ("--port", "--data", "--json", "Ctrl-C", "no network"))


def test_ports_that_are_taken_are_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]
        ports = choose(first)

    chosen = list(vars(ports).values())
    assert first not in chosen and chosen == sorted(set(chosen)) and chosen[0] > first


def test_no_six_free_ports_are_told_plainly() -> None:
    with pytest.raises(NoFreePort, match="from 65533 upward"):
        choose(65533)


def test_what_the_demo_remembers_is_for_its_owner_only_and_never_half_written(tmp_path: Path) -> None:
    kept = keepsake.find(tmp_path)
    kept.secret_key = "sk_1"
    kept.save(tmp_path)
    kept.save(tmp_path)

    again = keepsake.find(tmp_path)
    assert again == kept
    assert [file.name for file in tmp_path.iterdir()] == ["demo.json"]
    assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
    assert kept.staff_password not in repr(kept)


def test_a_part_that_dies_is_named_with_the_end_of_its_log(stage: Stage) -> None:
    stage.start("worker", [sys.executable, "-c", "raise SystemExit('the database is locked')"])

    with pytest.raises(PartDied, match="worker ended with 1:\nthe database is locked"):
        stage.wait_for("http://127.0.0.1:9/", seconds=60)


def test_a_part_that_does_not_listen_to_its_end_is_killed(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plg.demo.stage.GRACE", 0.3)
    stage.start("deaf", [sys.executable, "-c", STUBBORN])
    stage.start("sleeper", SLEEP)
    wait_until(lambda: "deaf" in (tmp_path / "logs" / "deaf.log").read_text())

    stage.stop()

    with pytest.raises(PartDied, match="deaf ended with -9"):
        stage.check()


def test_a_part_sees_no_setting_of_the_shell_that_started_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLG_DATABASE_URL", "postgresql://production")
    stage = Stage(tmp_path, {"PLG_DATA_DIR": "here"})
    shown = "import os; print({k: v for k, v in os.environ.items() if k.startswith('PLG_')})"
    stage.start("part", [sys.executable, "-c", shown])
    log = tmp_path / "logs" / "part.log"
    wait_until(log.read_text)
    stage.stop()

    assert log.read_text() == "{'PLG_DATA_DIR': 'here'}\n"
