"""Who is asking: keys, user tokens and their forgeries."""

import base64
import datetime as dt

import jwt
import pytest

from plg.access import keys, user_tokens
from plg.access.models import ApiKey
from plg.accounts import accounts, memberships
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities, people
from tests.support.queries import count_queries
from tests.support.story import in_parallel, make_account, make_person

SECRET = "user token secret of the test suite"


@pytest.fixture
def ask(client, publishable_key):
    def state(token, key=publishable_key):
        return client.get("/v1/widget/state", headers={"X-Plg-Key": key, "Authorization": f"Bearer {token}"})

    return state


def claims(**changed):
    soon = now() + dt.timedelta(minutes=5)
    return {"sub": "user-1", "account": "firm-1", "name": "Ana", "role": "owner", "exp": soon} | changed


def sign(secret=SECRET, algorithm="HS256", **changed):
    wanted = {k: v for k, v in claims(**changed).items() if v is not None}
    return jwt.encode(wanted, secret, algorithm=algorithm)


def test_a_good_token_makes_the_person_and_the_account_known(app, ask):
    answer = ask(sign(account_name="Acme", email="Ana@Acme.example"))
    assert answer.status_code == 200
    assert answer.json["person"]["name"] == "Ana"
    assert (answer.json["account"]["name"], answer.json["account"]["role"]) == ("Acme", "owner")
    with app.app_context():
        assert people.find("user-1").email == "ana@acme.example"


def test_the_same_user_is_the_same_person_every_time(ask):
    first, second = ask(sign()).json, ask(sign()).json
    assert first["person"]["id"] == second["person"]["id"]
    assert first["account"]["id"] == second["account"]["id"]


def test_a_token_whose_person_was_merged_speaks_of_the_survivor(app, ask):
    ask(sign())
    survivor = make_person(app, "eva@acme.example")
    with app.app_context():
        identities.merge(people.find("user-1").id, survivor, reason="test", by="tests", force=True)
        wanted = people.get(survivor).public_id
        db.session.commit()
    found = {ask(sign()).json["person"]["id"] for _ in range(2)}
    with app.app_context():
        assert found == {people.find("user-1").public_id}
        assert wanted in people.distinct_ids(people.find("user-1"))


@pytest.mark.parametrize(
    "token",
    [
        sign(exp=now() - dt.timedelta(minutes=5)),
        sign(exp=now() + dt.timedelta(days=3)),
        sign(exp=None),
        sign(exp=10**30),
        sign(exp=float("inf")),
        sign(exp=str(10**30)),
        sign(sub=None),
        sign(sub=""),
        sign(sub=17),
        sign(account=17),
        sign(account={"id": 1}),
        sign(secret="a guess that is long enough for HS256"),
        sign(secret="", algorithm="none"),
        sign()[:-2],
        "not.a.token",
        "x" * 5000,
    ],
    ids=[
        "expired",
        "too-long-lived",
        "no-exp",
        "exp-of-no-calendar",
        "endless-exp",
        "exp-as-text",
        "no-sub",
        "empty-sub",
        "number-sub",
        "number-account",
        "object-account",
        "forged",
        "alg-none",
        "cut",
        "not-a-token",
        "huge",
    ],
)
def test_a_bad_token_is_refused_and_makes_nobody(app, ask, token):
    answer = ask(token)
    assert (answer.status_code, answer.json["code"]) == (401, "user_token_refused")
    with app.app_context():
        assert identities.known(["user-1"]) == {}


def test_a_role_that_does_not_exist_is_a_plain_member(ask):
    assert ask(sign(role="emperor")).json["account"]["role"] == "member"


def test_a_token_cannot_raise_the_role_of_somebody_who_belongs_already(app, ask):
    ask(sign(role="member"))
    assert ask(sign(role="owner")).json["account"]["role"] == "member"


def test_a_token_does_not_bring_back_who_was_taken_out(app, ask):
    """Tokens live on in sessions of the host product and in links of ours."""
    ask(sign(role="owner"))
    other = make_person(app, "other@acme.example")
    with app.app_context():
        person_id, account_id = people.find("user-1").id, accounts.find("firm-1").id
        memberships.add(account_id, other, "owner", by="tests")
        memberships.remove(account_id, person_id, by="tests")
        db.session.commit()

    answer = ask(sign(role="owner"))

    assert (answer.status_code, answer.json["account"]) == (200, None)


def test_text_that_no_database_keeps_is_replaced_in_a_token(app, ask):
    answer = ask(sign(sub="user\0one\ud800", name="A\0na"))
    assert (answer.status_code, answer.json["person"]["name"]) == (200, "A\ufffdna")
    with app.app_context():
        assert people.find("user\ufffdone\ufffd").name == "A\ufffdna"


def test_first_requests_in_parallel_make_one_person_and_one_account(app):
    token = sign()
    results = in_parallel(app, 8, lambda i: user_tokens.resolve(token))
    assert len({(user.person_id, user.account_id) for user in results}) == 1


def test_a_token_without_a_key_or_with_a_wrong_one_is_refused(client, ask):
    assert client.get("/v1/widget/state", headers={"Authorization": f"Bearer {sign()}"}).status_code == 401
    assert ask(sign(), key="pk_wrong").status_code == 401


def test_a_secret_key_is_taken_as_bearer_or_as_user_name(app, client, secret_key):
    make_account(app, key="firm-1")
    basic = base64.b64encode(f"{secret_key}:".encode()).decode()
    for header in (f"Bearer {secret_key}", f"Basic {basic}"):
        answer = client.get("/v1/accounts/firm-1", headers={"Authorization": header})
        assert answer.status_code == 200


def test_a_publishable_key_opens_no_door_of_the_server(client, publishable_key):
    answer = client.get("/v1/people/anybody", headers={"Authorization": f"Bearer {publishable_key}"})
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_nobody_is_asked_who_they_are(client):
    answer = client.get("/v1/people/anybody")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="plg"')


def test_a_revoked_key_opens_nothing_at_once(app, client, secret_key):
    headers = {"Authorization": f"Bearer {secret_key}"}
    assert client.get("/v1/people/nobody", headers=headers).status_code == 404
    with app.app_context():
        keys.revoke(keys.all_keys()[0].id, by="tests")
        db.session.commit()
    answer = client.get("/v1/people/nobody", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (401, "key_refused")


def test_a_key_is_not_kept_in_plain_text(app, secret_key):
    with app.app_context():
        row = db.session.query(ApiKey).one()
        kept = " ".join(str(value) for value in vars(row).values())
        assert secret_key not in kept


def test_who_asks_is_known_after_one_query(app, ask):
    ask(sign())
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        assert ask(sign()).status_code == 200
    assert queries.count <= 3, queries
