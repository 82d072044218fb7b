"""No door tells by its work whether an address is known: the same statements, one hash, for both.

How long it takes is measured by `python -m tests.bench sign_in_timing`."""

import re

import pytest

from plg.access import hashing
from plg.kit.db import db
from tests.support.queries import count_queries
from tests.web.visits import SIGN_UP, mails, signed_up, visitor

ANA, NOBODY = SIGN_UP["email"], "nobody@acme.example"
DOORS = {
    "/login": {"password": "not the password"},
    "/forgot": {},
    "/login/link": {},
    "/verify/resend": {},
}


@pytest.fixture
def hashes(monkeypatch):
    """How often a password was verified."""
    seen = []
    hasher = hashing.PasswordHasher.verify

    def verify(self, known, password):
        seen.append(known)
        return hasher(self, known, password)

    monkeypatch.setattr(hashing.PasswordHasher, "verify", verify)
    return seen


def kinds(queries):
    """What each statement does to which table, without what it looks for."""
    return [
        " ".join(re.findall(r"^(?:SELECT|INSERT|UPDATE|DELETE|WITH)|(?:FROM|INTO|UPDATE) (\w+)", text))
        or text[:30]
        for text in queries.statements
    ]


def measured(house, path, hashes, who=None, **fields):
    who = who or visitor(house)
    page = who.read("/signup" if path == "/verify/resend" else path).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    hashes.clear()
    with house.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        answer = who.send(path, csrf_token=token, **fields)
    return answer, kinds(queries), len(hashes)


@pytest.mark.parametrize("path", DOORS)
def test_a_door_does_the_same_work_for_known_and_unknown_addresses(house, hashes, path):
    signed_up(house)
    measured(house, path, hashes, email="warm@acme.example", **DOORS[path])

    known = measured(house, path, hashes, email=ANA, **DOORS[path])
    unknown = measured(house, path, hashes, email=NOBODY, **DOORS[path])

    assert known[0].status_code == unknown[0].status_code
    assert known[1] == unknown[1]
    assert len(known[1]) >= 1
    assert known[2] == unknown[2] == (1 if path == "/login" else 0)


def test_asking_for_another_address_does_the_same_work_whether_it_is_known(house, hashes):
    signed_up(house, email="eve@acme.example", company="Eve")
    who = signed_up(house)
    path = "/workspace/security/address"

    known = measured(house, path, hashes, who, email="eve@acme.example")
    unknown = measured(house, path, hashes, who, email=NOBODY)

    assert [each[0].location for each in (known, unknown)] == [f"{path}/sent"] * 2
    assert known[1] == unknown[1]
    assert [mails(house, to)[-1].template for to in ("eve@acme.example", NOBODY)] == [
        "address-in-use",
        "confirm-change",
    ]
    assert not re.search(r"/address/", mails(house, "eve@acme.example")[-1].text)


def test_a_stranger_locks_nobody_out_of_a_browser_that_they_know(make_app):
    app = make_app(rate_limits=True)
    with_plans(app)
    signed_up(app)
    mine, stranger = visitor(app), visitor(app)
    mine.submit("/login", email=ANA, password=SIGN_UP["password"])
    mine.submit("/logout", seen_on="/workspace")

    guesses = [stranger.submit("/login", email=ANA, password="a guess").status_code for _ in range(12)]

    assert guesses == [401] * 10 + [429] * 2
    assert mine.submit("/login", email=ANA, password=SIGN_UP["password"]).location == "/workspace"


def test_right_passwords_are_not_counted_as_guesses(make_app):
    app = make_app(rate_limits=True)
    with_plans(app)
    signed_up(app)

    answers = [visitor(app).submit("/login", email=ANA, password=SIGN_UP["password"]) for _ in range(12)]

    assert [answer.status_code for answer in answers] == [303] * 12


def test_a_forged_cookie_makes_no_known_browser(make_app):
    app = make_app(rate_limits=True)
    answers = []
    for number in range(12):
        who = visitor(app)
        who.client.set_cookie("plg_browser", f"eyJpZCI6I{number}In0.forged")
        answers.append(who.submit("/login", email=ANA, password="a guess").status_code)

    assert answers == [401] * 10 + [429] * 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:100::1", "2001:db8:1:1ff:abcd::9", True),
        ("2001:db8:1:100::1", "2001:db8:1:200::1", False),
    ],
)
def test_a_network_is_what_one_customer_has(app, one, other, same):
    from plg.web.pages.limits import network

    found = []
    for address in (one, other):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            found.append(network())

    assert (found[0] == found[1]) is same


def with_plans(app):
    from tests.support.story import publish_plans

    publish_plans(app)
