"""The widget's script and how pages of other origins may speak with plg."""

from __future__ import annotations

import gzip
import re
import sys

import brotli
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from plg.web import widget_script
from plg.web.widget_words import WORDS

MAX_GZIP_BYTES = 8000
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@SQLITE
def test_the_script_stays_small(client: FlaskClient) -> None:
    answer = client.get("/plg.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) <= MAX_GZIP_BYTES


def test_private_names_are_shortened_everywhere_and_nothing_else_is() -> None:
    code = "class A { _draw() { return this._draw ? el._shown : '_blank' } }"
    assert widget_script.shortened(code) == "class A { a() { return this.a ? el.b : '_blank' } }"


def test_where_no_minifier_is_to_be_had_the_script_is_only_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minify", None)
    assert widget_script.packed.__wrapped__().decode() == widget_script.source()


def test_both_languages_have_the_same_words() -> None:
    english, spanish = WORDS["en"], WORDS["es"]
    assert english.keys() == spanish.keys()
    for name, words in english.items():
        assert type(words) is type(spanish[name]), name
        assert isinstance(words, str) or len(words) == len(spanish[name]), name


@SQLITE
def test_every_encoding_holds_the_same_script(client: FlaskClient) -> None:
    plain = client.get("/plg.js")
    assert b"customElements.define" in plain.data
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(client.get("/plg.js", headers={"Accept-Encoding": "gzip"}).data) == plain.data
    best = client.get("/plg.js", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert brotli.decompress(best.data) == plain.data
    assert "Accept-Encoding" in best.headers["Vary"]


@pytest.mark.browser
def test_browsers_read_the_same_style_in_the_minified_script_as_in_the_source(page: Page) -> None:
    written = widget_script.style()
    (served,) = re.findall(r"\(`([^`]*)`\)$", widget_script.packed().decode())
    assert not re.search(r"[\"']|/\*", written), "strings and comments would not outlive the minifying"
    assert len(read_rules(page, written)) > 50
    assert read_rules(page, served) == read_rules(page, written)


def read_rules(page: Page, css: str) -> list[str]:
    read = (
        "(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
        " return [...sheet.cssRules].map((rule) => rule.cssText) }"
    )
    return [re.sub(r", |\s+", lambda gap: gap[0].strip() or " ", rule) for rule in page.evaluate(read, css)]


@SQLITE
def test_a_browser_that_has_the_script_gets_it_not_again(client: FlaskClient) -> None:
    tag = client.get("/plg.js").headers["ETag"]
    assert client.get("/plg.js", headers={"If-None-Match": tag}).status_code == 304


@SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "/v1/widget/state",
        "/v1/widget/checkout",
        "/v1/widget/upgrade-requests",
        "/v1/widget/offers/off_1/dismiss",
        "/v1/widget/flows/getting-started/dismiss",
        "/v1/widget/flows/getting-started/steps/tour/complete",
    ],
)
def test_a_page_of_another_origin_may_ask(client: FlaskClient, path: str) -> None:
    asking = {
        "Origin": "https://product.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,x-plg-key",
    }
    answer = client.options(path, headers=asking)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for name in ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Plg-Key"):
        assert name in answer.headers["Access-Control-Allow-Headers"]


@SQLITE
def test_a_refusal_can_be_read_by_the_page_that_asked(client: FlaskClient) -> None:
    answer = client.get("/v1/widget/state", headers={"Origin": "https://product.example"})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@SQLITE
def test_other_doors_are_not_opened_to_pages_of_other_origins(client: FlaskClient) -> None:
    answer = client.get("/v1/people/ana", headers={"Origin": "https://product.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
