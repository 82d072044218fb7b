"""The widget's script and how pages of other origins may speak with plg."""

from __future__ import annotations

import gzip

import brotli
import pytest
from flask.testing import FlaskClient

MAX_GZIP_BYTES = 8000
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@SQLITE
def test_the_script_stays_small(client: FlaskClient) -> None:
    answer = client.get("/plg.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < MAX_GZIP_BYTES


@SQLITE
def test_every_encoding_holds_the_same_script(client: FlaskClient) -> None:
    plain = client.get("/plg.js")
    assert b"customElements.define" in plain.data
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(client.get("/plg.js", headers={"Accept-Encoding": "gzip"}).data) == plain.data
    best = client.get("/plg.js", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert brotli.decompress(best.data) == plain.data
    assert "Accept-Encoding" in best.headers["Vary"]


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
