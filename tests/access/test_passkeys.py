"""Passkeys: one place, one person, one answer to each challenge."""

import datetime as dt

import pytest
from sqlalchemy import update

from plg.access import credentials, passkeys
from plg.access.models import OneTimeToken, Passkey
from plg.access.passkeys import (
    PasskeyKnown,
    PasskeyNotFound,
    PasskeyNotMade,
    PasskeyRefused,
    PasskeysUnavailable,
)
from plg.events import names
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.story import in_parallel, make_person
from tests.web.visits import count

HERE = "http://localhost:8000"
ANA, EVE = "ana@acme.example", "eve@acme.example"


@pytest.fixture
def app(make_app):
    return make_app(public_url=HERE)


@pytest.fixture
def ana(app):
    return make_person(app, ANA)


def run(app, verb):
    """The verb's answer, committed; or the refusal, with nothing changed."""
    with app.app_context():
        try:
            answer = verb()
            db.session.commit()
            return answer
        except Exception as refusal:
            db.session.rollback()
            return refusal


def register(app, person, key=None, address=ANA):
    key = key or Authenticator(HERE)
    options = run(app, lambda: passkeys.registration_options(person, address))
    made = run(app, lambda: passkeys.register(person, key.make(options), "My phone"))
    return key, made


def ask(app):
    return run(app, passkeys.sign_in_options)


def enter(app, answer):
    return run(app, lambda: passkeys.check(answer))


def test_a_passkey_is_made_and_signs_its_person_in(app, ana):
    key, made = register(app, ana)

    found = enter(app, key.sign(ask(app)))

    assert (found.person_id, found.name) == (ana, "My phone")
    assert found.public_id == made.public_id
    assert count(app, Passkey, Passkey.last_used_at.is_not(None)) == 1
    assert count(app, Event, Event.name == names.PASSKEY_ADDED) == 1


def test_a_challenge_is_answered_once(app, ana):
    key, _ = register(app, ana)
    answer = key.sign(ask(app))

    assert isinstance(enter(app, answer), Passkey)
    assert isinstance(enter(app, answer), PasskeyRefused)


def test_of_many_who_replay_one_answer_at_once_one_gets_in(app, ana):
    key, _ = register(app, ana)
    answer = key.sign(ask(app))

    found = in_parallel(app, 6, lambda _: passkeys.check(answer))

    assert sum(isinstance(each, Passkey) for each in found) == 1
    assert sum(isinstance(each, PasskeyRefused) for each in found) == 5


def test_a_challenge_that_was_never_given_is_refused(app, ana):
    key, _ = register(app, ana)

    assert isinstance(enter(app, key.sign({"challenge": "bWFkZSB1cA"})), PasskeyRefused)


def test_a_challenge_expires(app, ana):
    key, _ = register(app, ana)
    options = ask(app)
    run(
        app,
        lambda: db.session.execute(update(OneTimeToken).values(expires_at=now() - dt.timedelta(seconds=1))),
    )

    assert isinstance(enter(app, key.sign(options)), PasskeyRefused)


def test_a_challenge_to_register_signs_nobody_in(app, ana):
    key, _ = register(app, ana)
    options = run(app, lambda: passkeys.registration_options(ana, ANA))

    assert isinstance(enter(app, key.sign(options)), PasskeyRefused)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:9000", "http://localhost.evil.example"]
)
def test_another_site_gets_nothing(app, ana, origin):
    key, _ = register(app, ana)
    key.origin = origin

    assert isinstance(enter(app, key.sign(ask(app))), PasskeyRefused)
    assert isinstance(register(app, ana, Authenticator(origin))[1], PasskeyNotMade)


def test_a_passkey_of_another_domain_gets_nothing(app, ana):
    key, _ = register(app, ana)
    key.rp_id = "evil.example"

    assert isinstance(enter(app, key.sign(ask(app))), PasskeyRefused)


def test_a_person_who_was_not_verified_does_not_get_in(app, ana):
    """A touch alone is one step; fingerprint or PIN make it two."""
    key, _ = register(app, ana)
    key.flags = PRESENT

    assert isinstance(enter(app, key.sign(ask(app))), PasskeyRefused)
    assert isinstance(register(app, ana, Authenticator(HERE, flags=PRESENT))[1], PasskeyNotMade)


def test_a_forged_signature_is_refused(app, ana):
    key, _ = register(app, ana)
    forger = Authenticator(HERE, id=key.id, user=key.user)

    assert isinstance(enter(app, forger.sign(ask(app))), PasskeyRefused)


