"""Packages of npm for tests, kept in the user's cache for the next run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import NO_NODE
from tests.support import run


def folder_with(name: str, *packages: str) -> Path:
    """A folder in which Node finds these packages; skips the test where they cannot be had."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip(f"{NO_NODE}node or npm is not on this machine, which {name} needs")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    folder = cache / "plg-tests" / name
    with FileLock(run.machine_lock(name), timeout=300):
        if not (folder / "done").exists():
            folder.mkdir(parents=True, exist_ok=True)
            options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
            install = ["npm", "install", *options, *packages]
            result = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=240)
            if result.returncode != 0:
                pytest.skip(f"{NO_NODE}npm could not fetch {name}: {result.stderr[-200:]}")
            (folder / "done").touch()
    return folder
