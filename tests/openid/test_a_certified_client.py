"""A certified client library of another language (npm `openid-client`) signs somebody in with plg over HTTP."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from plg.kit.db import db
from plg.openid import keys
from tests.openid.conftest import EMAIL, PASSWORD, make_ana, make_product
from tests.support import node

# What differs between databases is asked by the tests beside this one.
pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)

SCRIPT = Path(__file__).with_name("client.mjs")


@pytest.fixture(scope="session")
def node_folder():
    return node.folder_with("openid", "openid-client", "oidc-provider")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("authentication", "algorithm"), [("basic", "RS256"), ("post", "ES256"), ("none", "RS256")]
)
def test_it_signs_in_reads_refreshes_and_signs_out_before_and_after_the_keys_rotate(
    live_app, node_folder, authentication, algorithm
):
    ana = make_ana(live_app.app)
    product = make_product(live_app.app, public=authentication == "none", algorithm=algorithm)
    settings = {
        "ISSUER": live_app.url,
        "CLIENT_ID": product.client_id,
        "CLIENT_SECRET": product.secret or "",
        "AUTH": authentication,
        "ALG": algorithm,
        "EMAIL": EMAIL,
        "PASSWORD": PASSWORD,
    }
    script = subprocess.Popen(
        ["node", "--input-type=module", "-e", SCRIPT.read_text()],
        cwd=node_folder,
        env=os.environ | settings,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with script:
        first = _said(script)
        with live_app.app.app_context():
            keys.rotate(algorithm)
            db.session.commit()
        second = _said(script, "go on\n")
        assert script.wait(60) == 0

    assert first["kid"] != second["kid"]
    for told in (first["claims"], first["about"], second["about"]):
        assert told["sub"] == ana.public_id
        assert (told["account"], told["account_name"], told["role"]) == (ana.acme, "Acme", "owner")
        assert (told["name"], told["locale"], told["zoneinfo"]) == ("Ana García", "es", "Europe/Madrid")
        assert {(each["account"], each["role"]) for each in told["accounts"]} == {
            (ana.acme, "owner"),
            (ana.bodega, "member"),
        }


def _said(script, word=None):
    if word is not None:
        script.stdin.write(word)
        script.stdin.flush()
    line = script.stdout.readline()
    assert line, script.stderr.read()
    return json.loads(line)