def test_a_passkey_speaks_for_nobody_else(app, ana):
    key, _ = register(app, ana)
    eve = make_person(app, EVE)
    other, _ = register(app, eve, address=EVE)
    other.user = key.user

    assert isinstance(enter(app, other.sign(ask(app))), PasskeyRefused)


def test_nobody_registers_a_passkey_with_somebody_elses_challenge(app, ana):
    eve = make_person(app, EVE)
    options = run(app, lambda: passkeys.registration_options(ana, ANA))

    refused = run(app, lambda: passkeys.register(eve, Authenticator(HERE).make(options)))

    assert isinstance(refused, PasskeyNotMade)
    assert count(app, Passkey) == 0


def test_a_passkey_is_registered_once_and_for_one_person(app, ana):
    key, _ = register(app, ana)
    eve = make_person(app, EVE)

    assert isinstance(register(app, ana, key)[1], PasskeyKnown)
    assert isinstance(register(app, eve, key, EVE)[1], PasskeyKnown)


def test_a_counter_that_goes_back_tells_of_a_copy(app, ana):
    key, _ = register(app, ana, Authenticator(HERE, count=5))
    key.count = 7
    assert isinstance(enter(app, key.sign(ask(app))), Passkey)

    for copied in (7, 6, 0):
        key.count = copied
        assert isinstance(enter(app, key.sign(ask(app))), PasskeyRefused)
    key.count = 8
    assert isinstance(enter(app, key.sign(ask(app))), Passkey)


def test_a_removed_passkey_opens_nothing(app, ana):
    key, made = register(app, ana)

    run(app, lambda: passkeys.remove(ana, made.public_id))

    assert isinstance(enter(app, key.sign(ask(app))), PasskeyRefused)
    assert count(app, Event, Event.name == names.PASSKEY_REMOVED) == 1


def test_nobody_renames_or_removes_a_foreign_passkey(app, ana):
    _, made = register(app, ana)
    eve = make_person(app, EVE)

    assert isinstance(run(app, lambda: passkeys.remove(eve, made.public_id)), PasskeyNotFound)
    assert isinstance(run(app, lambda: passkeys.rename(eve, made.public_id, "Eve's")), PasskeyNotFound)
    assert count(app, Passkey, Passkey.name == "My phone") == 1


def test_a_passkey_follows_its_person_through_a_merge(app, ana):
    key, made = register(app, ana)
    other = make_person(app, "other@acme.example")
    run(app, lambda: identities.merge(other, ana, reason="test", by="tests", force=True))

    with app.app_context():
        whole = identities.survivor(ana)
    assert enter(app, key.sign(ask(app))).public_id == made.public_id
    assert [each.public_id for each in run(app, lambda: passkeys.of_person(whole))] == [made.public_id]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"id": 1},
        {"id": "x", "response": None},
        {"id": "x", "response": {"clientDataJSON": "%%%"}},
        {"id": ["x"]},
    ],
)
def test_what_is_no_answer_is_refused(app, ana, answer):
    assert isinstance(enter(app, answer), PasskeyRefused)
    assert isinstance(run(app, lambda: passkeys.register(ana, answer)), PasskeyNotMade)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://plg.example.com", "https://10.0.0.1", "https://[::1]"]
)
def test_where_browsers_know_no_passkeys_none_is_offered(make_app, url):
    app = make_app(public_url=url)

    assert run(app, passkeys.are_available) is False
    assert isinstance(run(app, passkeys.sign_in_options), PasskeysUnavailable)


def test_the_host_products_pages_may_ask_for_passkeys_of_the_common_domain(make_app):
    app = make_app(
        public_url="https://plg.acme.example",
        product_url="https://app.acme.example",
        passkey_domain="acme.example",
    )
    ana = make_person(app, ANA)
    key = Authenticator("https://app.acme.example", "acme.example")

    register(app, ana, key)

    assert isinstance(enter(app, key.sign(ask(app))), Passkey)


def test_credentials_are_found_for_the_person_that_records_became(app, ana):
    other = make_person(app, "other@acme.example")
    run(app, lambda: credentials.create(ana, ANA, None))
    run(app, lambda: identities.merge(other, ana, reason="test", by="tests", force=True))

    with app.app_context():
        assert credentials.of_person(identities.survivor(ana)).email == ANA
