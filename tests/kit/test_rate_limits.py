"""Rate limits hold for all processes together, over a restart, until their window ends."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import structlog
import time_machine
from sqlalchemy import func, select, text

from plg.access import keys, user_tokens
from plg.app import create_app
from plg.kit import rate_counts
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.models import RateCount
from plg.settings import Settings
from plg.upgrades.models import UpgradeRequest
from tests.support import apart
from tests.support.story import publish_plans
from tests.web.visits import PASSWORD, signed_up, visitor

LIMIT = 10  # tries a minute of one address from one network


def tries(app, count, address="ana@acme.example"):
    """The statuses of so many attempts to sign in, one after the other."""
    who = visitor(app)
    return [who.submit("/login", email=address, password="a guess").status_code for _ in range(count)]


@pytest.fixture
def limited(make_app):
    return make_app(rate_limits=True)


def test_of_twenty_calls_at_once_at_two_apps_ten_are_let_in(make_app):
    apps = [make_app(rate_limits=True), make_app(rate_limits=True)]
    visitors = [visitor(apps[number % 2]) for number in range(2 * LIMIT)]
    for who in visitors:
        who.read("/login")
    start = Barrier(len(visitors))

    def knock(who):
        start.wait(timeout=30)
        return who.submit("/login", email="ana@acme.example", password="a guess").status_code

    with ThreadPoolExecutor(len(visitors)) as pool:
        answers = list(pool.map(knock, visitors))

    assert sorted(answers) == [401] * LIMIT + [429] * LIMIT


def test_other_processes_count_on_and_a_restart_forgets_nothing(make_app, database, tmp_path):
    settings = {"environment": "test", "data_dir": tmp_path, "database_url": database.url}
    settings |= {"secret_key": "one for all", "argon2_time_cost": 1, "argon2_memory_kib": 8}
    settings |= {"log_level": "ERROR"}
    others = [apart.begun(lambda: tries(create_app(Settings(**settings)), 4)) for _ in "ab"]
    theirs = [answer() for answer in others]

    ours = tries(make_app(rate_limits=True, secret_key="one for all"), 4)

    assert theirs == [[401] * 4] * 2
    assert ours == [401, 401, 429, 429]


def test_an_answer_that_does_not_count_gives_its_use_back(limited):
    signed_up(limited)
    right = {"email": "ana@acme.example", "password": PASSWORD}

    answers = [visitor(limited).submit("/login", **right).status_code for _ in range(LIMIT + 1)]

    assert answers == [303] * (LIMIT + 1)
    assert tries(limited, LIMIT + 1) == [401] * LIMIT + [429]


def test_a_window_ends_and_the_next_begins_with_its_first_call(limited):
    with time_machine.travel(dt.datetime(2026, 3, 1, 12, 0, 30, tzinfo=dt.UTC), tick=False) as clock:
        first = tries(limited, LIMIT + 1)
        clock.shift(dt.timedelta(seconds=59))
        too_early = tries(limited, 1)
        clock.shift(dt.timedelta(seconds=1))
        after = tries(limited, LIMIT + 1)

    assert first == [401] * LIMIT + [429]
    assert too_early == [429]
    assert after == [401] * LIMIT + [429]


def test_the_answer_says_how_many_calls_are_left_and_when_there_will_be_more(limited):
    with time_machine.travel(dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC), tick=False):
        tries(limited, 3)
        answer = visitor(limited).submit("/login", email="ana@acme.example", password="a guess")
        tries(limited, LIMIT)
        refused = visitor(limited).submit("/login", email="ana@acme.example", password="a guess")

    assert answer.headers["X-RateLimit-Remaining"] == str(LIMIT - 4)
    assert "Retry-After" not in answer.headers
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "61")


def test_a_refused_request_counts_although_its_own_work_is_taken_back(limited):
    assert tries(limited, 2) == [401, 401]

    with limited.app_context():
        assert set(db.session.scalars(select(RateCount.hits))) == {2}


def test_the_table_shows_nobodys_address(limited):
    tries(limited, 1)

    with limited.app_context():
        keys = list(db.session.scalars(select(RateCount.key)))
    assert keys
    assert all(len(key) == 64 and "acme" not in key for key in keys)


def test_counts_are_forgotten_in_batches_once_their_window_is_over(limited, monkeypatch):
    monkeypatch.setattr(rate_counts, "BATCH", 2)
    tries(limited, 1)
    with limited.app_context():
        kept = db.session.scalar(select(func.count()).select_from(RateCount))
        too_early = rate_counts.forget_ended(now())
        done = [rate_counts.forget_ended(now() + dt.timedelta(days=1)) for _ in range(kept)]
        db.session.commit()
        left = db.session.scalar(select(func.count()).select_from(RateCount))

    assert kept > 2
    assert (too_early, done[0], sum(done), left) == (0, 2, kept, 0)


def test_where_counts_cannot_be_kept_nobody_is_refused_and_the_log_says_so(limited):
    with limited.app_context():
        db.session.execute(text("ALTER TABLE rate_counts RENAME TO rate_counts_away"))
        db.session.commit()
    try:
        with structlog.testing.capture_logs() as lines:
            answers = tries(limited, LIMIT + 2)
    finally:
        with limited.app_context():
            db.session.rollback()
            db.session.execute(text("ALTER TABLE rate_counts_away RENAME TO rate_counts"))
            db.session.commit()

    assert answers == [401] * (LIMIT + 2)
    assert "a rate limit was not counted" in {line["event"] for line in lines}


def test_the_doors_for_events_write_no_counts(limited):
    answer = limited.test_client().post("/v1/track", json={"event": "A", "userId": "u"})
    assert answer.headers["X-RateLimit-Limit"] == "1000"

    with limited.app_context():
        assert db.session.scalar(select(func.count()).select_from(RateCount)) == 0


def test_a_page_that_is_only_read_is_counted_too_and_a_user_who_comes_for_the_first_time(make_app):
    app = make_app(rate_limits=True)
    publish_plans(app)
    with app.app_context():
        _, key = keys.create("publishable", "tests", by="tests")
        token = user_tokens.sign("new-user", "new-account")
        db.session.commit()
    headers = {"X-Plg-Key": key, "Authorization": f"Bearer {token}"}

    page = app.test_client().get("/verify")
    asked = app.test_client().post("/v1/widget/upgrade-requests", json={"note": "Please"}, headers=headers)

    assert (page.status_code, page.headers["X-RateLimit-Remaining"]) == (200, "119")
    assert (asked.status_code, asked.headers["X-RateLimit-Remaining"]) == (200, "19")
    with app.app_context():
        assert db.session.scalars(select(UpgradeRequest.note)).all() == ["Please"]
