"""Every door of the house, those of tomorrow too: who is let in, who is not, and what each answer carries.

These tests walk over all registered endpoints, so that an endpoint that forgets its guard fails here.
"""

import re

import pytest
from sqlalchemy import func, select

from plg.events.models import Event
from plg.kit.db import db
from plg.people import identities
from tests.support.doors import UNSAFE, doors
from tests.support.visitors import KINDS, a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

STRANGER_IS_SENT_AWAY = {302, 303, 401}


@pytest.fixture
def ours(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return customer


@pytest.fixture
def visitors(app, ours):
    return {kind: visitor(app, kind, ours) for kind in KINDS}


def test_every_door_says_whom_it_serves(app):
    silent = [str(door) for door in doors(app) if door.kinds is None and not door.for_machines]

    assert len(list(doors(app))) > 5
    assert not silent, f"without @requires: {silent}"


def test_nobody_gets_in_without_a_key(app, visitors):
    let_in = [
        f"{door}: {answer.status_code}"
        for door in _guarded(app)
        if (answer := visitors["anonymous"].open(door.method, door.path)).status_code
        not in STRANGER_IS_SENT_AWAY
    ]

    assert not let_in


def test_a_made_up_key_opens_no_door(app, visitors):
    made_up = {"Authorization": "Bearer sk_" + "x" * 32}
    let_in = [
        f"{door}: {answer.status_code}"
        for door in _guarded(app)
        if (answer := visitors["anonymous"].open(door.method, door.path, headers=made_up)).status_code != 401
    ]

    assert not let_in


def test_a_forged_user_token_opens_no_door(app, visitors):
    headers = visitors["user"].headers
    header, payload, signature = headers["Authorization"].split(".")
    forged = {"Authorization": f"{header}.{payload}.{signature[::-1]}"}
    let_in = [
        f"{door}: {answer.status_code}"
        for door in _guarded(app)
        if (answer := visitors["user"].open(door.method, door.path, headers=forged)).status_code != 401
    ]

    assert not let_in


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "anonymous"])
def test_a_caller_is_refused_at_the_doors_of_other_kinds(app, visitors, kind):
    elsewhere = [door for door in _guarded(app) if kind not in door.kinds]
    let_in = [
        f"{door}: {answer.status_code}"
        for door in elsewhere
        if (answer := visitors[kind].open(door.method, door.path)).status_code != 403
    ]

    assert elsewhere
    assert not let_in


@pytest.mark.parametrize("kind", ["person", "staff", "anonymous"])
def test_a_form_without_its_csrf_token_is_refused(app, visitors, kind):
    forms = [
        door
        for door in doors(app)
        if door.method in UNSAFE and kind in (door.kinds or ()) and not door.for_machines
    ]
    taken = [
        f"{door}: {answer.status_code}"
        for door in forms
        if (answer := visitors[kind].open(door.method, door.path, csrf=False)).status_code != 400
        or b"CSRF" not in answer.data.replace(b"csrf_token_missing", b"CSRF")
    ]

    assert not taken


def test_a_door_for_machines_takes_nothing_from_a_sender_without_a_key(app, visitors):
    """These doors read the key from wherever the format of their clients has it."""
    for_machines = [door for door in doors(app) if door.for_machines and door.method in UNSAFE]
    event = {"event": "Uninvited", "userId": "mallory", "distinct_id": "mallory", "type": "track"}
    for door in for_machines:
        for body in (event, {"batch": [event]}, [event]):
            assert visitors["anonymous"].open(door.method, door.path, json=body).status_code < 500, door

    assert for_machines
    with app.app_context():
        stored = select(func.count()).select_from(Event).where(Event.name == "Uninvited")
        assert db.session.scalar(stored) == 0
        assert identities.known(["mallory"]) == {}


def test_a_door_for_machines_never_speaks_for_a_browser(app):
    """Such doors are free of CSRF tokens, which is safe only where no cookie proves who is asking."""
    mixed = [
        str(door) for door in doors(app) if door.for_machines and {"person", "staff"} & (door.kinds or set())
    ]

    assert not mixed


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_carries_the_security_headers(app, visitors, kind):
    for door in doors(app):
        if door.method != "GET":
            continue
        answer = visitors[kind].open("GET", door.path, headers={"Accept": "text/html"})
        policy = answer.headers.get("Content-Security-Policy", "")

        assert "default-src 'none'" in policy, door
        assert "unsafe" not in policy and "*" not in policy.split(), door
        assert answer.headers["X-Content-Type-Options"] == "nosniff", door
        assert answer.headers["Referrer-Policy"], door
        assert answer.headers["X-Request-Id"], door


@pytest.mark.parametrize("kind", ["anonymous", "person", "staff"])
@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_page_names_its_language_and_holds_no_inline_code(app, visitors, kind, locale):
    pages = 0
    for door in doors(app):
        if door.method != "GET":
            continue
        answer = visitors[kind].open("GET", f"{door.path}?lang={locale}", headers={"Accept": "text/html"})
        assert answer.status_code < 500, door
        if answer.mimetype != "text/html" or not answer.data or answer.status_code in (301, 302, 303):
            continue
        pages += 1
        page = answer.get_data(as_text=True)
        assert f'<html lang="{locale}"' in page, door
        assert "<title>" in page and "<h1" in page, door
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son\w+=\"", page), door

    assert pages


def _guarded(app):
    return [door for door in doors(app) if "anonymous" not in (door.kinds or {"anonymous"})]
