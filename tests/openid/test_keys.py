"""Keys that sign: the next is shown before it signs, the last while its tokens live, none is kept in the open."""

import datetime as dt

import pytest

from plg.kit.clock import now
from plg.kit.db import db
from plg.openid import jobs, keys
from plg.openid.models import SigningKey
from tests.support.story import in_parallel


def states(app, algorithm="RS256"):
    with app.app_context():
        return {row.kid: keys.state(row) for row in keys.shown(now()) if row.algorithm == algorithm}


def rotate(app, algorithm="RS256"):
    with app.app_context():
        kid = keys.rotate(algorithm).kid
        db.session.commit()
        return kid


def shown(client):
    return {key["kid"]: key for key in client.get("/oauth/jwks").get_json()["keys"]}


def test_the_world_sees_public_parts_alone(client):
    told = shown(client)

    assert {key["alg"] for key in told.values()} == {"RS256", "ES256"}
    assert all(key["use"] == "sig" for key in told.values())
    assert not any({"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in told.values())


def test_private_parts_are_sealed_in_the_database(app, client):
    shown(client)
    with app.app_context():
        for row in db.session.query(SigningKey):
            assert '"d"' not in row.private and "PRIVATE" not in row.private
            assert "d" not in row.public


def test_the_next_key_is_shown_before_it_signs_and_the_last_one_after(app, client):
    shown(client)
    before = states(app)
    (following,) = [kid for kid, state in before.items() if state == "next"]
    (signing,) = [kid for kid, state in before.items() if state == "current"]

    assert rotate(app) == following

    after = states(app)
    assert (after[following], after[signing]) == ("current", "retired")
    assert len(after) == 3 and set(after) <= shown(client).keys()
    with app.app_context():
        assert keys.current("RS256").kid == following


def test_a_retired_key_is_forgotten_when_its_last_token_has_expired(app, client):
    shown(client)
    (signing,) = [kid for kid, state in states(app).items() if state == "current"]
    rotate(app)
    with app.app_context():
        jobs.rotate_keys(now() + keys.ID_TOKEN_LIFE)
    assert signing in shown(client)

    with app.app_context():
        jobs.rotate_keys(now() + keys.SHOWN_AFTERWARDS + dt.timedelta(seconds=1))
    assert signing not in shown(client)


def test_old_keys_are_rotated_by_themselves(app, client):
    shown(client)
    young = states(app)
    with app.app_context():
        jobs.rotate_keys(now() + keys.ROTATE_AFTER - dt.timedelta(minutes=1))
    assert states(app) == young

    with app.app_context():
        jobs.rotate_keys(now() + keys.ROTATE_AFTER)
    (following,) = [kid for kid, state in young.items() if state == "next"]
    assert states(app)[following] == "current"


def test_in_parallel_the_first_keys_are_made_once(app):
    answers = in_parallel(app, 4, lambda _: keys.public_set(now()))

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert len({str(answer) for answer in answers}) == 1
    assert sorted(states(app).values()) == ["current", "next"]


def test_in_parallel_two_rotations_leave_one_key_that_signs(app, client):
    shown(client)

    answers = in_parallel(app, 2, lambda _: keys.rotate("ES256").kid)

    assert len(set(answers)) == 2
    assert sorted(states(app, "ES256").values()) == ["current", "next", "retired", "retired"]


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_keys_kept_under_another_secret_key_are_replaced(app, make_app, client, algorithm):
    shown(client)
    before = states(app, algorithm)
    elsewhere = make_app(secret_key="another secret key, after the first was lost")

    with elsewhere.app_context():
        kid = keys.current(algorithm).kid
        db.session.commit()

    assert kid not in before
    assert {states(app, algorithm)[old] for old in before} == {"retired"}
