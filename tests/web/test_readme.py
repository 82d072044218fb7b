"""What README.md tells integrators to type does what it says."""

import re
import time
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest
import requests
import segment.analytics

import plg
from plg import product_folder
from plg.access import keys
from plg.kit.db import db

ROOT = Path(plg.__file__).parent
README = (ROOT.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_lines_of_the_readme_integrate_a_product(live_app):
    with live_app.app.app_context():
        product_folder.apply(live_app.app, ROOT / "demo/product_folder", prune=False, by="tests")
        _, secret = keys.create("secret", "tests", by="tests")
        _, publishable = keys.create("publishable", "tests", by="tests")
        db.session.commit()
    user = SimpleNamespace(id="user-42", account_id="company-7", company="Acme")
    known = {
        "PLG": live_app.url,
        "SECRET_KEY": secret,
        "USER_TOKEN_SECRET": "user token secret of the test suite",
    }
    tools = {"segment": segment, "requests": requests, "jwt": jwt, "time": time, "user": user}
    first, second = _python_of_the_readme().split("may =", 1)
    lines = known | tools

    exec(first, lines)
    lines["events"].flush()
    exec(_inside_a_function("may =" + second), lines)

    headers = {"X-Plg-Key": publishable, "Authorization": f"Bearer {lines['integrate']()}"}
    state = requests.get(f"{live_app.url}/v1/widget/state", headers=headers, timeout=10).json()
    assert state["account"]["name"] == "Acme"


def _python_of_the_readme():
    (lines,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    return lines


def _inside_a_function(code):
    """The block returns a page where the limit is reached, as a view does."""
    return (
        "def integrate():\n" + "".join(f"    {line}\n" for line in code.splitlines()) + "    return token\n"
    )
