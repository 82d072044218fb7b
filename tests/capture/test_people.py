"""Who is who: ids of one person come together in whatever order they arrive, strangers never do."""

import itertools

import pytest

from plg.accounts import accounts, memberships
from plg.events import names
from plg.kit.db import db
from plg.people import people
from plg.signups import signups
from tests.capture.reading import account, events, is_known, members, only_event, person, same_person


@pytest.fixture
def segment(client, secret_key):
    def call(type_, *, key=secret_key, **fields):
        answer = client.post(f"/v1/{type_}", json=fields | {"writeKey": key})
        assert answer.status_code == 200
        return answer.json

    return call


@pytest.fixture
def posthog(client, secret_key):
    def capture(name, distinct_id, *, key=secret_key, **properties):
        event = {"event": name, "distinct_id": distinct_id, "properties": properties}
        answer = client.post("/batch/", json={"api_key": key, "batch": [event]})
        assert answer.status_code == 200
        return answer.json

    return capture


# --- merging ------------------------------------------------------------------------------------


def story(n):
    """What five calls tell of the n-th person and their ids."""
    return {
        "anonymous": ("track", {"anonymousId": f"anon{n}", "event": "Looked"}),
        "identify": (
            "identify",
            {"userId": f"u{n}", "anonymousId": f"anon{n}", "traits": {"email": f"ana{n}@example.com"}},
        ),
        "known": ("track", {"userId": f"u{n}", "event": "Bought"}),
        "alias": ("alias", {"userId": f"u{n}", "previousId": f"older{n}"}),
        "older": ("track", {"anonymousId": f"older{n}", "event": "Came"}),
    }


@pytest.mark.parametrize("first", story(0))
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whatever_the_order_all_ids_are_one_person(app, segment, first):
    orders = [order for order in itertools.permutations(story(0)) if order[0] == first]
    assert len(orders) == 24
    for n, order in enumerate(orders):
        for step in order:
            call, fields = story(n)[step]
            segment(call, **fields)
        assert same_person(app, f"u{n}", f"anon{n}", f"older{n}"), order
        assert person(app, f"u{n}").email == f"ana{n}@example.com", order
        assert person(app, f"anon{n}").identified, order
    assert not same_person(app, "u0", "u1")


@pytest.mark.parametrize("order", list(itertools.permutations(["seen", "identify", "known"])), ids="-".join)
def test_posthogs_identify_brings_the_anonymous_id_along_in_any_order(app, posthog, order):
    steps = {
        "seen": lambda: posthog(
            "$pageview", "dev", **{"$device_id": "dev", "$process_person_profile": False}
        ),
        "identify": lambda: posthog(
            "$identify", "u1", **{"$anon_distinct_id": "dev", "$set": {"plan": "pro"}}
        ),
        "known": lambda: posthog("bought", "u1"),
    }
    for step in order:
        steps[step]()
    assert same_person(app, "u1", "dev")
    assert person(app, "dev").traits == {"plan": "pro"}


@pytest.mark.parametrize("arguments", [("anon", {"alias": "u1"}), ("u1", {"alias": "anon"})])
def test_an_alias_merges_whichever_way_round_the_sdk_says_it(app, posthog, arguments):
    posthog("$identify", "u1", **{"$set": {"name": "Ana"}})
    posthog("$pageview", "anon")
    posthog("$create_alias", arguments[0], **arguments[1])
    assert same_person(app, "u1", "anon")
    assert person(app, "anon").name == "Ana"


def test_events_of_before_are_the_survivors_too(app, segment, worker):
    segment("track", anonymousId="anon", event="Looked")
    segment("identify", userId="u1", anonymousId="anon")
    worker()
    with app.app_context():
        from plg.events.stream import history
        from plg.people import identities

        found = history(person_ids=identities.records_of(people.find("u1").id), names=["Looked"])
        assert len(found) == 1


def test_two_known_people_stay_two_when_they_share_a_browser(app, segment):
    segment("identify", userId="u1", anonymousId="shared")
    segment("identify", userId="u2", anonymousId="shared")
    assert same_person(app, "u1", "shared")
    assert not same_person(app, "u1", "u2")


def test_two_known_people_become_one_by_an_alias_of_the_product(app, segment):
    segment("identify", userId="u1")
    segment("identify", userId="u2")
    segment("alias", userId="u1", previousId="u2")
    assert same_person(app, "u1", "u2")


def test_a_single_batch_may_tell_the_whole_story(app, client, secret_key):
    batch = [{"type": call} | fields for call, fields in story(1).values()]
    client.post("/v1/batch", json={"batch": batch, "writeKey": secret_key})
    assert same_person(app, "u1", "anon1", "older1")


# --- traits -------------------------------------------------------------------------------------


def test_traits_are_set_changed_set_once_and_taken_away(app, posthog):
    posthog("e", "u1", **{"$set": {"plan": "free", "seats": 1}, "$set_once": {"first": "ad"}})
    posthog("e", "u1", **{"$set": {"plan": "pro"}, "$set_once": {"first": "mail"}, "$unset": ["seats"]})
    assert person(app, "u1").traits == {"plan": "pro", "first": "ad"}


