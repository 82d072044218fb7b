"""Runs plg as in production, `plg serve` and `plg worker`, on a database that is new for this measurement."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import flask_migrate
import psycopg
import requests
from flask import Flask

from plg import product_folder
from plg.access import keys
from plg.app import create_app
from plg.kit.db import db
from plg.settings import Settings
from tests.bench.measuring import cpu_ms, parent_of
from tests.support import embedded, postgres

REPOSITORY = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")
DEMO_FOLDER = REPOSITORY / "plg" / "demo" / "product_folder"


@dataclass
class Plg:
    """A plg that can be measured. `app` is a second one in this process, on the same database, to set things up
    and to look at them; what it does costs no processor time of the servers."""

    app: Flask
    database: str
    environment: dict[str, str]
    secret_key: str
    publishable_key: str
    url: str = ""
    pids: list[int] = field(default_factory=list)
    database_pid: int | None = None

    def cpu_ms(self) -> float:
        """Processor time in ms that all processes of plg and of its PostgreSQL have used until now."""
        return cpu_ms([*self.pids, *([self.database_pid] if self.database_pid else [])])

    def secret_headers(self) -> dict[str, str]:
        """Headers of a request of the host product's server."""
        return {"Authorization": f"Bearer {self.secret_key}"}

    @contextmanager
    def serving(self, *, workers: int = 2, threads: int | None = None) -> Iterator[str]:
        """`plg serve` on a free port for the block; its URL."""
        port = _free_port()
        options = [f"--port={port}", f"--workers={workers}", *([f"--threads={threads}"] if threads else [])]
        with self._process("serve", *options) as process:
            self.url = f"http://127.0.0.1:{port}"
            _wait_for(f"{self.url}/readyz", process)
            yield self.url

    @contextmanager
    def working(self) -> Iterator[int]:
        """`plg worker` for the block; its process id."""
        with self._process("worker") as process:
            yield process.pid

    @contextmanager
    def _process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "plg", *arguments]
        environment = os.environ | self.environment
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
        self.pids.append(process.pid)
        try:
            yield process
        finally:
            self.pids.remove(process.pid)
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def new_plg(
    database: str, *, folder: Path | None = DEMO_FOLDER, durable: bool = True, **settings: str
) -> Iterator[Plg]:
    """A migrated plg on a new database, with API keys and (unless None) a published product folder.

    database: `sqlite`, `postgres` (a server of its own) or the URL of a PostgreSQL server. durable: what is
    committed is on disk, as in production; else in memory, where the machine has such a folder.
    """
    root = None if durable or not MEMORY.is_dir() else MEMORY
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plg-bench-", dir=root)))
        url = stack.enter_context(_database_url(database, data, durable))
        environment = _environment(data, url) | settings
        for name, value in environment.items():
            os.environ[name] = value
        app = create_app(Settings())
        with app.app_context():
            flask_migrate.upgrade()
            _, secret = keys.create("secret", "bench", by="bench")
            _, publishable = keys.create("publishable", "bench", by="bench")
            if folder is not None:
                product_folder.apply(app, folder, prune=False, by="bench")
            db.session.commit()
        plg = Plg(app, database.split("://")[0], environment, secret, publishable)
        plg.database_pid = _database_pid(url)
        yield plg
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _database_url(database: str, folder: Path, durable: bool) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{folder / 'plg.sqlite3'}"
        return
    if database == "postgres":
        os.environ["PLG_TEST_POSTGRES_URL"] = embedded.start(os.getpid(), durable=durable)
    else:
        os.environ["PLG_TEST_POSTGRES_URL"] = database
    with postgres.temporary_database(durable=durable) as url:
        yield url


def _environment(data: Path, url: str) -> dict[str, str]:
    return {
        "PLG_CONFIG": os.devnull,
        "PLG_DATA_DIR": str(data),
        "PLG_DATABASE_URL": url,
        "PLG_SECRET_KEY": secrets.token_urlsafe(32),
        "PLG_USER_TOKEN_SECRET": secrets.token_urlsafe(32),
        "PLG_SMTP_URL": "smtp://127.0.0.1:9",
        "PLG_RATE_LIMITS": "false",
        "PLG_LOG_LEVEL": "ERROR",
    }


def _database_pid(url: str) -> int | None:
    """Process id of the PostgreSQL server, where it runs on this machine."""
    if not url.startswith("postgres"):
        return None
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        try:
            return parent_of(row[0]) if row else None
        except FileNotFoundError:
            return None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise RuntimeError(f"plg does not answer at {url}")
