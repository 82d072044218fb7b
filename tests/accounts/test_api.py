"""A host product with a log-in of its own tells plg who its people and accounts are."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from plg.access import keys
from plg.accounts.models import Account, Membership
from plg.events.models import Event
from plg.kit.db import db
from plg.people.models import Person
from tests.support.queries import count_queries
from tests.support.story import make_account, make_person
from tests.web.visits import count, mails

ACCOUNT = {
    "id": "company-7",
    "name": "Acme",
    "timezone": "Europe/Madrid",
    "locale": "es",
    "traits": {"industry": "Retail"},
    "owner": {"id": "user-42", "email": "Ana@acme.example", "name": "Ana Ruiz"},
}


@pytest.fixture
def host(client, secret_key):
    """Calls the API with a secret key: `host("post", "/v1/people", {…})`."""

    def call(method, path, body=None, **headers):
        sent = {"Authorization": f"Bearer {secret_key}", **headers}
        return getattr(client, method)(path, json=body, headers=sent)

    return call


def test_an_account_is_made_with_its_owner_in_one_call(app, host):
    answer = host("post", "/v1/accounts", ACCOUNT)

    assert answer.status_code == 201
    told = answer.get_json()
    assert "company-7" in told["keys"]
    assert (told["name"], told["timezone"], told["locale"]) == ("Acme", "Europe/Madrid", "es")
    assert told["traits"] == {"industry": "Retail"}
    (owner,) = told["members"]
    assert (owner["name"], owner["email"], owner["role"]) == ("Ana Ruiz", "ana@acme.example", "owner")
    assert count(app, Event, Event.name == "Account Created") == 1


def test_sent_again_it_changes_the_same_account_and_leaves_out_what_is_left_out(app, host):
    host("post", "/v1/accounts", ACCOUNT)

    answer = host("post", "/v1/accounts", {"id": "company-7", "name": "Acme Europe", "traits": {"size": 9}})

    assert answer.status_code == 200
    told = answer.get_json()
    assert (told["name"], told["timezone"], told["locale"]) == ("Acme Europe", "Europe/Madrid", "es")
    assert told["traits"] == {"industry": "Retail", "size": 9}
    assert count(app, Account) == count(app, Membership) == 1
    assert count(app, Event, Event.name == "Account Created") == 1


def test_an_account_that_an_event_named_first_is_described_by_the_call(app, host):
    host("post", "/v1/group", {"userId": "user-42", "groupId": "company-7"})

    answer = host("post", "/v1/accounts", ACCOUNT)

    assert answer.status_code == 200
    assert [one["role"] for one in answer.get_json()["members"]] == ["owner"]
    assert count(app, Account) == count(app, Person) == 1


def test_the_same_call_from_many_sides_makes_one_account_and_one_person(app, secret_key):
    def call(_):
        headers = {"Authorization": f"Bearer {secret_key}"}
        return app.test_client().post("/v1/accounts", json=ACCOUNT, headers=headers).status_code

    with ThreadPoolExecutor(6) as threads:
        answers = sorted(threads.map(call, range(6)))

    assert answers == [200] * 5 + [201]
    assert (count(app, Account), count(app, Person), count(app, Membership)) == (1, 1, 1)


def test_with_an_idempotency_key_an_account_without_an_id_is_made_once(app, host):
    body = {"name": "Acme"}
    first = host("post", "/v1/accounts", body, **{"Idempotency-Key": "k1"})
    second = host("post", "/v1/accounts", body, **{"Idempotency-Key": "k1"})

    assert first.get_json()["id"] == second.get_json()["id"]
    assert count(app, Account) == 1


def test_all_faults_are_told_at_once(app, host):
    bad = {"name": "", "timezone": "Mars/Base", "locale": "fr", "owner": {"email": "no address"}}

    answer = host("post", "/v1/accounts", bad)

    assert answer.status_code == 422
    fields = {fault["field"] for fault in answer.get_json()["errors"]}
    assert fields == {"name", "timezone", "locale", "owner.email"}
    assert count(app, Account) == 0


def test_an_account_is_changed_in_parts_and_a_trait_taken_away(host):
    host("post", "/v1/accounts", ACCOUNT)

    answer = host("patch", "/v1/accounts/company-7", {"name": "New", "traits": {"industry": None, "a": 1}})

    told = answer.get_json()
    assert (told["name"], told["timezone"], told["traits"]) == ("New", "Europe/Madrid", {"a": 1})


def test_a_person_is_made_then_changed_by_ones_own_id(app, host):
    first = host("post", "/v1/people", {"id": "user-42", "email": "ana@acme.example", "name": "Ana"})
    second = host("post", "/v1/people", {"id": "user-42", "traits": {"title": "CFO"}})

    assert (first.status_code, second.status_code) == (201, 200)
    told = second.get_json()
    assert told["id"] == first.get_json()["id"]
    assert (told["email"], told["name"], told["traits"]["title"]) == ("ana@acme.example", "Ana", "CFO")
    assert "user-42" in told["distinct_ids"]
    assert count(app, Person) == 1


def test_by_address_alone_one_person_is_found_again_and_gets_your_id_later(app, host):
    first = host("post", "/v1/people", {"email": "Ana@acme.example"})
    again = host("post", "/v1/people", {"email": "ana@ACME.example", "name": "Ana"})
    named = host("post", "/v1/people", {"id": "user-42", "email": "ana@acme.example"})

    assert [first.status_code, again.status_code, named.status_code] == [201, 200, 200]
    assert len({answer.get_json()["id"] for answer in (first, again, named)}) == 1
    assert {"user-42", "ana@acme.example"} <= set(named.get_json()["distinct_ids"])


def test_two_users_of_yours_with_one_address_stay_two(app, host):
    first = host("post", "/v1/people", {"id": "user-1", "email": "team@acme.example"})
    second = host("post", "/v1/people", {"id": "user-2", "email": "team@acme.example"})

    assert second.status_code == 201
    assert first.get_json()["id"] != second.get_json()["id"]


def test_a_person_needs_an_id_or_an_address(host):
    assert host("post", "/v1/people", {"name": "Nobody"}).status_code == 422


def test_people_are_listed_page_by_page_and_found_by_address_and_id(host):
    for i in range(5):
        host("post", "/v1/people", {"id": f"user-{i}", "email": f"p{i}@acme.example"})

    seen, cursor = [], None
    for _ in range(3):
        page = host("get", "/v1/people?limit=2" + (f"&cursor={cursor}" if cursor else "")).get_json()
        seen += [person["email"][:2] for person in page["data"]]
        cursor = page["next"]

    assert seen == ["p4", "p3", "p2", "p1", "p0"]
    assert (cursor, page["has_more"]) == (None, False)
    for asked in ("email=P3@acme.example", "key=user-3"):
        (found,) = host("get", f"/v1/people?{asked}").get_json()["data"]
        assert "user-3" in found["distinct_ids"]


def test_lists_are_narrowed_by_when_and_refuse_what_is_no_cursor(host):
    host("post", "/v1/accounts", ACCOUNT)

    def ids(query):
        return [one["name"] for one in host("get", f"/v1/accounts?{query}").get_json()["data"]]

    assert ids("created_after=2020-01-01T00:00:00Z") == ["Acme"]
    assert ids("created_before=2020-01-01T00:00:00Z") == []
    assert ids("email=ana@acme.example") == ids("key=company-7") == ["Acme"]
    assert ids("email=eve@evil.example") == ids("key=other") == []
    assert host("get", "/v1/accounts?cursor=acct_nobody").status_code == 422
    assert host("get", "/v1/accounts?created_after=2020-01-01T00:00:00").status_code == 422


def test_a_page_of_accounts_takes_as_many_queries_as_one(app, host):
    def queries():
        with app.app_context():
            engine = db.engine
        with count_queries(engine) as seen:
            host("get", "/v1/accounts")
        return seen.count

    host("post", "/v1/accounts", ACCOUNT)
    one = queries()
    for i in range(8):
        host("post", "/v1/accounts", ACCOUNT | {"id": f"c{i}", "owner": {"id": f"u{i}"}})

    assert queries() == one


def test_members_are_put_changed_and_taken_out(app, host):
    host("post", "/v1/accounts", ACCOUNT)
    host("post", "/v1/people", {"id": "user-43"})
    path = "/v1/accounts/company-7/members/user-43"

    answers = [
        host("put", path, {"role": "billing"}),
        host("put", path, {"role": "admin"}),
        host("delete", path),
        host("delete", path),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 204, 403]
    assert answers[1].get_json()["role"] == "admin"
    assert count(app, Event, Event.name == "Account Removed User") == 1


def test_the_last_owner_is_neither_taken_out_nor_made_less(host):
    host("post", "/v1/accounts", ACCOUNT)
    path = "/v1/accounts/company-7/members/user-42"

    answers = [host("delete", path), host("put", path, {"role": "member"})]

    assert [(answer.status_code, answer.get_json()["code"]) for answer in answers] == [
        (409, "last_owner")
    ] * 2


def test_an_invitation_is_sent_listed_sent_again_and_taken_back(app, host):
    host("post", "/v1/accounts", ACCOUNT)
    path = "/v1/accounts/company-7/invitations"

    made = host("post", path, {"email": "Bea@acme.example", "role": "admin", "locale": "es"})

    assert made.status_code == 201
    assert re.search(r"/invitations/\S+$", made.get_json()["url"])
    (mail,) = mails(app, "bea@acme.example")
    assert mail.subject == "Te invitan a Acme"
    again = host("post", f"{path}/{made.get_json()['id']}/resend", {"send": False}).get_json()
    assert again["url"] != made.get_json()["url"]
    assert len(mails(app, "bea@acme.example")) == 1
    assert [one["url"] for one in host("get", path).get_json()["data"]] == [None]
    assert host("delete", f"{path}/{again['id']}").status_code == 204
    assert host("get", f"{path}?state=open").get_json()["data"] == []
    assert [one["state"] for one in host("get", f"{path}?state=revoked").get_json()["data"]] == ["revoked"]


def test_an_invitation_of_another_account_is_out_of_reach(app, host):
    host("post", "/v1/accounts", ACCOUNT)
    host("post", "/v1/accounts", {"id": "other", "name": "Other"})
    made = host("post", "/v1/accounts/company-7/invitations", {"email": "bea@acme.example"}).get_json()

    assert host("delete", f"/v1/accounts/other/invitations/{made['id']}").status_code == 404
    assert host("post", f"/v1/accounts/other/invitations/{made['id']}/resend", {}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/v1/accounts"),
        ("patch", "/v1/accounts/company-7"),
        ("post", "/v1/people"),
        ("put", "/v1/accounts/company-7/members/user-42"),
        ("delete", "/v1/accounts/company-7/members/user-42"),
        ("get", "/v1/accounts"),
        ("get", "/v1/people"),
        ("get", "/v1/accounts/company-7/invitations"),
        ("post", "/v1/accounts/company-7/invitations"),
    ],
)
def test_only_a_secret_key_opens_these_doors(app, client, publishable_key, method, path):
    make_account(app, (make_person(app), "owner"), key="company-7")
    with app.app_context():
        _, gone = keys.create("secret", "gone", by="tests")
        db.session.commit()
        keys.revoke(
            db.session.scalar(select(keys.ApiKey.id).order_by(keys.ApiKey.id.desc()).limit(1)), by="tests"
        )
        db.session.commit()

    for headers, status in (
        ({}, 401),
        ({"X-Plg-Key": publishable_key}, 403),
        ({"Authorization": f"Bearer {gone}"}, 401),
    ):
        assert getattr(client, method)(path, json={}, headers=headers).status_code == status


@pytest.mark.parametrize("event", ["Account Created", "Signed Up"])
def test_whoever_the_product_says_has_made_an_account_owns_it(app, host, event):
    told = {"event": event, "userId": "user-42", "context": {"groupId": "company-7"}}
    host("post", "/v1/track", told)
    host("post", "/v1/track", {**told, "userId": "user-43"})
    host("post", "/v1/track", told)

    members = host("get", "/v1/accounts/company-7").get_json()["members"]

    assert [one["role"] for one in members] == ["owner", "member"]


def test_a_browsers_word_makes_nobody_an_owner(app, client, publishable_key, host):
    host("post", "/v1/group", {"userId": "user-42", "groupId": "company-7"})
    event = {"event": "Account Created", "userId": "user-42", "context": {"groupId": "company-7"}}

    client.post("/v1/track", json=event, headers={"X-Plg-Key": publishable_key})

    (member,) = host("get", "/v1/accounts/company-7").get_json()["members"]
    assert member["role"] == "member"
