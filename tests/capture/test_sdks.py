"""The official SDKs, with nothing changed but their host: same person, same account, each event once, no error.

Between SDK and plg stands a line that loses the first answers: plg has stored the events, and the SDK does not know.
"""

import json
import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.wrappers import Response

from plg.events import names
from tests.capture.reading import account, events, is_known, members, person, same_person
from tests.support import node
from tests.support.live_server import live_server

# Both databases are asked at these doors by the tests beside this one.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

EVENT_PATHS = ("/batch", "/v1/batch", "/i/v1/analytics/events", "/e/", "/i/v0/e/", "/v1/t")


class LosesAnswers:
    """A WSGI app before another: the first `count` answers to events are lost on the way (502)."""

    def __init__(self, app: Callable, count: int = 0) -> None:
        self.app, self.count, self.lost, self.statuses = app, count, 0, []

    def __call__(self, environ, start_response):
        answer: list = []
        body = b"".join(
            self.app(environ, lambda status, headers, error=None: answer.extend((status, headers)))
        )
        self.statuses.append((environ["PATH_INFO"], int(answer[0].split()[0])))
        is_event = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].startswith(EVENT_PATHS)
        if is_event and self.lost < self.count:
            self.lost += 1
            start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
            return [b"lost"]
        start_response(*answer)
        return [body]


@pytest.fixture
def line(app):
    """plg behind a line that loses the first answer."""
    lossy = LosesAnswers(app.wsgi_app, count=1)
    with live_server(lossy) as url:
        lossy.url = url
        yield lossy


@pytest.fixture
def no_sdk_errors(caplog):
    caplog.set_level(logging.WARNING)
    yield
    said = [record.getMessage() for record in caplog.records if record.name in ("posthog", "segment")]
    assert [text for text in said if "error" in text.lower()] == []


def seen(app):
    return [event.name for event in events(app)]


def assert_one_story(app):
    """What all SDKs below tell: an anonymous visit, a sign-in, a purchase in an account."""
    assert sorted(seen(app)).count("Bought") == 1
    assert same_person(app, "0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42", "u1")
    bought = next(event for event in events(app) if event.name == "Bought")
    assert bought.properties["amount"] == 29
    assert person(app, bought.distinct_id).id == person(app, "u1").id
    assert bought.account_id == account(app, "acme").id
    assert person(app, "u1").id in members(app, "acme")
    assert account(app, "acme").name == "Acme"
    assert person(app, "u1").email == "ana@example.com"


# --- Python -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["v0", "v1"])
@pytest.mark.parametrize("gzip", [False, True])
def test_posthog_for_python(app, line, secret_key, no_sdk_errors, mode, gzip):
    from posthog import Posthog

    failed = []
    client = Posthog(
        secret_key,
        host=line.url,
        capture_mode=mode,
        gzip=gzip,
        flush_at=1,
        flush_interval=0.05,
        on_error=lambda error, batch: failed.append(error),
    )
    client.capture("Looked", distinct_id="0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42")
    client.set(distinct_id="u1", properties={"email": "ana@example.com"})
    client.alias(previous_id="0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42", distinct_id="u1")
    client.group_identify("company", "acme", {"name": "Acme"})
    client.capture("Bought", distinct_id="u1", properties={"amount": 29}, groups={"company": "acme"})
    assert client.get_all_flags("u1") == {}
    client.shutdown()

    assert failed == []
    assert line.lost == 1
    assert sorted(seen(app)) == ["Aliased", "Bought", "Grouped", "Identified", "Looked"]
    assert_one_story(app)


def test_posthog_for_python_names_nobody_when_nobody_is_named(app, line, secret_key, no_sdk_errors):
    from posthog import Posthog

    client = Posthog(secret_key, host=line.url, flush_at=1)
    client.capture("Cron Job Ran")
    client.shutdown()
    (event,) = events(app)
    assert event.person_id is None


@pytest.mark.parametrize("gzip", [False, True])
def test_segment_for_python(app, line, secret_key, no_sdk_errors, gzip):
    from segment.analytics.client import Client

    failed = []
    client = Client(
        secret_key,
        host=line.url,
        gzip=gzip,
        upload_size=1,
        upload_interval=0.05,
        on_error=lambda error, batch: failed.append(error),
    )
    client.track(anonymous_id="0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42", event="Looked")
    client.identify("u1", {"email": "ana@example.com"}, anonymous_id="0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42")
    client.group("u1", "acme", {"name": "Acme"})
    client.track("u1", "Bought", {"amount": 29}, context={"groupId": "acme"})
    client.page("u1", "Docs", "Pricing", {"url": "/pricing"})
    client.alias("older", "u1")
    client.shutdown()

    assert failed == []
    assert line.lost == 1
    assert sorted(seen(app)) == ["Aliased", "Bought", "Grouped", "Identified", "Looked", names.PAGE_VIEWED]
    assert_one_story(app)
    assert same_person(app, "u1", "older")


# --- Node ---------------------------------------------------------------------------------------

