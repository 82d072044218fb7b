"""Two judges that know nothing of plg check what it signs: openbadgeslib, and Digital Bazaar's libraries on Node."""

import datetime as dt
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openbadgeslib.ob3.credential import IdentityObject
from openbadgeslib.ob3.did import resolve_verification_method
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError

from academy import certificates
from academy.badges import canonical, keys, multikey, proof
from academy.badges.canonical import OPEN_BADGES
from plg.kit.clock import now
from tests.academy.conftest import School
from tests.academy.test_badge_credentials import credential, earn
from tests.support import node

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

HOME, LIST = "https://academy.example", "/credentials/status/1"
OURS, MALLORYS = "did:web:academy.example", "did:web:mallory.example"
SCRIPT = Path(__file__).with_name("judge.mjs")
SKILL = {
    "name": {"es": "Contabilidad", "en": "Accounting"},
    "url": "https://esco.example/1",
    "framework": "ESCO",
}
PACKAGES = (
    "@digitalbazaar/vc@7.3.0",
    "@digitalbazaar/data-integrity@2.5.0",
    "@digitalbazaar/eddsa-rdfc-2022-cryptosuite@1.3.0",
    "@digitalbazaar/vc-bitstring-status-list@2.0.1",
)
ACCEPTED = {"genuine", "of an older key", "reinstated"}


@pytest.fixture
def story(make_app):
    """Credentials of every kind by name, and the documents that a judge asks for by their addresses."""
    app = make_app(public_url=HOME)
    client, school = app.test_client(), School(app)
    school.publish(
        certificate={"valid_for": "1y"}, alignment=[SKILL, SKILL | {"url": "https://esco.example/2"}]
    )
    people = {name: earn(school, name) for name in ("of an older key", "revoked", "suspended", "reinstated")}
    told = {name: credential(client, each) for name, each in people.items()}
    with school.turn():
        keys.rotate()
    _change_standings(school, people)
    genuine = earn(school, "genuine")
    told["genuine"] = credential(client, genuine)
    told |= _attacks(told["genuine"])
    documents = {OPEN_BADGES: canonical._CONTEXTS[OPEN_BADGES], MALLORYS: _did_of_mallory()}
    documents[OURS] = client.get("/.well-known/did.json").get_json()
    documents[HOME + LIST] = client.get(LIST).get_json()
    return SimpleNamespace(told=told, documents=documents, holder=genuine)


def _change_standings(school, people):
    for name, verbs in {
        "revoked": [certificates.revoke],
        "suspended": [certificates.suspend],
        "reinstated": [certificates.suspend, certificates.reinstate],
    }.items():
        for verb in verbs:
            with school.turn():
                verb(certificates.find(people[name].code), "Because", by="staff:1")


MALLORY = Ed25519PrivateKey.from_private_bytes(b"m" * 32)


def _did_of_mallory():
    method = f"{MALLORYS}#{multikey.multikey(MALLORY.public_key())}"
    key = {"id": method, "type": "Multikey", "controller": MALLORYS}
    key["publicKeyMultibase"] = multikey.multikey(MALLORY.public_key())
    contexts = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    return {"@context": contexts, "id": MALLORYS, "verificationMethod": [key], "assertionMethod": [method]}


def _attacks(genuine):
    """The credential with another score; signed by somebody who claims our key; signed by their own key."""
    subject = genuine["credentialSubject"]
    better = subject | {"result": [subject["result"][0] | {"value": "99.99"}]}
    bare = {name: value for name, value in genuine.items() if name != "proof"}
    method = _did_of_mallory()["verificationMethod"][0]["id"]
    return {
        "tampered": genuine | {"credentialSubject": better},
        "forged": proof.signed(bare, MALLORY, genuine["proof"]["verificationMethod"], now()),
        "of another's key": proof.signed(bare, MALLORY, method, now()),
    }


def by_openbadgeslib(story):
    """True of each credential that it accepts, else why not."""

    def download(url):
        for did, address in ((OURS, f"{HOME}/.well-known/did.json"), (MALLORYS, "https://mallory.example/")):
            if url.startswith(address):
                return json.dumps(story.documents[did]).encode()
        return json.dumps(story.documents[url]).encode()

    verdicts = {}
    for name, told in story.told.items():
        try:
            judge = OB3LdpVerifier()
            judge.verify(told, check_status=True, verify_status_list=False, download=download)
            verdicts[name] = True
        except OB3VerificationError as refusal:
            verdicts[name] = str(refusal)
    return verdicts


def by_digital_bazaar(story, moment=None):
    folder = node.folder_with("vc", *PACKAGES)
    given = {"documents": story.documents, "credentials": story.told, "now": moment and moment.isoformat()}
    run = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT.read_text()],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_openbadgeslib_accepts_what_holds_and_refuses_what_does_not(story):
    verdicts = by_openbadgeslib(story)

    assert {name for name, told in verdicts.items() if told is True} == ACCEPTED, verdicts
    assert all("'revocation' is set" in verdicts[name] for name in ("revoked", "suspended"))
    assert "does not belong" in verdicts["of another's key"]
    with time_machine.travel(now() + dt.timedelta(days=400)):
        assert "expired" in by_openbadgeslib(story)["genuine"]


def test_openbadgeslib_knows_the_holder_by_their_address_alone(story):
    (said,) = story.told["genuine"]["credentialSubject"]["identifier"]

    assert IdentityObject.create(story.holder.email, said["salt"]).to_dict() == said
    assert IdentityObject.create("somebody@else.example", said["salt"]).to_dict() != said


def test_openbadgeslib_accepts_the_signature_of_the_status_list(story):
    told = story.documents[HOME + LIST]
    pem = _pem(story, told)

    verify_data_integrity_proof(told, pem)
    with pytest.raises(OB3VerificationError):
        verify_data_integrity_proof(told | {"id": f"{HOME}/elsewhere"}, pem)


def _pem(story, signed):
    did = json.dumps(story.documents[OURS]).encode()
    return resolve_verification_method(signed["proof"]["verificationMethod"], download=lambda _: did)


@pytest.mark.slow
def test_digital_bazaars_libraries_accept_what_holds_and_refuse_what_does_not(story):
    verdicts = by_digital_bazaar(story)

    accepted = [name for name, each in verdicts.items() if each["verified"] and not each["set"]]
    assert set(accepted) == ACCEPTED, verdicts
    assert [verdicts[name]["set"] for name in ("revoked", "suspended")] == [["revocation"]] * 2
    assert not [name for name in ("tampered", "forged", "of another's key") if verdicts[name]["verified"]]
    assert "must match the verification method controller" in verdicts["of another's key"]["why"]
    later = by_digital_bazaar(story, now() + dt.timedelta(days=400))
    assert not [name for name, each in later.items() if each["verified"]]
