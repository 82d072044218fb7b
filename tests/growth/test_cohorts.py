"""Cohorts: the people behind a number, kept as they are or counted again, and lists that are brought."""

from __future__ import annotations

import datetime as dt
import functools
import html
import io
import re
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.growth import cohorts
from plg.growth.columns import Among
from plg.growth.jobs import refresh_cohorts
from plg.growth.reports import REPORTS
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import identities
from plg.segments import cohorts as lists
from plg.segments import named, segments
from tests.growth.logs import in_memory
from tests.growth.test_reports_exact import LOGS
from tests.growth.test_reports_exact import RANGE as LOG_RANGE
from tests.support.story import happened, make_account, make_person
from tests.support.visitors import a_customer, visitor

HOUR = dt.timedelta(hours=1)
STEPS = [{"events": ["Signed Up"]}, {"events": ["Activated"]}]
RANGE = {"from": "2026-01-01T00:00:00Z", "to": "2036-01-01T00:00:00Z"}
FUNNEL = {"kind": "funnel", "definition": RANGE | {"steps": STEPS}, "number": {"step": 2, "dropped": True}}


@pytest.fixture
def visit(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return functools.cache(lambda kind: visitor(app, kind, customer))


@pytest.fixture
def people(app):
    """Four people with an account each, who signed up yesterday; the first was activated."""
    found = []
    for number in range(4):
        person = make_person(app, f"p{number}@x.example", name=f"Person {number}")
        account = make_account(app, (person, "owner"), name=f"Company {number}")
        happened(app, "Signed Up", person_id=person, account_id=account, occurred_at=now() - 24 * HOUR)
        found.append((person, account))
    happened(app, "Activated", person_id=found[0][0], occurred_at=now() - 20 * HOUR)
    with app.app_context():
        catch_up()
    return found


def names(secret, cohort: str) -> set[str]:
    return {each["name"] for each in secret.open("GET", f"/v1/cohorts/{cohort}/members").json["data"]}


def test_those_behind_a_number_stay_as_they_are_or_are_counted_again(app, visit, people):
    secret = visit("secret")
    frozen = secret.open("POST", "/v1/cohorts", json={"title": "Lost", "of": FUNNEL})
    dynamic = secret.open("POST", "/v1/cohorts", json={"title": "Lost now", "of": FUNNEL, "dynamic": True})
    assert (frozen.status_code, frozen.json["size"], dynamic.json["size"]) == (201, 3, 3)
    happened(app, "Activated", person_id=people[1][0], occurred_at=now() - HOUR)
    with app.app_context():
        catch_up()
        assert refresh_cohorts(now()) == 0
        assert refresh_cohorts(now() + cohorts.EVERY) == 1
        assert refresh_cohorts(now() + cohorts.EVERY) == 0
    assert names(secret, frozen.json["id"]) == {"Person 1", "Person 2", "Person 3"}
    assert names(secret, dynamic.json["id"]) == {"Person 2", "Person 3"}
    happened(app, "Activated", person_id=people[2][0], occurred_at=now() - HOUR)
    with app.app_context():
        catch_up()
    counted = secret.open("POST", f"/v1/cohorts/{dynamic.json['id']}/count", json={}).json
    assert (counted["size"], counted["fault"]) == (1, "")
    listed = secret.open("GET", "/v1/cohorts").json["data"]
    assert [each["title"] for each in listed] == ["Lost now", "Lost"]
    for each in listed:
        assert secret.open("DELETE", f"/v1/cohorts/{each['id']}").status_code == 204
    assert secret.open("GET", f"/v1/cohorts/{frozen.json['id']}/members").json["code"] == "cohort_not_found"


def test_a_cohort_is_a_segment_of_reports_rules_and_lists(app, visit, people):
    secret = visit("secret")
    cohort = secret.open("POST", "/v1/cohorts", json={"title": "Lost", "of": FUNNEL}).json["id"]
    told = [each for each in secret.open("GET", "/v1/segments").json["data"] if each["name"] == cohort]
    assert told[0]["title"] == {"es": "Lost", "en": "Lost"}
    rule = {"not": {"field": f"cohort.{cohort}", "eq": True}}
    assert secret.open("POST", "/v1/segments/count", json={"segment": cohort}).json["count"] == 3
    assert secret.open("POST", "/v1/segments/count", json={"rule": rule}).json["count"] == 2  # ours, too
    why = secret.open("POST", "/v1/segments/explain", json={"segment": cohort, "person": "p1@x.example"})
    assert why.json["holds"] is True
    with app.app_context():
        moment = now()
        asked = {"in": named.rule_of(cohort, moment)}
        held = [segments.which(asked, person, account, moment) for person, account in people]
    assert held == [set(), {"in"}, {"in"}, {"in"}]
    trend = RANGE | {"series": [{"events": ["Signed Up"]}], "segment": cohort, "interval": "month"}
    trend |= {"to": "2027-01-01T00:00:00Z"}
    for actor in ("person", "account"):
        answer = secret.open("POST", "/v1/reports/trend", json=trend | {"actor": actor})
        assert sum(row["events"] for row in answer.json["periods"]) == 3


def test_segments_stand_side_by_side_in_funnels_and_retention(app, visit, people):
    secret = visit("secret")
    ids = ["p0@x.example", "p1@x.example"]
    two = secret.open("POST", "/v1/cohorts", json={"title": "Two", "ids": ids}).json["id"]
    lost = secret.open("POST", "/v1/cohorts", json={"title": "Lost", "of": FUNNEL}).json["id"]
    asked = FUNNEL["definition"] | {"by_segments": [two, lost]}
    rows = secret.open("POST", "/v1/reports/funnel", json=asked).json["segments"]
    assert [(row["segment"], row["step"], row["entered"]) for row in rows] == [
        (two, 1, 2),
        (two, 2, 1),
        (lost, 1, 3),
        (lost, 2, 0),
    ]
    number = {"step": 2, "dropped": True, "segment": two}
    behind = secret.open("POST", "/v1/reports/funnel/people", json={"report": asked, "number": number})
    assert [each["name"] for each in behind.json["data"]] == ["Person 1"]
    kept = {"start_event": STEPS[0], "return_event": STEPS[1], "periods": 1, "by_segments": [two, lost]}
    days = {"from": (now() - 48 * HOUR).isoformat(), "to": (now() + HOUR).isoformat(), "clock": "rolling"}
    rows = secret.open("POST", "/v1/reports/retention", json=kept | days).json["segments"]
    told = [(row["segment"], row["size"], row["returned"]) for row in rows if row["period"] == 0]
    assert told == [(two, 2, 1), (lost, 3, 0)]
    unknown = secret.open("POST", "/v1/reports/funnel", json=asked | {"by_segments": ["nobody"]})
    assert unknown.json["code"] == "no_such_segment"


def test_a_list_of_any_ids_becomes_a_cohort_and_unknown_ones_are_told(app, visit, people):
    secret = visit("secret")
    with app.app_context():
        identities.claim(people[0][0], "user-1")
        db.session.commit()
        public_id = lists.page(lists.add("x", "person", [people[1][0]], by="t"), None, 1)[0][1]
        db.session.rollback()
    ids = ["user-1", "P2@x.example", public_id, "user-1", "nobody", " "]
    told = secret.open("POST", "/v1/cohorts", json={"title": "Brought", "ids": ids}).json
    assert (told["size"], told["unknown"]) == (3, ["nobody"])
    assert names(secret, told["id"]) == {"Person 0", "Person 1", "Person 2"}
    for wrong in ({}, {"ids": [], "of": FUNNEL}, {"ids": ["a"], "dynamic": True}):
        assert secret.open("POST", "/v1/cohorts", json={"title": "x"} | wrong).status_code == 422
    faulty = FUNNEL | {"number": {"step": 0}}
    answer = secret.open("POST", "/v1/cohorts", json={"title": "x", "of": faulty})
    assert [fault["field"] for fault in answer.json["errors"]] == ["number.step"]


def test_who_turns_out_to_be_one_is_in_the_cohort_once(app, visit, worker, people):
    worker()
    with app.app_context():
        one, other, third = (person for person, _ in people[:3])
        lists.add("Both", "person", [one, other], by="tests")
        lists.add("Gone", "person", [other, third], by="tests")
        db.session.commit()
        identities.merge(one, other, reason="tests", by="tests", force=True)
        db.session.commit()
    worker()
    with app.app_context():
        survivor = identities.survivor(other)
        found = [sorted(lists.ids_of(each)) for each in lists.every()]
    assert found == [sorted([survivor, third]), [survivor]]


def test_a_report_that_cannot_be_counted_leaves_the_members_and_says_why(app, visit, people):
    secret = visit("secret")
    base = secret.open("POST", "/v1/cohorts", json={"title": "Base", "ids": ["p1@x.example"]}).json["id"]
    of = FUNNEL | {"definition": FUNNEL["definition"] | {"segment": base}}
    told = secret.open("POST", "/v1/cohorts", json={"title": "In base", "of": of, "dynamic": True}).json
    assert told["size"] == 1
    secret.open("DELETE", f"/v1/cohorts/{base}")
    counted = secret.open("POST", f"/v1/cohorts/{told['id']}/count", json={}).json
    assert counted["size"] == 1 and base in counted["fault"]


def test_two_workers_count_a_cohort_once(app, visit, people):
    secret = visit("secret")
    told = {"title": "Lost", "of": FUNNEL, "dynamic": True}
    cohort = secret.open("POST", "/v1/cohorts", json=told).json["id"]
    moment, counts = now() + cohorts.EVERY, []

    def work() -> None:
        with app.app_context():
            counts.append(refresh_cohorts(moment))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 1
    assert names(secret, cohort) == {"Person 1", "Person 2", "Person 3"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_staff_keep_who_stands_behind_a_number_and_bring_lists(app, visit, people):
    staff = visit("staff")
    page = staff.open(
        "GET", '/growth/people/funnel?actor=person&number={"step":2,"dropped":true}&lang=en'
    ).text
    question = html.unescape(re.search(r'name="question" value="([^"]*)"', page)[1])
    form = {"title": "To call", "question": question, "dynamic": "1"}
    shown = staff.open("POST", "/growth/cohorts/kept", data=form).headers["Location"]
    text = staff.open("GET", f"{shown}?lang=en").text
    assert "Person 3" in text and "every quarter of an hour" in text
    assert staff.open("GET", f"{shown}.csv").text.count("Person") == 3
    assert staff.open("POST", f"{shown}/count").status_code == 303
    assert "To call" in staff.open("GET", "/growth?lang=en").text  # in the list of segments
    assert "To call" in staff.open("GET", "/staff/segments").text
    public_id = shown.rsplit("/", 1)[1]
    rule = staff.open("GET", f"/staff/segments/{public_id}?lang=en").text
    assert f'value="cohort.{public_id}"' in rule and "Holds for 3 of" in rule
    file = io.BytesIO(b"email;plan\np0@x.example;pro\nstranger;free\n")
    brought = {"title": "Brought", "actor": "person", "file": (file, "people.csv")}
    answer = staff.open("POST", "/growth/cohorts", data=brought, content_type="multipart/form-data")
    text = staff.open("GET", f"{answer.headers['Location']}?lang=en").text
    assert "Person 0" in text and "1 id is known of nobody: stranger" in text
    wrong = staff.open("POST", "/growth/cohorts", data={"title": "", "actor": "robot", "ids": ""})
    assert wrong.status_code == 422 and wrong.text.count('class="error"') == 3
    broken = staff.open("POST", "/growth/cohorts/kept", data={"title": "x", "question": "{"})
    assert broken.status_code == 404
    assert staff.open("POST", f"{shown}/delete").status_code == 303
    assert "To call" not in staff.open("GET", "/growth/cohorts").text


@settings(max_examples=30, deadline=None)
@given(log=LOGS, who=st.sets(st.integers(1, 4)))
def test_a_segment_beside_others_is_the_report_of_its_own_people(log, who) -> None:
    among = {"some": Among(in_memory(log), np.array(sorted(who), dtype=np.uint64))}
    theirs = in_memory([event for event in log if event.person in who])
    a, b = {"events": ["A"]}, {"events": ["B"]}
    for kind, given_ in {
        "funnel": {"steps": [a, b]},
        "retention": {"start_event": a, "return_event": b, "periods": 2},
    }.items():
        report = REPORTS[kind]
        asked = report.definition.model_validate(LOG_RANGE | given_)
        rows = report.side_by_side(asked, among)
        alone = report.evaluate(asked, theirs)
        wanted = alone.steps if kind == "funnel" else alone.average
        assert [row.model_dump(exclude={"segment", "step"}) for row in rows] == [
            row.model_dump() for row in wanted
        ]
