"""Passwords by OWASP ASVS 5: a length, none that everybody knows, no other rule."""

import pytest

from plg.access import credentials, passwords
from plg.access.credentials import WrongCredentials
from plg.access.hashing import verify_password
from plg.access.models import Credential
from plg.kit.db import db
from tests.support.story import make_person

ANA = ("ana.garcia@acme.example", "Ana García")

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def context(make_app):
    with make_app(product_name="Facturo").app_context():
        yield


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "x9#kQ!2v",
        "        …       ",
        "pässwörter sind länger",
        "密码密码很长的密码",
        "only lower case letters",
        "7209384756102",
        "z" * 64 + "!" + "y" * 64,
        "Facturo needs a long phrase",
        "my sister ana garcia sings",
    ],
)
def test_any_letters_make_a_password(context, password):
    assert passwords.password_faults(password, ANA) == []


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("short", "too_short"),
        ("1234567", "too_short"),
        ("x" * 257, "too_long"),
        ("password", "known"),
        ("12345678", "known"),
        ("PASSWORD1", "known"),
        ("iloveyou2", "known"),
        ("facturo2026!", "about_you"),
        ("FacturoFacturo", "about_you"),
        ("ana.garcia@acme.example", "about_you"),
        ("anagarcia1", "about_you"),
        ("AnaGarcía1", "about_you"),
        ("Garcia-2024", "about_you"),
        ("acme-acme-acme", "about_you"),
    ],
)
def test_what_is_guessed_first_is_not_taken(context, password, weakness):
    assert passwords.weakness(password, ANA) == weakness
    assert [fault.field for fault in passwords.password_faults(password, ANA)] == ["password"]


def test_what_is_known_of_nobody_else_does_not_count(context):
    assert passwords.weakness("anagarcia1") is None


def test_the_list_is_as_long_as_the_standard_wants(context):
    assert len(passwords._known_everywhere()) > 3000


@pytest.mark.parametrize(
    ("password", "least", "most"),
    [("", 0, 0), ("password", 0, 1), ("facturo2026!", 0, 1), ("correct horse battery staple", 4, 4)],
)
def test_strength_grows_with_what_must_be_guessed(context, password, least, most):
    assert least <= passwords.strength(password, ANA) <= most


def test_a_long_password_does_not_take_long_to_judge(context):
    assert passwords.strength("ab" * 5000) <= 1, "zxcvbn refuses or works for minutes on this"


def test_a_hash_of_cheaper_days_is_made_anew_at_sign_in(make_app):
    cheap, dear = make_app(), make_app(argon2_time_cost=2)
    person = make_person(cheap, ANA[0])
    with cheap.app_context():
        made = credentials.create(person, ANA[0], None)
        db.session.commit()
        credentials.change_password(made, "correct horse battery", by=person)
        db.session.commit()
        before = made.password_hash

    with dear.app_context():
        with pytest.raises(WrongCredentials):
            credentials.check(ANA[0], "correct horse batter")
        credentials.check(ANA[0], "correct horse battery")
        db.session.commit()
        after = db.session.get_one(Credential, person).password_hash
        assert "t=2" in after and after != before
        assert verify_password(after, "correct horse battery")
