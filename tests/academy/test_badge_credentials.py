"""A certificate as a signed credential: what it says, who signs it, and that it is always the same."""

import datetime as dt
import hashlib
import json
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from academy import badges, certificates
from academy.badges import canonical, keys, multikey, proof
from academy.badges.models import Badge, BadgeKey
from academy.course_folder import course_files, read_course
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from tests.academy.samples import course, read
from tests.support.data import shared_data

ONCE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def earned(school):
    """A certificate of somebody with an address; its code as people read it."""
    return earn(school)


def earn(school, name="Ana López", email="ana@example.com", locale="es"):
    person = school.ready(name)
    with school.turn():
        row = people.get(person)
        row.email, row.locale = email and f"{person}-{email}", locale
    attempt = school.pass_quiz(person)
    with school.turn():
        code = certificates.of_attempt(school.attempt(attempt)).code
    return SimpleNamespace(code=certificates.grouped(code), person=person, email=f"{person}-{email}")


def credential(client, earned):
    answer = client.get(f"/certificates/{earned.code}/credential.json")
    assert answer.status_code == 200
    return answer.get_json()


def test_the_example_of_the_specification_is_reproduced_byte_for_byte():
    vector = json.loads(shared_data("openbadges", "vector.json").read_text())
    document = json.loads(shared_data("openbadges", "signed_credential.json").read_text())
    bare = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["secretKeyHex"])[:32])
    created = dt.datetime.fromisoformat(options["created"])

    canon = canonical.canonical(bare)
    proof_canon = canonical.canonical({"@context": bare["@context"]} | options)

    assert canon == shared_data("openbadges", "document-canon.txt").read_bytes()
    assert proof_canon == shared_data("openbadges", "proof-canon.txt").read_bytes()
    assert hashlib.sha256(canon).hexdigest() == vector["documentHashHex"]
    assert hashlib.sha256(proof_canon).hexdigest() == vector["proofHashHex"]
    assert multikey.multikey(key.public_key()) == vector["publicKeyMultibase"]
    assert multikey.decode(vector["proofValue"]).hex() == vector["signatureHex"]
    assert proof.signed(bare, key, options["verificationMethod"], created) == document
    assert proof.holds(document, multikey.public_key(vector["publicKeyMultibase"]))


@given(st.binary(max_size=80))
def test_bytes_come_back_from_base58(content):
    assert multikey.decode(multikey.encode(content)) == content


@pytest.mark.parametrize("text", ["", "6Mk", "z0", "zIl", "u123", "z" + "2" * 300])
def test_what_is_no_base58_is_refused(text):
    with pytest.raises(ValueError):
        multikey.decode(text)


