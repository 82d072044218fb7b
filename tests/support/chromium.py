"""A Chromium for browser tests on any machine.

Looked for in this order: `PLG_CHROMIUM`; the PATH; the one that Playwright has downloaded; as root on
Debian `apt-get install chromium-headless-shell`; else the npm package `@sparticuz/chromium` into the user's
cache. The headless shell comes first everywhere: it is the same engine without a window's parts, and the suite's
pages take half the time in it.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path

import brotli
from filelock import FileLock

from tests.support import run

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
_NAMES = (*_SHELLS, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Found:
    """A Chromium's path and the variables it needs, or None and the reason why there is none."""

    path: Path | None
    reason: str
    environment: dict[str, str] = field(default_factory=dict)


@cache
def find() -> Found:
    """The Chromium of this run; workers that ask at the same time wait for one installation."""
    found = _present()
    if found:
        return found
    with FileLock(run.machine_lock("chromium"), timeout=600):
        return _present() or _installed_by_apt() or _fetched_by_npm()


def _present() -> Found | None:
    given = os.environ.get("PLG_CHROMIUM")
    if given:
        return Found(Path(given), "PLG_CHROMIUM") if Path(given).exists() else Found(None, f"no {given}")
    for name in _NAMES:
        path = shutil.which(name)
        if path:
            return Found(Path(path), "PATH")
    return _playwrights_own() or _unpacked(_cache_folder())


def _playwrights_own() -> Found | None:
    asked = "from playwright.sync_api import sync_playwright as start\n"
    asked += "with start() as playwright: print(playwright.chromium.executable_path)"
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    path = Path(answer.stdout.strip() or "/nowhere/at/all")
    kept = path.parents[2].glob("chromium_headless_shell-*/*/*headless*shell")
    whole = next((each for each in (*sorted(kept, reverse=True), path) if each.is_file()), None)
    return Found(whole, "Playwright") if whole else None


def _installed_by_apt() -> Found | None:
    if os.getuid() != 0 or not shutil.which("apt-get"):
        return None
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", _SHELLS[0]]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True, timeout=500)
    path = shutil.which(_SHELLS[0])
    return Found(Path(path), "apt-get") if path else None


def _fetched_by_npm() -> Found:
    if not shutil.which("npm"):
        return Found(None, "no Chromium found, and neither apt-get as root nor npm is here to fetch one")
    folder = _cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    pack = ["npm", "pack", "@sparticuz/chromium", "--silent"]
    result = subprocess.run(pack, cwd=folder, capture_output=True, text=True, timeout=300)
    archives = sorted(folder.glob("sparticuz-chromium-*.tgz"))
    if not archives:
        return Found(None, f"npm could not fetch @sparticuz/chromium: {result.stderr.strip()[-200:]}")
    _unpack(archives[-1], folder)
    return _unpacked(folder) or Found(None, "@sparticuz/chromium does not start on this machine")


def _unpack(archive: Path, folder: Path) -> None:
    """The package holds brotli files: the program, and tar archives of the libraries and fonts it needs."""
    with tarfile.open(archive) as package:
        for member in package.getmembers():
            name = Path(member.name).name
            content = package.extractfile(member) if name.endswith(".br") else None
            if content is None:
                continue
            data = brotli.decompress(content.read())
            if name.endswith(".tar.br"):
                with tarfile.open(fileobj=BytesIO(data)) as inner:
                    inner.extractall(folder, filter="data")
            else:
                (folder / "chrome").write_bytes(data)
                (folder / "chrome").chmod(0o755)
    archive.unlink()


def _unpacked(folder: Path) -> Found | None:
    program = folder / "chrome"
    if not program.exists():
        return None
    environment = {"LD_LIBRARY_PATH": str(folder / "lib"), "FONTCONFIG_PATH": str(folder)}
    check = subprocess.run([program, "--version"], env=os.environ | environment, capture_output=True)
    return Found(program, "npm", environment) if check.returncode == 0 else None


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "plg-tests" / "chromium"
