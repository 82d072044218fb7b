"""The second step: codes of an app, each once; recovery codes, each once; no guessing."""

import datetime as dt

import pyotp
import pytest
from sqlalchemy import update

from plg.access import recovery_codes, second_step, totp
from plg.access.models import OneTimeToken, RecoveryCode, TotpSecret
from plg.access.second_step import SecondStepExpired
from plg.access.totp import TooManyWrongCodes, TwoStepOn, WrongCode
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from tests.support.story import in_parallel, make_person
from tests.web.visits import count

ANA = "ana@acme.example"


def run(app, verb):
    """The verb's answer or its refusal; both are committed, as the pages do."""
    with app.app_context():
        try:
            return verb()
        except Exception as refusal:
            return refusal
        finally:
            db.session.commit()


@pytest.fixture
def ana(app):
    return make_person(app, ANA)


def code(secret, steps=0):
    """What an app shows, so many half minutes from now."""
    return pyotp.TOTP(secret).generate_otp(int(now().timestamp()) // 30 + steps)


@pytest.fixture
def secret(app, ana):
    """Of an app that was confirmed by the code of half a minute ago."""
    told = run(app, lambda: totp.begin(ana, ANA)).secret
    run(app, lambda: second_step.turn_on(ana, code(told, -1)))
    return told


def wrong(secret):
    right = {code(secret, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(f"{guess:06}" for guess in range(100) if f"{guess:06}" not in right)


def check(app, ana, typed):
    return run(app, lambda: second_step.check(ana, typed))


def test_the_second_step_is_off_until_a_code_shows_that_the_app_works(app, ana):
    told = run(app, lambda: totp.begin(ana, ANA)).secret

    assert isinstance(run(app, lambda: second_step.turn_on(ana, wrong(told))), WrongCode)
    assert run(app, lambda: totp.is_on(ana)) is False
    assert isinstance(check(app, ana, code(told)), WrongCode), (
        "a secret that is not confirmed is no second step"
    )
    codes = run(app, lambda: second_step.turn_on(ana, code(told)))

    assert run(app, lambda: totp.is_on(ana)) is True
    assert len(set(codes)) == 10


def test_beginning_again_gives_another_secret_until_it_is_on(app, ana):
    first = run(app, lambda: totp.begin(ana, ANA)).secret
    second = run(app, lambda: totp.begin(ana, ANA)).secret

    assert isinstance(run(app, lambda: second_step.turn_on(ana, code(first))), WrongCode)
    run(app, lambda: second_step.turn_on(ana, code(second)))
    assert isinstance(run(app, lambda: totp.begin(ana, ANA)), TwoStepOn)


def test_the_secret_is_not_in_the_database(app, ana, secret):
    with app.app_context():
        kept = db.session.query(TotpSecret).one().secret

    assert secret not in kept


def test_a_code_is_taken_once(app, ana, secret):
    assert check(app, ana, code(secret)) is None
    assert isinstance(check(app, ana, code(secret)), WrongCode)


def test_of_many_who_send_one_code_at_once_one_gets_in(app, ana, secret):
    found = in_parallel(app, 4, lambda _: second_step.check(ana, code(secret)))

    assert sum(each is None for each in found) == 1


@pytest.mark.parametrize(("steps", "taken"), [(-3, False), (-2, False), (0, True), (1, True), (3, False)])
def test_a_clock_may_be_half_a_minute_wrong_and_no_more(app, ana, secret, steps, taken):
    assert (check(app, ana, code(secret, steps)) is None) is taken


def test_an_older_code_is_worth_nothing_after_a_newer_one(app, ana, secret):
    assert check(app, ana, code(secret, 1)) is None
    assert isinstance(check(app, ana, code(secret, 0)), WrongCode)


def test_space_in_a_code_does_not_matter(app, ana, secret):
    digits = code(secret)

    assert check(app, ana, f" {digits[:3]} {digits[3:]} ") is None


def test_after_five_wrong_codes_even_the_right_one_waits_and_longer_each_time(app, ana, secret):
    for _ in range(5):
        assert isinstance(check(app, ana, wrong(secret)), WrongCode)

    refused = check(app, ana, code(secret))
    assert isinstance(refused, TooManyWrongCodes)
    assert 0 < refused.data["retry_after"] <= 61

    _let_pass(app)
    for _ in range(5):
        assert isinstance(check(app, ana, wrong(secret)), WrongCode)
    assert 120 < check(app, ana, code(secret)).data["retry_after"] <= 241

    _let_pass(app)
    assert check(app, ana, code(secret)) is None
    assert isinstance(check(app, ana, wrong(secret)), WrongCode), "a right code begins the count anew"


def _let_pass(app):
    run(app, lambda: db.session.execute(update(TotpSecret).values(retry_at=now())))


def test_guesses_at_the_same_time_are_counted_all(app, ana, secret):
    found = in_parallel(app, 12, lambda _: check(app, ana, wrong(secret)))

    assert sum(isinstance(each, WrongCode) for each in found) <= 5
    assert sum(isinstance(each, TooManyWrongCodes) for each in found) >= 7


def test_a_recovery_code_works_once_however_it_is_typed(app, ana):
    codes = run(app, lambda: recovery_codes.renew(ana))

    assert check(app, ana, codes[0].upper().replace("-", "")) is None
    assert isinstance(check(app, ana, codes[0]), WrongCode)
    assert run(app, lambda: recovery_codes.left(ana)) == 9
    assert check(app, ana, f" {codes[1]} ") is None


def test_of_many_who_send_one_recovery_code_at_once_one_gets_in(app, ana):
    codes = run(app, lambda: recovery_codes.renew(ana))

    found = in_parallel(app, 6, lambda _: second_step.check(ana, codes[3]))

    assert sum(each is None for each in found) == 1


def test_recovery_codes_work_while_guesses_wait(app, ana, secret):
    codes = run(app, lambda: recovery_codes.renew(ana))
    for _ in range(5):
        check(app, ana, wrong(secret))

    assert check(app, ana, codes[0]) is None


def test_new_recovery_codes_replace_the_old_and_nobody_elses_work(app, ana):
    old = run(app, lambda: recovery_codes.renew(ana))
    eve = make_person(app, "eve@acme.example")
    foreign = run(app, lambda: recovery_codes.renew(eve))
    new = run(app, lambda: recovery_codes.renew(ana))

    assert isinstance(check(app, ana, old[0]), WrongCode)
    assert isinstance(check(app, ana, foreign[0]), WrongCode)
    assert check(app, ana, new[0]) is None
    assert count(app, RecoveryCode) == 20


def test_recovery_codes_are_kept_as_hashes(app, ana):
    codes = run(app, lambda: recovery_codes.renew(ana))

    with app.app_context():
        kept = {row.hash for row in db.session.query(RecoveryCode)}
    assert len(kept) == 10
    assert not kept & {letters for each in codes for letters in (each, each.replace("-", ""))}


def test_both_steps_make_one_sign_in(app, ana, secret):
    token = run(app, lambda: second_step.begin(ana, {"way": "password"}))

    assert isinstance(run(app, lambda: second_step.finish(token, wrong(secret))), WrongCode)
    assert run(app, lambda: second_step.finish(token, code(secret))).person_id == ana
    assert isinstance(run(app, lambda: second_step.finish(token, code(secret, 1))), SecondStepExpired)


def test_the_second_step_follows_the_first_within_minutes(app, ana, secret):
    token = run(app, lambda: second_step.begin(ana, {}))
    run(
        app,
        lambda: db.session.execute(update(OneTimeToken).values(expires_at=now() - dt.timedelta(seconds=1))),
    )

    assert isinstance(run(app, lambda: second_step.finish(token, code(secret))), SecondStepExpired)


def test_the_app_is_asked_for_after_a_merge_too(app, ana, secret):
    other = make_person(app, "other@acme.example")
    run(app, lambda: identities.merge(other, ana, reason="test", by="tests", force=True))

    assert run(app, lambda: totp.is_on(other)) is True
    assert check(app, other, code(secret)) is None


def test_turning_it_off_forgets_the_app_and_its_codes(app, ana, secret):
    run(app, lambda: second_step.turn_off(ana))

    assert run(app, lambda: totp.is_on(ana)) is False
    assert count(app, RecoveryCode) == 0
    assert isinstance(check(app, ana, code(secret)), WrongCode)
