"""`plg serve` and `plg worker`."""

from __future__ import annotations

import os
import signal
import socket
import threading
from importlib.metadata import entry_points

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=4, show_default=True, help="Threads in each of them.")
@click.option("--only", metavar="WING", help="Serve one wing alone, on the core.")
def serve_command(host: str, port: int, workers: int, threads: int, only: str | None) -> None:
    """Serve the web pages and the API. Run `plg worker` beside it."""
    from granian import Granian
    from granian.constants import Interfaces

    _check_port(host, port)
    if only:
        _check_wing(only)
        os.environ["PLG_ONLY_WING"] = only
    server = Granian(
        "plg.web_process:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        backpressure=max(threads * 4, 16),
        respawn_failed_workers=True,
        log_access=False,
        websockets=False,
    )
    server.serve()


def _check_port(host: str, port: int) -> None:
    """Web processes share their port; somebody else's process on it would take half of the requests."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"{host} port {port}: {error.strerror}. Choose others with --host and --port."
            ) from None


def _check_wing(name: str) -> None:
    known = sorted(entry.name for entry in entry_points(group="plg.wings"))
    if name not in known:
        raise click.ClickException(f"There is no wing {name!r}; installed are {', '.join(known) or 'none'}.")


@click.command()
def worker_command() -> None:
    """Run subscribers and jobs. Any number of workers may run on PostgreSQL; on SQLite one is enough."""
    from plg.app import create_app
    from plg.kit import memory
    from plg.kit.errors import Refusal
    from plg.worker import Worker

    worker = Worker(create_app())
    try:
        worker.prepare()
    except Refusal as refusal:
        raise click.ClickException(refusal.detail) from None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    memory.settle()
    thread = threading.Thread(target=worker.run)
    thread.start()
    thread.join()
