"""The suite's own floor: what every other test leans on."""

import asyncio
import datetime as dt
import os

import pytest
from sqlalchemy import func, select, text

from plg.access import keys
from plg.events import log
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.wing import Job
from plg.people import identities
from tests.support.queries import count_queries


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(app, turn):
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Event)) == 0
        log.record("Something Happened")
        db.session.commit()

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Event)) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_changes_in_an_app_is_gone_in_the_next(app, turn):
    settings = app.extensions["plg.settings"]
    assert (
        settings.smtp_url == "smtp://127.0.0.1:9"
        and "kept" not in app.extensions
        and "KEPT" not in app.config
    )

    settings.smtp_url = app.extensions["kept"] = app.config["KEPT"] = "something"


def test_apps_that_are_in_use_at_once_are_not_the_same(make_app):
    first, second = make_app(), make_app(public_url="https://plg.example")

    assert first is not second
    assert [each.extensions["plg.settings"].public_url for each in (first, second)][
        1
    ] == "https://plg.example"
    assert [each.config["SESSION_COOKIE_SECURE"] for each in (first, second)] == [False, True]


def test_the_database_is_the_one_that_the_test_is_named_after(app, database):
    with app.app_context():
        assert db.engine.dialect.name == {"sqlite": "sqlite", "postgres": "postgresql"}[database.kind]


def test_the_keys_of_the_fixtures_are_in_force(app, secret_key, publishable_key):
    with app.app_context():
        assert [keys.check(plain)[1] for plain in (secret_key, publishable_key)] == ["secret", "publishable"]


def test_the_worker_complains_about_a_job_that_fails(app, worker):
    def fail(_now: dt.datetime) -> int:
        raise RuntimeError("the job broke")

    worker._worker.jobs = [Job("tests.fail", fail, dt.timedelta(hours=1))]

    with pytest.raises(AssertionError, match="the job broke"):
        worker(now=now())
    assert worker(now=now(), may_fail=True) == 0


def test_queries_are_counted_and_shown(app):
    with app.app_context():
        with count_queries(db.engine) as queries:
            identities.known(["nobody"])
            db.session.execute(text("SELECT 42"))
            db.session.commit()

        assert queries.count == 2
        assert "SELECT 42" in repr(queries.count)


@pytest.mark.xdist_group("together")
def test_one_worker_runs_a_whole_group(request):
    """pytest-xdist names the group in the id of a test that it will not part from the others."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("only where several workers share the suite: -n 2")
    assert request.node.nodeid.endswith("@together")


def test_a_browser_that_ended_is_started_again_and_leaves_tests_their_own_event_loops(browser, _chromium):
    browser.close()
    with _chromium.lent() as again:
        again.new_page().close()

    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_live_app_answers_over_http(live_app, page, assert_accessible):
    page.goto(f"{live_app.url}/nowhere")

    assert page.locator("h1").is_visible()
    assert_accessible(page)
