"""The page that checks a badge: what it says of genuine ones, and that no other passes or costs much."""

import copy
import datetime as dt
import io
import json
import time

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from academy import certificates
from academy.badges import keys, multikey, parsing, proof, verdict
from plg.kit.clock import now
from plg.kit.db import db
from tests.academy.test_badge_credentials import ONCE, credential, earn
from tests.support.data import shared_data

pytestmark = ONCE
MALLORY = Ed25519PrivateKey.from_private_bytes(b"m" * 32)


@pytest.fixture
def earned(school):
    skills = [
        {"name": {"es": "x", "en": "x"}, "url": f"https://esco.example/{number}"} for number in range(8)
    ]
    school.publish(certificate={"valid_for": "1y"}, alignment=skills)
    return earn(school)


@pytest.fixture
def told(client, earned):
    return credential(client, earned)


@pytest.fixture
def finding(app):
    """What the page finds of a credential, or of a file."""

    def find(content):
        file = content if isinstance(content, bytes) else json.dumps(content).encode()
        with app.app_context():
            return verdict.judge(file).finding

    return find


def change_standing(app, verb, earned):
    with app.app_context():
        verb(certificates.find(earned.code), "Because", by="staff:1")
        db.session.commit()


def test_a_genuine_badge_is_valid_as_json_png_and_svg(client, earned, told, finding):
    assert finding(told) == "valid"
    assert finding(json.dumps(told, indent=4).encode("utf-8-sig")) == "valid"
    for kind in ("png", "svg"):
        assert finding(client.get(f"/certificates/{earned.code}/badge.{kind}").data) == "valid"


def test_it_says_how_the_award_stands_now(app, earned, told, finding):
    change_standing(app, certificates.suspend, earned)
    assert finding(told) == "suspended"
    change_standing(app, certificates.reinstate, earned)
    assert finding(told) == "valid"
    with time_machine.travel(now().replace(year=now().year + 2)):
        assert finding(told) == "expired"
    change_standing(app, certificates.revoke, earned)
    assert finding(told) == "revoked"


def test_a_copy_from_before_a_correction_is_told_from_the_new_one(app, client, earned, told, finding):
    with app.app_context():
        row = certificates.find(earned.code)
        with time_machine.travel(now() + dt.timedelta(minutes=1)):
            title = {"es": "Curso nuevo", "en": "New course"}
            certificates.correct(row, title=title, reason="A typo", by="staff:1")
            db.session.commit()
    corrected = credential(client, earned)

    assert (corrected["name"], corrected["id"]) == ("Curso nuevo", told["id"])
    assert corrected["validFrom"] > told["validFrom"] and corrected["awardedDate"] == told["awardedDate"]
    assert [finding(told), finding(corrected)] == ["corrected", "valid"]
    change_standing(app, certificates.revoke, earned)
    assert [finding(told), finding(corrected)] == ["revoked", "revoked"]


def test_whatever_is_changed_is_seen(told, finding):
    better = copy.deepcopy(told)
    better["credentialSubject"]["result"][0]["value"] = "99.99"
    longer = told | {"validUntil": "2999-01-01T00:00:00Z"}
    endless = {name: value for name, value in told.items() if name != "validUntil"}
    more = told | {"name": "Doctor of Everything"}
    other = told | {"proof": told["proof"] | {"proofValue": multikey.encode(b"x" * 64)}}
    unsigned = told | {"unheard": "of"}
    purpose = told | {"proof": told["proof"] | {"proofPurpose": "authentication"}}
    context = told | {"@context": told["@context"][:1]}

    for changed in (better, longer, endless, more, other, unsigned, purpose, context):
        assert finding(changed) == "tampered"


def test_a_badge_that_another_key_signed_is_not_the_issuers(told, finding):
    bare = {name: value for name, value in told.items() if name != "proof"}
    issuer = told["issuer"]["id"]
    own = multikey.multikey(MALLORY.public_key())

    theirs = proof.signed(bare, MALLORY, f"did:web:mallory.example#{own}", now())
    pretended = proof.signed(bare, MALLORY, f"{issuer}#{own}", now())
    stolen = proof.signed(bare, MALLORY, told["proof"]["verificationMethod"], now())

    assert [finding(each) for each in (theirs, pretended)] == ["wrong_controller"] * 2
    assert finding(stolen) == "tampered"
    elsewhere = bare | {"issuer": bare["issuer"] | {"id": "did:web:mallory.example"}}
    assert (
        finding(proof.signed(elsewhere, MALLORY, f"did:web:mallory.example#{own}", now())) == "other_issuer"
    )


