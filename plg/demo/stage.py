"""The demo's processes: web, worker and sandbox. They start together and end together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

GRACE = 10.0
"""Seconds that a process gets to end by itself."""
PLG = [sys.executable, "-m", "plg"]


class PartDied(Exception):  # noqa: N818 - named like every refusal
    """A process of the demo ended by itself; the message holds the last lines of its log."""


class Stage:
    """Starts processes with `environment` added to ours, and logs each to a file in `folder`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLG_")}
        self._environment = inherited | environment
        self._running: dict[str, subprocess.Popen[str]] = {}

    def start(self, name: str, command: list[str], said: str = "") -> None:
        """Start one process; `said` is its first line of input, and its input closes when we end."""
        with (self._logs / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C reaches us alone; we end the others in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        self._running[name] = process
        if process.stdin and said:
            process.stdin.write(f"{said}\n")
            process.stdin.flush()

    def wait_for(self, address: str, seconds: float = 60.0) -> None:
        """Until `address` answers without a server error. Raises `PartDied`, or TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            try:
                if requests.get(address, timeout=2, allow_redirects=False).status_code < 500:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"{address} does not answer; see {self._logs}")

    def check(self) -> None:
        """Raise `PartDied` when one of them is gone."""
        for name, process in self._running.items():
            if process.poll() is not None:
                tail = "\n".join((self._logs / f"{name}.log").read_text().splitlines()[-15:])
                raise PartDied(f"{name} ended with {process.returncode}:\n{tail}")

    def stop(self) -> None:
        """End all: those that the others need last; what does not end in time is killed."""
        for process in reversed(self._running.values()):
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in self._running.values():
            try:
                process.wait(timeout=max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """Let the kernel end this process when the demo itself is killed (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
