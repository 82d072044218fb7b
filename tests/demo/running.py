"""A demo in a process of its own, as a person would start it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


class RunningDemo:
    """`plg demo --json` on free ports; `addresses` is the line that it printed when it was ready."""

    def __init__(self, folder: Path, people: int, *options: str) -> None:
        command = [sys.executable, "-m", "plg", "demo", "--json", "--port", "0", "--data", str(folder)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLG_")}
        self.errors = folder.parent / f"{folder.name}.err"
        with self.errors.open("w") as errors:
            self._process = subprocess.Popen(
                [*command, "--people", str(people), *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, f"the demo did not get ready: {self.errors.read_text()[-3000:]}"
        self.addresses: dict[str, Any] = json.loads(line)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, as Ctrl-C or a service manager would; the exit code."""
        self._process.send_signal(number)
        return self._process.wait(timeout=60)

    def kill(self) -> None:
        """End it as a crash would, with no chance to tidy up."""
        self._process.kill()
        self._process.wait(timeout=60)