def test_the_traits_of_one_batch_are_taken_in_its_order(app, client, secret_key):
    batch = [
        {"type": "identify", "userId": "u1", "traits": {"plan": plan}} for plan in ("free", "trial", "pro")
    ]
    client.post("/v1/batch", json={"batch": batch, "writeKey": secret_key})
    assert person(app, "u1").traits == {"plan": "pro"}


def test_a_late_retry_does_not_bring_old_traits_back(app, segment):
    old = {"userId": "u1", "messageId": "m1", "traits": {"plan": "free"}}
    segment("identify", **old)
    segment("identify", userId="u1", messageId="m2", traits={"plan": "pro"})
    segment("identify", **old)
    assert person(app, "u1").traits == {"plan": "pro"}


def test_traits_are_kept_with_the_person_and_not_in_the_log(app, segment):
    segment("identify", userId="u1", traits={"email": "ana@example.com"})
    assert "ana@example.com" not in str((only_event(app).properties, only_event(app).context))


# --- accounts -----------------------------------------------------------------------------------


def test_a_group_call_describes_the_account_and_lets_the_person_in(app, segment):
    segment("group", userId="u1", groupId="acme", traits={"name": "Acme", "employees": 7})
    assert account(app, "acme").name == "Acme"
    assert account(app, "acme").traits["employees"] == 7
    assert members(app, "acme") == {person(app, "u1").id}


def test_an_event_in_an_account_lets_its_person_in_once(app, segment):
    for _ in range(2):
        segment("track", userId="u1", event="e", context={"groupId": "acme"})
    assert members(app, "acme") == {person(app, "u1").id}
    assert [event.name for event in events(app, of_plg=True)].count(names.ACCOUNT_ADDED_USER) == 1


def test_an_event_does_not_bring_back_who_was_taken_out_but_a_group_call_does(app, make_app, client, segment):
    segment("track", userId="u1", event="e", context={"groupId": "acme"})
    with app.app_context():
        memberships.remove(accounts.find("acme").id, people.find("u1").id, by="owner")
        db.session.commit()
    app.extensions["plg.capture.facts"].clear()
    segment("track", userId="u1", event="e", context={"groupId": "acme"})
    assert members(app, "acme") == set()
    segment("group", userId="u1", groupId="acme")
    assert members(app, "acme") == {person(app, "u1").id}


def test_the_events_of_somebody_with_one_account_belong_to_it(app, segment):
    segment("group", userId="u1", groupId="acme")
    segment("track", userId="u1", event="alone")
    assert events(app)[-1].account_id == account(app, "acme").id
    segment("group", userId="u1", groupId="other")
    segment("track", userId="u1", event="which?")
    assert events(app)[-1].account_id is None


def test_after_a_merge_the_anonymous_ids_events_belong_to_the_account_too(app, segment, worker):
    segment("group", userId="u1", groupId="acme")
    segment("identify", userId="u1", anonymousId="anon")
    segment("track", anonymousId="anon", event="e")
    assert events(app)[-1].account_id == account(app, "acme").id


def test_a_server_that_describes_an_account_makes_no_person_of_its_made_up_id(app, posthog):
    about = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme"}}
    posthog("$groupidentify", "$company_acme", **about)
    assert account(app, "acme").name == "Acme"
    assert members(app, "acme") == set()
    assert not is_known(app, "$company_acme")


# --- what a browser's key may not do ------------------------------------------------------------


def test_a_browser_cannot_make_two_known_people_one(app, segment, posthog, publishable_key):
    for known in ("victim", "attacker"):
        segment("identify", userId=known)
    segment("alias", key=publishable_key, userId="attacker", previousId="victim")
    posthog("$merge_dangerously", "attacker", key=publishable_key, alias="victim")
    posthog("$identify", "attacker", key=publishable_key, **{"$anon_distinct_id": "victim"})
    assert not same_person(app, "attacker", "victim")


@pytest.mark.parametrize("tomorrow", ["43", "eva@example.com", "user-000000000000000000000000000043"])
def test_a_browser_cannot_become_a_customer_of_tomorrow(app, segment, posthog, publishable_key, tomorrow):
    """Whose id can be guessed, and who would then be one person with the attacker, in all their accounts."""
    segment("identify", userId="attacker")
    segment("identify", key=publishable_key, userId="attacker", anonymousId=tomorrow)
    segment("alias", key=publishable_key, userId="attacker", previousId=tomorrow)
    posthog("$identify", "attacker", key=publishable_key, **{"$anon_distinct_id": tomorrow})
    posthog("$create_alias", "0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42", key=publishable_key, alias=tomorrow)
    segment("identify", userId=tomorrow)
    assert not same_person(app, "attacker", tomorrow)