NODE = {
    "posthog-node": """
        const { PostHog } = require('posthog-node')
        const client = new PostHog(KEY, { host: HOST, flushAt: 1, fetchRetryDelay: 50 })
        client.on('error', fail)
        client.capture({ distinctId: '0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42', event: 'Looked' })
        await client.flush()
        client.identify({ distinctId: 'u1',
            properties: { email: 'ana@example.com', $anon_distinct_id: '0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42' } })
        client.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { name: 'Acme' } })
        client.alias({ distinctId: 'u1', alias: '0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42' })
        client.capture({ distinctId: 'u1', event: 'Bought', properties: { amount: 29 }, groups: { company: 'acme' } })
        await client.getAllFlags('u1')
        await client.shutdown()
    """,
    "@segment/analytics-node": """
        const { Analytics } = require('@segment/analytics-node')
        const client = new Analytics({ writeKey: KEY, host: HOST, maxEventsInBatch: 1, maxRetries: 3 })
        client.on('error', fail)
        client.track({ anonymousId: '0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42', event: 'Looked' })
        client.identify({ userId: 'u1', anonymousId: '0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42',
            traits: { email: 'ana@example.com' } })
        client.group({ userId: 'u1', groupId: 'acme', traits: { name: 'Acme' } })
        client.track({ userId: 'u1', event: 'Bought', properties: { amount: 29 }, context: { groupId: 'acme' } })
        await client.closeAndFlush({ timeout: 20000 })
    """,
}


BROWSER = {
    "posthog-js": """
        const { default: posthog } = await import('/posthog-js/dist/module.no-external.js')
        posthog.init(KEY, {
            api_host: HOST, bootstrap: { distinctID: '0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42' },
            request_batching: false,
            opt_out_useragent_filter: true, on_request_error: fail,
        })
        posthog.capture('Looked')
        posthog.identify('u1', { email: 'ana@example.com' })
        posthog.group('company', 'acme', { name: 'Acme' })
        posthog.capture('Bought', { amount: 29 })
    """,
    "@segment/analytics-next": """
        await new Promise(done => Object.assign(document.head.appendChild(document.createElement('script')), {
            src: '/@segment/analytics-next/dist/umd/index.js', onload: done }))
        const client = AnalyticsNext.AnalyticsBrowser.load({ writeKey: KEY, cdnURL: HOST })
        client.on('error', fail)
        await client.setAnonymousId('0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42')
        await client.track('Looked')
        await client.identify('u1', { email: 'ana@example.com' })
        await client.group('acme', { name: 'Acme' })
        await client.page('Pricing')
        await client.track('Bought', { amount: 29 }, { context: { groupId: 'acme' } })
    """,
}


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """A folder with the SDKs for Node and browsers, kept in the user's cache for the next run."""
    return node.folder_with("sdks", *NODE, *BROWSER)


@pytest.mark.slow
@pytest.mark.parametrize("package", NODE)
def test_the_sdks_for_node(app, line, secret_key, node_folder, package):
    script = f"""
        const KEY = {json.dumps(secret_key)}, HOST = {json.dumps(line.url)}
        const fail = error => {{ console.error('SDK ERROR', error); process.exitCode = 3 }}
        ;(async () => {{ {NODE[package]} }})()
    """
    result = subprocess.run(
        ["node", "-e", script], cwd=node_folder, capture_output=True, text=True, timeout=120
    )

    assert result.returncode == 0, result.stderr
    assert "SDK ERROR" not in result.stderr
    assert line.lost == 1
    assert {status for _, status in line.statuses} == {200}
    assert_one_story(app)
    assert not is_known(app, "$company_acme")


# --- browsers -----------------------------------------------------------------------------------


@pytest.fixture
def site(node_folder):
    """Somebody's web site, on another origin than plg, that serves the SDKs."""
    page = Response("<!doctype html><title>Shop</title>", mimetype="text/html")
    with live_server(SharedDataMiddleware(page, {"/": str(node_folder / "node_modules")})) as url:
        yield url


@pytest.mark.slow
@pytest.mark.parametrize("package", BROWSER)
def test_the_sdks_for_browsers(app, site, line, publishable_key, secret_key, open_page, package):
    """With the publishable key; that the person belongs to the account is for the server to say."""
    page = open_page()
    page.goto(f"{site}/")
    page.evaluate(
        f"""async () => {{
            window.failed = []
            const KEY = {json.dumps(publishable_key)}, HOST = {json.dumps(line.url)}
            const fail = error => window.failed.push(String(error))
            {BROWSER[package]}
        }}"""
    )
    _until(page, lambda: {"Looked", "Identified", "Grouped", "Bought"} <= set(seen(app)))
    page.wait_for_timeout(500)  # time for a retry that would be stored twice
    client = app.test_client()
    client.post("/v1/group", json={"userId": "u1", "groupId": "acme", "writeKey": secret_key})

    assert line.lost == 1
    assert [each for each in line.statuses if each[1] != 200] == []
    assert seen(app).count("Looked") == seen(app).count("Bought") == 1
    assert_one_story(app)


def _until(page, true, seconds=30):
    for _ in range(seconds * 10):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("the events did not arrive")