def test_an_older_key_counts_and_a_withdrawn_one_does_not(app, told, finding):
    with app.app_context():
        keys.rotate()
        db.session.commit()
    assert finding(told) == "valid"

    with app.app_context():
        keys.find(told["proof"]["verificationMethod"].partition("#")[2]).withdrawn_at = now()
        db.session.commit()
    assert finding(told) == "withdrawn_key"


def test_the_example_of_the_specification_is_of_another_issuer(finding):
    example = shared_data("openbadges", "signed_credential.json").read_bytes()

    assert finding(example) == "other_issuer"


def test_what_the_issuer_signed_for_no_award_is_unknown(app, told, finding):
    with app.app_context():
        row = keys.current()
        bare = {name: value for name, value in told.items() if name != "proof"}
        bare["id"] = told["id"][:-4] + "0000"
        made = proof.signed(bare, keys.private(row), told["proof"]["verificationMethod"], now())

    assert finding(made) == "unknown"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"a": 1}',
        b'{"type": "x", "type": "y"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"\xff\xfe{}",
        b"%PDF-1.7",
        b'{"name": "' + b"x" * 70_000 + b'"}',
        b"\x89PNG\r\n\x1a\n" + b"x" * (parsing.LARGEST_FILE + 1),
    ],
)
def test_what_is_no_badge_is_refused(finding, content):
    assert finding(content) == "unreadable"


@pytest.mark.parametrize(
    "nested",
    [
        {"alignment": [{"type": "Alignment"}] * 9},
        {"alignment": [{"type": "Alignment"}, {"type": ["Alignment"]}, {"type": ["Alignment", "Alignment"]}]},
        {"alignment": [{"hashed": True}, {"hashed": "true"}]},
        {"alignment": [{"creator": {"id": "_:a"}}, {"creator": {"id": "_:b"}}]},
        {"alignment": [{"targetName": str(number)} for number in range(30)]},
        {"alignment": [{"@reverse": "x"}]},
        {"https://schema.org/name": "x"},
        {"creditsAvailable": 1},
        {"creator": None},
    ],
)
def test_what_would_cost_much_is_refused_before_it_does(told, finding, nested):
    told["credentialSubject"]["achievement"] |= nested
    begun = time.perf_counter()

    assert finding(told) == "unreadable"
    assert time.perf_counter() - begun < 0.2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("_:x"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "name", "proof", "issuer", "@context"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(place=st.sampled_from(["proof", "issuer", "type", "id", "@context", "credentialSubject"]), value=JSON)
def test_whatever_stands_in_it_gets_a_verdict_and_never_passes(told, finding, place, value):
    if told[place] != value:
        assert finding(told | {place: value}) not in ("valid", "expired")


def test_the_page_takes_a_file_or_a_text_without_a_sign_in(client, earned, told, csrf_of):
    token = csrf_of("/verify/badge")
    file = io.BytesIO(client.get(f"/certificates/{earned.code}/badge.png").data)

    by_file = client.post("/verify/badge", data={"csrf_token": token, "file": (file, "badge.png")})
    by_text = client.post("/verify/badge", data={"csrf_token": token, "credential": json.dumps(told)})
    neither = client.post("/verify/badge", data={"csrf_token": token})

    for answer in (by_file, by_text):
        assert answer.status_code == 200
        assert (
            "This badge is valid." in answer.text
            and "Ana López" in answer.text
            and earned.code in answer.text
        )
    assert neither.status_code == 422
    assert "Choose a file" in neither.text


@pytest.mark.parametrize("locale", ["es", "en"])
@pytest.mark.parametrize("found", verdict.FINDINGS)
def test_every_verdict_is_told(client, csrf_of, monkeypatch, locale, found):
    monkeypatch.setattr(verdict, "judge", lambda content: verdict.Verdict(found))
    token = csrf_of("/verify/badge")

    answer = client.post(f"/verify/badge?lang={locale}", data={"csrf_token": token, "credential": "{}"})

    assert answer.status_code == 200
    assert answer.text.count('class="alert ') == 1


@pytest.fixture
def csrf_of(client):
    """The token that a form of this page carries."""

    def read(path):
        page = client.get(path).text
        return page.partition('name="csrf_token" value="')[2].partition('"')[0]

    return read