@pytest.mark.parametrize(
    "drawn",
    ["0199c2a4-6f0e-7c11-9d3a-5b1f0c9e7a42", "17f5bca0d5a1c-0a0e9f9e5f6c7e-3f616b4a-1fa400-17f5bca0d5b4a8"],
)
def test_a_browser_brings_what_it_did_before_it_was_known(app, segment, publishable_key, drawn):
    segment("track", key=publishable_key, anonymousId=drawn, event="Looked")
    segment("identify", key=publishable_key, userId="u1", anonymousId=drawn)
    assert same_person(app, "u1", drawn)


def test_a_browser_cannot_absorb_somebody_whom_the_product_put_into_an_account(app, posthog, publishable_key):
    posthog("e", "victim", **{"$groups": {"company": "acme"}})
    posthog("$identify", "attacker", key=publishable_key, **{"$anon_distinct_id": "victim"})
    assert not same_person(app, "attacker", "victim")


def test_a_browser_cannot_let_anybody_into_an_account(app, segment, publishable_key):
    segment("group", userId="u1", groupId="acme")
    segment(
        "group", key=publishable_key, userId="attacker", groupId="acme", traits={"name": "Mine", "size": 3}
    )
    segment("track", key=publishable_key, userId="attacker", event="e", context={"groupId": "acme"})
    assert members(app, "acme") == {person(app, "u1").id}


def test_a_browser_describes_only_what_is_not_known_yet(app, segment, publishable_key):
    segment("group", userId="u1", groupId="acme", traits={"name": "Acme"})
    segment("group", key=publishable_key, userId="u1", groupId="acme", traits={"name": "Evil", "size": 3})
    assert account(app, "acme").name == "Acme"
    assert account(app, "acme").traits == {"name": "Acme", "size": 3}


def test_a_browser_gives_an_address_once_and_cannot_change_it(app, segment, publishable_key):
    segment("identify", key=publishable_key, userId="u1", traits={"email": "ana@example.com", "color": "red"})
    segment(
        "identify", key=publishable_key, userId="u1", traits={"email": "evil@example.com", "color": "blue"}
    )
    assert person(app, "u1").email == "ana@example.com"
    assert person(app, "u1").traits["color"] == "blue"


def test_a_browser_cannot_speak_for_somebody_who_signed_up(app, segment, publishable_key):
    """A sign-up is known by its address, which is no secret; mails go to it and begin with the name."""
    with app.app_context():
        made = signups.sign_up(
            "ana@acme.example", "a long enough password", "Ana", "Acme", locale="es", timezone="Europe/Madrid"
        )
        db.session.commit()
    evil = {"email": "evil@example.com", "name": "Click here", "firstName": "Click", "lastName": "here"}
    evil |= {"timezone": "Pacific/Kiritimati", "locale": "en"}
    segment("identify", key=publishable_key, userId=made.email, traits=evil)
    segment("group", key=publishable_key, userId=made.email, groupId=made.account.public_id, traits=evil)

    ana = person(app, "ana@acme.example")
    assert (ana.email, ana.name) == ("ana@acme.example", "Ana")
    acme = account(app, made.account.public_id)
    assert (acme.name, acme.timezone, acme.locale) == ("Acme", "Europe/Madrid", "es")


def test_a_browser_names_somebody_once_and_cannot_rename_them(app, segment, publishable_key):
    for traits in ({"firstName": "Ana", "lastName": "Gil"}, {"name": "Eva"}, {"firstName": "Eva"}):
        segment("identify", key=publishable_key, userId="u1", traits=traits)
    assert person(app, "u1").name == "Ana Gil"


@pytest.mark.parametrize(
    "email",
    ["a@x.example\r\nBcc: all@x.example", "a@x.example,b@x.example", "Ana <a@x.example>", "a b@x", "@x"],
)
def test_what_is_not_one_address_is_kept_as_a_trait_only(app, segment, email):
    segment("identify", userId="u1", traits={"email": email})
    assert person(app, "u1").email is None
    assert person(app, "u1").traits["email"] == email


@pytest.mark.parametrize("name", [names.PEOPLE_MERGED, names.SUBSCRIPTION_STARTED, names.PLAN_CHANGED])
def test_a_browser_cannot_tell_what_only_plg_knows(app, segment, publishable_key, name):
    answer = segment("track", key=publishable_key, userId="u1", event=name, properties={"from_person_id": 1})
    assert answer["faults"][0]["field"] == "event"
    assert events(app) == []


def test_nobody_outside_can_say_that_people_were_merged(app, segment):
    segment("track", userId="u1", event=names.PEOPLE_MERGED)
    assert events(app) == []


@pytest.mark.parametrize("name", [names.SIGNED_UP, names.INVITE_SENT, names.TRIAL_STARTED, names.PAGE_VIEWED])
def test_segments_own_events_of_saas_companies_are_taken_from_everybody(app, segment, publishable_key, name):
    segment("track", key=publishable_key, userId="u1", event=name)
    assert only_event(app).name == name


def test_an_id_that_plg_would_give_its_own_event_is_not_taken_away_from_it(app, segment):
    segment("track", userId="u1", event="e", messageId="activated:1")
    segment("track", userId="u1", event="e", messageId="activated:1")
    assert only_event(app).id != "activated:1"