def test_a_credential_says_what_was_earned(client, earned):
    told = credential(client, earned)
    subject, achievement = told["credentialSubject"], told["credentialSubject"]["achievement"]

    assert told["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert told["id"].endswith(f"/certificates/{earned.code}")
    assert (told["name"], achievement["name"]) == ("Course (es)", "Course (es)")
    assert achievement["criteria"]["narrative"].startswith("Completar")
    assert achievement["resultDescription"][0]["requiredValue"] == "75"
    assert subject["result"][0]["value"] == "100"
    assert subject["result"][0]["resultDescription"] == achievement["resultDescription"][0]["id"]
    assert [each["inLanguage"] for each in (achievement, *achievement["related"])] == ["es", "en"]
    assert "validUntil" not in told


@ONCE
def test_it_says_what_the_course_is_aligned_to(client, school):
    skill = {"name": {"es": "Contabilidad", "en": "Accounting"}, "url": "https://esco.example/skill/1"}
    standard = skill | {"url": "https://esco.example/skill/2", "framework": "ESCO", "code": "S2"}
    whole = read(course(alignment=[skill, standard]))
    assert read_course(course_files(whole)) == whole
    school.publish(alignment=[skill, standard])

    told = credential(client, earn(school))["credentialSubject"]["achievement"]["alignment"]

    assert [each["targetName"] for each in told] == ["Contabilidad"] * 2
    assert told[1]["targetUrl"] == "https://esco.example/skill/2"
    assert "targetCode" not in told[0] and (told[1]["targetFramework"], told[1]["targetCode"]) == (
        "ESCO",
        "S2",
    )


@ONCE
@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/a b", "esco", ""])
def test_an_alignment_leads_to_a_page(school, url):
    with pytest.raises(ValidationError):
        school.publish(alignment=[{"name": {"es": "x", "en": "x"}, "url": url}])


@ONCE
def test_the_issuer_is_shown_with_name_address_and_logo(make_app, school, tmp_path):
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    settings = {
        "product_name": "Facturo",
        "product_url": "https://facturo.example",
        "public_url": "https://a.example",
    }
    client = make_app(certificate_logo=logo, **settings).test_client()

    told = credential(client, earn(school))["issuer"]

    assert (told["name"], told["url"]) == ("Facturo", "https://facturo.example")
    assert told["image"]["id"] == "https://a.example/credentials/logo"
    assert client.get("/credentials/logo").text == logo.read_text()
    assert make_app().test_client().get("/credentials/logo").status_code == 404


def test_the_holder_is_named_by_a_hash_alone(client, earned):
    told = credential(client, earned)
    (identity,) = told["credentialSubject"]["identifier"]

    assert identity["identityType"] == "emailAddress"
    expected = hashlib.sha256((earned.email + identity["salt"]).encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${expected}"
    assert earned.email not in json.dumps(told) and "Ana" not in json.dumps(told)


@ONCE
def test_somebody_without_an_address_is_named_by_the_id_that_plg_has_of_them(client, school):
    told = credential(client, earn(school, email=None, locale="en"))

    assert told["credentialSubject"]["identifier"][0]["identityType"] == "systemId"
    assert told["name"] == "Course (en)"


def test_the_issuer_controls_the_key_that_signed(make_app, school):
    app = make_app(public_url="https://academy.example")
    client = app.test_client()
    told = credential(client, earn(school))

    did = client.get("/.well-known/did.json").get_json()

    assert did["id"] == told["issuer"]["id"] == "did:web:academy.example"
    (method,) = [
        each for each in did["verificationMethod"] if each["id"] == told["proof"]["verificationMethod"]
    ]
    assert method["controller"] == did["id"] and method["id"] in did["assertionMethod"]
    assert proof.holds(told, multikey.public_key(method["publicKeyMultibase"]))


@ONCE
@pytest.mark.parametrize(
    ("public_url", "did"),
    [
        ("https://academy.example", "did:web:academy.example"),
        ("http://127.0.0.1:8000", "did:web:127.0.0.1%3A8000"),
        ("https://example.com/learn/here", "did:web:example.com:learn:here"),
    ],
)
def test_the_issuer_is_named_after_the_address(make_app, public_url, did):
    assert make_app(public_url=public_url).test_client().get("/did.json").get_json()["id"] == did


def test_whoever_changes_a_letter_breaks_the_proof(app, client, earned):
    told = credential(client, earned)
    with app.app_context():
        key = multikey.public_key(keys.current().multikey)

    assert proof.holds(told, key)
    for place in ("name", "validFrom", "id"):
        assert not proof.holds(told | {place: told[place].replace("0", "1").replace("C", "D")}, key)
    assert not proof.holds(told | {"unheard": "of"}, key)
    assert not proof.holds(told | {"proof": told["proof"] | {"created": "2001-01-01T00:00:00Z"}}, key)


def test_a_credential_is_the_same_at_every_call_even_when_the_holder_changes(app, client, school, earned):
    first = credential(client, earned)
    with school.turn():
        row = people.get(earned.person)
        row.email, row.locale = "other@example.com", "en"
        keys.rotate()

    assert credential(client, earned) == first
    with app.app_context():
        assert badges.credential_of(certificates.find(earned.code)) == first


def test_a_new_key_signs_new_awards_and_the_old_one_still_counts(app, client, school, earned):
    before = credential(client, earned)["proof"]["verificationMethod"]
    with school.turn():
        keys.rotate()
    after = credential(client, earn(school, "Luis"))["proof"]["verificationMethod"]

    shown = client.get("/.well-known/did.json").get_json()["assertionMethod"]
    assert before != after and {before, after} <= set(shown)
    assert shown[0] == after and len(shown) == 3


def test_what_a_withdrawn_key_signed_is_signed_anew(app, client, school, earned):
    before = credential(client, earned)["proof"]["verificationMethod"]
    with school.turn():
        keys.rotate(withdraw=True)

    after = credential(client, earned)["proof"]["verificationMethod"]
    shown = client.get("/.well-known/did.json").get_json()["assertionMethod"]
    assert after != before and after in shown and before not in shown


def test_keys_kept_under_another_secret_key_are_replaced(app, make_app, client, earned):
    before = credential(client, earned)["proof"]["verificationMethod"]
    elsewhere = make_app(secret_key="another secret key, after the first was lost").test_client()

    told = credential(elsewhere, earned)

    assert told["proof"]["verificationMethod"] != before
    assert credential(elsewhere, earned) == told


def test_private_keys_are_sealed_in_the_database(app, client, earned):
    credential(client, earned)
    with app.app_context():
        for row in db.session.query(BadgeKey):
            assert keys.private(row).private_bytes_raw().hex() not in row.private


def test_asked_for_by_many_at_once_an_award_has_one_place_and_one_key(app, school, earned):
    others = [earn(school, f"Person {number}") for number in range(3)]

    def ask(code):
        return lambda: badges.credential_of(certificates.find(code))

    told = school.at_once([ask(each.code) for each in [earned] * 4 + others])

    assert len({json.dumps(each) for each in told[:4]}) == 1
    with app.app_context():
        rows = db.session.query(Badge).all()
        assert len({(row.status_list, row.status_place) for row in rows}) == len(rows) == 4
        assert db.session.query(BadgeKey).filter(BadgeKey.activated_at.is_not(None)).count() == 1


@ONCE
def test_the_worker_decides_what_the_credential_says_before_anybody_asks(app, client, school, worker):
    earned = earn(school)
    worker(now=now())
    with school.turn():
        people.get(earned.person).email = "changed@example.com"

    (identity,) = credential(client, earned)["credentialSubject"]["identifier"]

    assert (
        identity["identityHash"]
        == "sha256$" + hashlib.sha256((earned.email + identity["salt"]).encode()).hexdigest()
    )


def test_nobody_finds_a_credential_without_its_code(client, earned):
    assert client.get("/certificates/9F3K-7QWX-2M8D-VT4H-P6RB/credential.json").status_code == 404
