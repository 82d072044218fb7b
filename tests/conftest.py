"""Fixtures of the whole suite. None of them costs anything to a test that does not ask for it.

database        every test that (directly or not) asks for it runs twice: on SQLite and on PostgreSQL.
                To run on one only: `@pytest.mark.parametrize("database", ["sqlite"], indirect=True)`
make_app        a function: an app on `database`, with these settings changed: `make_app(stripe_api_base=url)`
app, client     the whole house (all wings) and its test client. Do not use the client inside an open
                `with app.app_context()`: they would share a session.
secret_key, publishable_key     plain API keys, committed
sign_in         `csrf = sign_in(client, person_id=…)` or `staff_id=…`: the client is a browser that has signed in;
                its forms carry the token (`data={"csrf_token": csrf, …}`)
worker          `worker()`: subscribers run until nothing is left; `worker(now=moment)`: then all jobs, too
live_app        the app over HTTP with a running worker: `live_app.url`, `live_app.app`
open_page, page real pages: `open_page("es", PHONE)`; `page` is one in English on a desktop, or as
                `@pytest.mark.parametrize("page", [("es", PHONE)], indirect=True)` says
assert_accessible               `assert_accessible(page)`: axe finds nothing

With `PLG_TEST_PROFILE=thorough` the API is tried with many more made-up requests.
"""

import compileall
import gc
import importlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

PRODUCT = ("plg", "academy", "onboarding_flows", "migrations")
NO_POSTGRES = "no PostgreSQL: "
NO_CHROMIUM = "no Chromium: "
NO_NODE = "no Node: "


def pytest_configure(config: pytest.Config) -> None:
    """The suite reads no settings of the machine that it runs on, and a slow machine is no fault."""
    for name in [name for name in os.environ if name.startswith("PLG_")]:
        if not name.startswith(("PLG_TEST_", "PLG_CHROMIUM")):
            del os.environ[name]
    os.environ["PLG_CONFIG"] = os.devnull
    _keep_bytecode(config)
    _work_in_memory()
    settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("suite")


def _keep_bytecode(config: pytest.Config) -> None:
    """Half of the time of a process that plg starts in goes into compiling it, where nothing is kept."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if config.getoption("numprocesses", None):
        for package in PRODUCT:
            compileall.compile_dir(config.rootpath / package, quiet=2, workers=0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Workers of a fresh checkout compile the tests together: each begins with other modules of them."""
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    gc.disable()  # until all is collected: next to nothing of it is garbage
    modules = sorted(Path(__file__).parent.rglob("test_*.py"))
    for path in modules[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]:
        with suppress(Exception, pytest.skip.Exception):  # collecting it tells what is wrong
            importlib.import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def _work_in_memory() -> None:
    """Databases and servers of the suite last for minutes: no disk has to hold them, where memory has the room."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 6 * 2**30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that the many short tests fill up all workers to the end."""
    for item in items:
        if "_chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    """To search for garbage what the suite has loaded took a sixth of its time."""
    from plg.kit import memory

    memory.settle()
    gc.enable()


def _turn(item: pytest.Item) -> int:
    marks = [item.get_closest_marker(name) is not None for name in ("xdist_group", "slow", "browser")]
    return marks.index(True) if any(marks) else len(marks)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what this machine could not run."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reason = reason.removeprefix("Skipped: ")
        if reason.startswith((NO_POSTGRES, NO_CHROMIUM, NO_NODE)):
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in reasons.items():
        terminalreporter.write_sep("!", f"{count} TESTS NOT RUN", red=True, bold=True)
        terminalreporter.write_line(reason, red=True)


@pytest.fixture(scope="session")
def _databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    from tests.support import warm
    from tests.support.databases import Databases

    warm.up()
    databases = Databases(tmp_path_factory.mktemp("databases"))
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def _apps(_databases):
    from tests.support.apps import Apps

    return Apps()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, _databases):
    """A migrated database without rows. Commits are real; the next test that asks gets it empty again."""
    if request.param == "postgres":
        from tests.support import postgres

        if postgres.server_url() is None:
            pytest.skip(NO_POSTGRES + postgres.find().reason)
    return _databases.clean(request.param)


@pytest.fixture
def make_app(database, _apps, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Makes apps on the test's database; what they keep in memory starts empty."""
    from plg.settings import Settings

    made: list[Flask] = []
    defaults = {
        "environment": "test",
        "data_dir": tmp_path,
        "database_url": database.url,
        "secret_key": "secret key of the test suite",
        "user_token_secret": "user token secret of the test suite",
        "argon2_time_cost": 1,
        "argon2_memory_kib": 8,
        "rate_limits": False,
        "smtp_url": "smtp://127.0.0.1:9",
        "log_level": "ERROR",
    }

    def make(**settings: object) -> Flask:
        made.append(_apps.take(Settings(**(defaults | settings))))
        return made[-1]

    yield make
    for app in made:
        _apps.give_back(app)


@pytest.fixture
def app(make_app) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def secret_key(app: Flask) -> str:
    return _key(app, "secret")


@pytest.fixture
def publishable_key(app: Flask) -> str:
    return _key(app, "publishable")


def _key(app: Flask, kind: str) -> str:
    from plg.access import keys
    from plg.kit.db import db

    with app.app_context():
        _, plain = keys.create(kind, "tests", by="tests")
        db.session.commit()
    return plain


@pytest.fixture
def sign_in():
    from tests.support.visitors import sign_in

    return sign_in


@pytest.fixture
def worker(app: Flask):
    from tests.support.turns import Turns

    return Turns(app)


@dataclass(frozen=True)
class LiveApp:
    url: str
    app: Flask


@pytest.fixture
def live_app(make_app, monkeypatch) -> Iterator[LiveApp]:
    """The app served on loopback under its own `public_url`, with the worker in a thread."""
    from plg.worker import Worker
    from tests.support.live_server import PATIENCE, live_server, loopback_socket, url_of

    listener = loopback_socket()
    app = make_app(public_url=url_of(listener))
    worker = Worker(app)
    worker.prepare()
    monkeypatch.setattr("plg.worker.OUTSIDE_GRACE", PATIENCE)
    thread = threading.Thread(target=worker.run, daemon=True)
    with live_server(app, listener, finishes=True) as url:
        thread.start()
        yield LiveApp(url, app)
        worker.stop()
        thread.join(timeout=2 * PATIENCE)
        assert not thread.is_alive(), "the worker goes on after the end of its test"


@pytest.fixture(scope="session")
def _chromium():
    from tests.support import chromium
    from tests.support.browser import SharedBrowser

    if chromium.find().path is None:
        pytest.skip(NO_CHROMIUM + chromium.find().reason)
    shared = SharedBrowser()
    yield shared
    shared.close()


@pytest.fixture
def browser(_chromium):
    """The Chromium of this process; each page that is opened in it has a profile of its own."""
    with _chromium.lent() as lent:
        yield lent


@pytest.fixture
def open_page(browser):
    """Opens pages; the test fails where one of them threw an error or broke the Content-Security-Policy."""
    from tests.support.browser import Pages

    pages = Pages(browser)
    yield pages
    pages.close()
    assert not pages.errors, "\n".join(pages.errors)


@pytest.fixture
def page(open_page, request: pytest.FixtureRequest):
    return open_page(*getattr(request, "param", ()))


@pytest.fixture
def assert_accessible():
    from tests.support.accessibility import assert_accessible

    return assert_accessible
