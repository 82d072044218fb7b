"""The status lists: one bit an award, set at once, found by nobody who does not have the credential."""

import base64
import datetime as dt
import gzip
import secrets

import pytest
import time_machine

from academy import badges, certificates
from academy.badges import keys, multikey, proof, status_lists
from academy.badges.models import Badge
from academy.certificate_models import CertificateStanding
from plg.kit.clock import now
from plg.kit.db import db
from tests.academy.test_badge_credentials import ONCE, credential, earn

LIST = "/credentials/status/1"


def bits(client):
    """The places that are set."""
    told = client.get(LIST).get_json()["credentialSubject"]["encodedList"]
    content = gzip.decompress(base64.urlsafe_b64decode(told[1:] + "=" * (-len(told[1:]) % 4)))
    assert told.startswith("u") and len(content) * 8 == status_lists.SIZE
    return {place for place in range(status_lists.SIZE) if content[place // 8] & (128 >> place % 8)}


def place(told):
    return int(told["credentialStatus"]["statusListIndex"])


def act(school, verb, earned):
    with school.turn():
        verb(certificates.find(earned.code), "Because", by="staff:1")


def test_a_revoked_award_is_seen_at_once_and_no_other(client, school):
    gone, other = earn(school), earn(school, "Luis")
    told = [credential(client, each) for each in (gone, other)]
    assert bits(client) == set()

    act(school, certificates.revoke, gone)

    assert bits(client) == {place(told[0])}


def test_a_suspended_award_is_set_until_it_is_reinstated(client, school):
    told = credential(client, earned := earn(school))
    act(school, certificates.suspend, earned)
    assert bits(client) == {place(told)}

    act(school, certificates.reinstate, earned)
    assert bits(client) == set()

    act(school, certificates.suspend, earned)
    assert bits(client) == {place(told)}


@ONCE
def test_a_corrected_award_keeps_its_place(client, school):
    told = credential(client, earned := earn(school))
    with school.turn():
        certificates.correct(certificates.find(earned.code), name="Ana Pérez", reason="A typo", by="staff:1")
    act(school, certificates.suspend, earned)

    assert credential(client, earned)["credentialStatus"] == told["credentialStatus"]
    assert bits(client) == {place(told)}
    act(school, certificates.revoke, earned)
    assert bits(client) == {place(told)}


@ONCE
def test_an_award_that_was_shortened_is_set_from_its_new_end_on(client, school):
    told = credential(client, earned := earn(school))
    with school.turn():
        row = certificates.find(earned.code)
        ends = {"kind": "shortening", "expires_at": now() + dt.timedelta(days=2)}
        said = {"reason": "A new version", "changed_by": "staff:1", "changed_at": now()}
        db.session.add(CertificateStanding(certificate_id=row.id, number=1, **ends, **said))

    assert credential(client, earned) == told
    assert bits(client) == set()
    with time_machine.travel(now() + dt.timedelta(days=3)):
        assert bits(client) == {place(told)}


@ONCE
def test_whoever_has_seen_a_list_is_sent_it_again_only_when_it_changed(client, school):
    credential(client, earned := earn(school))
    first = client.get(LIST)
    again = {"If-None-Match": first.headers["ETag"]}

    assert client.get(LIST, headers=again).status_code == 304
    act(school, certificates.revoke, earned)
    changed = client.get(LIST, headers=again)

    assert (changed.status_code, changed.mimetype) == (200, "application/vc+ld+json")
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert "no-cache" in changed.headers["Cache-Control"]
    assert changed.headers["Access-Control-Allow-Origin"] == "*"


@ONCE
def test_a_list_is_signed_by_the_issuer(app, client, school):
    credential(client, earn(school))
    told = client.get(LIST).get_json()

    with app.app_context():
        assert proof.holds(told, multikey.public_key(keys.current().multikey))
    assert told["issuer"] == client.get("/did.json").get_json()["id"]
    assert told["id"].endswith(LIST)


@ONCE
@pytest.mark.parametrize("path", ["1", "0", "-1", "x", "99999999999999999999"])
def test_there_is_no_list_that_no_award_stands_in(client, path):
    assert client.get(f"/credentials/status/{path}").status_code == 404


def test_in_parallel_and_among_taken_places_each_award_gets_its_own(app, school, monkeypatch):
    everyone = [earn(school, f"Person {number}") for number in range(6)]
    chosen = secrets.randbelow
    monkeypatch.setattr(secrets, "randbelow", lambda _size: chosen(9))

    told = school.at_once([lambda code=each.code: _prepared(code) for each in everyone])

    assert len(set(told)) == 6


@ONCE
def test_when_a_list_is_full_the_next_one_begins(client, school, monkeypatch):
    monkeypatch.setattr(secrets, "randbelow", lambda _size: 7)
    told = [credential(client, earn(school, f"Person {number}")) for number in range(2)]

    assert [place(each) for each in told] == [7, 7]
    lists = [each["credentialStatus"]["statusListCredential"][-2:] for each in told]
    assert lists == ["/1", "/2"]


def _prepared(code):
    badges.prepare(certificates.find(code))
    row = db.session.get(Badge, certificates.normalised(code))
    return row.status_list, row.status_place
