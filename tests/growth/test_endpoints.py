"""Reports over HTTP: as JSON, as the staff's page, as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import io
from typing import Any

import pytest

from academy import event_names
from plg.accounts.models import Account
from plg.growth import config
from plg.growth import folder as growth_folder
from plg.growth.cards import duration
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.queries import count_queries
from tests.support.story import happened, make_account, make_person
from tests.support.visitors import a_customer, visitor

HOUR = dt.timedelta(hours=1)
FUNNEL = {
    "steps": [{"events": ["Signed Up"]}, {"events": ["Activated"]}],
    "from": "2026-03-01T00:00:00Z",
    "to": "2026-04-01T00:00:00-05:00",
    "window_seconds": 86400,
}


@pytest.fixture
def visit(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return functools.cache(lambda kind: visitor(app, kind, customer))


@pytest.fixture
def story(app):
    """Three accounts signed up yesterday, two were activated, one pays."""
    moment = now() - 24 * HOUR
    for number in range(3):
        person = make_person(app, f"p{number}@x.example")
        account = make_account(app, (person, "owner"), name=f"Company {number}")
        happened(app, "Signed Up", person_id=person, occurred_at=moment)
        if number < 2:
            happened(app, "Activated", person_id=person, account_id=account, occurred_at=moment + HOUR)
        if number < 1:
            happened(app, "Limit Reached", account_id=account, occurred_at=moment + 3 * HOUR)
            happened(app, "Subscription Started", account_id=account, occurred_at=moment + 4 * HOUR)
    with app.app_context():
        catch_up()


@pytest.mark.parametrize("kind", ["secret", "staff"])
def test_a_funnel_is_counted_for_a_secret_key_and_for_staff(app, worker, visit, kind):
    march = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    ana, bea = make_person(app), make_person(app, "bea@x.example")
    for person in (ana, bea):
        happened(app, "Signed Up", person_id=person, occurred_at=march)
    happened(app, "Activated", person_id=ana, occurred_at=march + 2 * HOUR)
    worker()
    answer = visit(kind).open("POST", "/v1/reports/funnel", json=FUNNEL)
    assert answer.status_code == 200
    first, second = answer.json["steps"]
    assert (first["name"], first["entered"], first["median_seconds"]) == ("Signed Up", 2, None)
    assert (second["entered"], second["drop_off"], second["conversion_from_start"]) == (1, 1, 0.5)
    assert second["median_seconds"] == second["average_seconds"] == answer.json["median_seconds"] == 7200.0


@pytest.mark.parametrize(
    ("kind", "status"), [("anonymous", 401), ("publishable", 403), ("user", 403), ("person", 403)]
)
def test_a_foreign_or_absent_key_is_refused(visit, kind, status):
    answer = visit(kind).open("POST", "/v1/reports/funnel", json=FUNNEL)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_every_fault_of_a_funnel_is_named(visit):
    wrong: dict[str, Any] = FUNNEL | {"steps": [{"events": []}], "window_seconds": -1, "actor": "robot"}
    answer = visit("secret").open("POST", "/v1/reports/funnel", json=wrong)
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json["errors"]} >= {
        "steps.0.events",
        "window_seconds",
        "actor",
    }


def test_a_fault_of_a_filter_is_named_once_where_it_stands(visit):
    where = {"plan": {"gt": [1], "like": "p"}, "size": {}, "seats": [], "name": "x" * 201, "sum": {"a": 1}}
    steps = [{"events": ["Signed Up"], "where": where}, {"events": ["Activated"], "where": 3}]
    answer = visit("secret").open("POST", "/v1/reports/funnel", json=FUNNEL | {"steps": steps})
    assert answer.status_code == 422
    assert {fault["field"]: fault["message"] for fault in answer.json["errors"]} == {
        "steps.0.where.plan.gt": "must be a text or a number",
        "steps.0.where.plan.like": "is not known here",
        "steps.0.where.size": "holds no operator",
        "steps.0.where.seats": "must have at least 1 items",
        "steps.0.where.name": "must have at most 200 characters",
        "steps.0.where.sum.a": "is not known here",
        "steps.1.where": "must be an object",
    }


def test_a_filter_asks_with_operators_for_what_there_is_and_what_is_missing(app, worker, visit):
    moment = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)
    for number, plan in enumerate(["pro", "pro-max", 3, 30, True, None]):
        person = make_person(app, f"o{number}@x.example")
        told = {} if plan is None else {"plan": plan}
        happened(app, "Signed Up", person_id=person, occurred_at=moment, properties=told)
    worker()

    def count(asked):
        step = {"events": ["Signed Up"], "where": {"plan": asked}}
        told = FUNNEL | {"steps": [step, {"events": ["Activated"]}]}
        return visit("secret").open("POST", "/v1/reports/funnel", json=told).json["steps"][0]["entered"]

    assert [count(each) for each in ("pro", 3, 3.0, True, None, ["pro", 30, None])] == [1, 1, 1, 1, 1, 3]
    assert [count(each) for each in ({"gt": 3}, {"gte": 3}, {"between": [1, 9]})] == [1, 2, 1]
    assert [count({"starts_with": "pro"}), count({"contains": "max"}), count({"ends_with": "x"})] == [2, 1, 1]
    assert [count({"ne": "pro"}), count({"exists": False}), count({"not_in": ["pro", 3]})] == [5, 1, 4]


def test_a_filter_on_a_property_that_is_not_kept_is_a_named_fault(visit):
    steps = [{"events": ["Signed Up"], "where": {"colour": "red"}}, {"events": ["Activated"]}]
    answer = visit("secret").open("POST", "/v1/reports/funnel", json=FUNNEL | {"steps": steps})
    assert (answer.status_code, answer.json["code"]) == (422, "property_not_kept")
    assert [fault["field"] for fault in answer.json["errors"]] == ["steps.0.where.colour"]


def test_a_report_asks_the_database_only_who_is_asking(app, story, visit):
    secret = visit("secret")
    with app.app_context():
        engine = db.engine
    with count_queries(engine) as queries:
        assert secret.open("POST", "/v1/reports/funnel", json=FUNNEL).status_code == 200
    assert queries.count <= 2


def test_events_a_day_are_counted_in_the_time_zone_asked_for(app, worker, visit):
    evening = dt.datetime(2026, 3, 5, 2, tzinfo=dt.UTC)  # the 4th in Bogotá
    happened(app, "Signed Up", person_id=make_person(app), occurred_at=evening)
    worker()
    asked = {
        "series": [{"events": ["Signed Up"]}],
        "from": "2026-03-04T00:00:00-05:00",
        "to": "2026-03-06T00:00:00-05:00",
    }
    answer = visit("secret").open("POST", "/v1/reports/trend", json=asked | {"timezone": "America/Bogota"})
    days = [(day["start"], day["events"], day["actors"]) for day in answer.json["periods"]]
    assert days == [("2026-03-04", 1, 1), ("2026-03-05", 0, 0)]


def test_retention_follows_the_calendar_of_each_account_where_asked(app, worker, visit):
    midnight = dt.datetime(2026, 3, 5, tzinfo=dt.UTC)  # seven in the evening of the 4th in Bogotá
    with app.app_context():
        for number, zone in enumerate(["UTC", "America/Bogota"]):
            person = make_person(app, f"z{number}@x.example")
            account = make_account(app, (person, "owner"), name=zone)
            db.session.get_one(Account, account).timezone = zone
            db.session.commit()
            told = {"person_id": person, "account_id": account}
            happened(app, "Signed Up", occurred_at=midnight + HOUR, **told)
            happened(app, "Activated", occurred_at=midnight + 20 * HOUR, **told)
    worker()
    asked = {
        "from": "2026-03-04T00:00:00Z",
        "to": "2026-03-06T00:00:00Z",
        "start_event": {"events": ["Signed Up"]},
        "return_event": {"events": ["Activated"]},
        "periods": 1,
    }
    door = "/v1/reports/retention"

    def cells(**more):
        rows = visit("secret").open("POST", door, json=asked | more).json["cells"]
        return {
            (row["cohort"][8:], row["period"]): (row["size"], row["returned"]) for row in rows if row["size"]
        }

    for actor in ("person", "account"):
        assert cells(actor=actor) == {("05", 0): (2, 2), ("05", 1): (2, 0)}
        own = {("04", 0): (1, 0), ("04", 1): (1, 1), ("05", 0): (1, 1), ("05", 1): (1, 0)}
        assert cells(actor=actor, own_calendar=True) == own
    number = {"cohort": "2026-03-04", "period": 1, "returned": True}
    told = {"report": asked | {"own_calendar": True, "actor": "account"}, "number": number}
    found = visit("secret").open("POST", f"{door}/people", json=told).json["data"]
    assert [row["name"] for row in found] == ["America/Bogota"]
    wrong = asked | {"own_calendar": True, "clock": "rolling"}
    assert visit("secret").open("POST", door, json=wrong).json["errors"][0]["field"] == "own_calendar"


def test_the_reports_are_documented(client):
    paths = client.get("/v1/openapi.json").json["paths"]
    funnel = paths["/v1/reports/funnel"]["post"]
    assert {"/v1/reports/funnel", "/v1/reports/trend"} <= set(paths)
    assert "200" in funnel["responses"] and "window" in funnel["description"]


def test_the_page_shows_the_projects_funnel_in_both_languages(story, visit):
    english = visit("staff").open("GET", "/growth?lang=en").text
    assert "Signed up" in english and "Upgraded" in english
    assert "66.7%" in english and "33.3%" in english and "4 h" in english
    spanish = visit("staff").open("GET", "/growth?lang=es").text
    assert "Embudo" in spanish and "33,3" in spanish and 'lang="es"' in spanish


def test_a_page_without_events_says_so(visit):
    answer = visit("staff").open("GET", "/growth?lang=en")
    assert answer.status_code == 200
    assert "Nothing has happened yet" in answer.text


def test_the_page_counts_only_the_days_asked_for(story, visit):
    day = (now() - dt.timedelta(days=10)).date().isoformat()
    text = visit("staff").open("GET", f"/growth?lang=en&from={day}&to={day}").text
    assert "Sign-ups a day: 0 in all" in text
    assert "Sign-ups a day: 3 in all" in visit("staff").open("GET", "/growth?lang=en").text


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=2026-02-30",
        "from=2026-03-02&to=2026-03-01",
        "from=0001-01-01",
        "from=2011-01-01&to=2041-01-01",
        "actor=robot",
        "from=%00%27&to=%3Cscript%3E",
    ],
)
def test_a_form_that_makes_no_sense_is_answered_with_its_faults(story, visit, query):
    answer = visit("staff").open("GET", f"/growth?lang=en&{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert "Sign-ups a day: 3 in all" in answer.text
    assert "<script>" not in answer.text.replace('<script type="module"', "")


@pytest.mark.parametrize("kind", ["anonymous", "person", "secret"])
@pytest.mark.parametrize("path", ["/growth", "/growth/funnel.csv", "/growth/signups.csv"])
def test_the_page_and_its_tables_are_for_staff(visit, kind, path):
    assert visit(kind).open("GET", path).status_code in {302, 401, 403}


def test_the_funnel_can_be_downloaded(story, visit):
    answer = visit("staff").open("GET", "/growth/funnel.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    assert [row["entered"] for row in rows] == ["3", "2", "0", "1", "1"]
    assert rows[1]["median_seconds"] == "3600.0"


def test_who_learned_is_counted_and_who_did_not_is_not_lost(app, story, visit):
    account = make_account(app, (make_person(app, "eva@x.example"), "owner"), name="Eva's")
    for hours, name in enumerate(("Signed Up", "Activated", "Lesson Completed", "Limit Reached"), start=1):
        happened(app, name, account_id=account, occurred_at=now() - (12 - hours) * HOUR)
    with app.app_context():
        catch_up()
    text = visit("staff").open("GET", "/growth?lang=en").text
    assert "Learned" in text and "A way goes on without this step, too." in text
    assert "Most are lost before “Upgraded”: 1 of 2." in text
    rows = list(csv.DictReader(io.StringIO(visit("staff").open("GET", "/growth/funnel.csv?lang=en").text)))
    assert [(row["name"], row["entered"], row["drop_off"]) for row in rows][2:4] == [
        ("Learned", "1", "2"),
        ("Limit Reached", "2", "1"),
    ]
    assert set(config.LEARNED.events) <= set(event_names.MEANINGS)


@pytest.mark.parametrize("which", ["funnel", "signups", "value", "trials"])
def test_every_answer_of_the_first_dashboard_can_be_taken_along(story, visit, which):
    answers = {form: visit("staff").open("GET", f"/growth/{which}.{form}") for form in ("csv", "json", "svg")}
    assert {form: answer.mimetype for form, answer in answers.items()} == {
        "csv": "text/csv",
        "json": "application/json",
        "svg": "image/svg+xml",
    }
    assert len(answers["csv"].text.splitlines()) > 1


def test_the_first_dashboard_stands_beside_the_days_before(app, story, visit):
    eva = make_person(app, "eva@x.example")
    happened(app, "Signed Up", person_id=eva, occurred_at=now() - 4 * 24 * HOUR)
    happened(app, "Activated", person_id=eva, occurred_at=now() - 4 * 24 * HOUR + 3 * HOUR)
    with app.app_context():
        catch_up()
    first = (now() - dt.timedelta(days=2)).date().isoformat()
    text = visit("staff").open("GET", f"/growth?lang=en&actor=person&from={first}").text
    assert "1 in the days before" in text and "3 h in the days before" in text


def test_the_sign_ups_can_be_downloaded(story, visit):
    rows = list(csv.DictReader(io.StringIO(visit("staff").open("GET", "/growth/signups.csv").text)))
    assert len(rows) == 90
    assert sum(int(row["events"]) for row in rows) == 3


def test_a_name_that_a_spreadsheet_would_run_is_written_as_text(app, visit):
    with app.app_context():
        growth_folder.section.publish("growth", {"funnel": ["=HYPERLINK(1)", "B"]}, "tests")
        db.session.commit()
    assert "'=HYPERLINK(1)" in visit("staff").open("GET", "/growth/funnel.csv").text


def test_a_named_step_is_shown_in_the_readers_language(app, story, visit):
    steps = [{"events": ["Signed Up"], "name": {"es": "Registro", "en": "Registration"}}, "Activated"]
    with app.app_context():
        growth_folder.section.publish("growth", {"funnel": steps}, "tests")
        db.session.commit()
    assert "Registration" in visit("staff").open("GET", "/growth?lang=en").text
    assert "Registro" in visit("staff").open("GET", "/growth?lang=es").text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (3601, "1 h"),
        (3660, "1 h 1 min"),
        (90_000, "1 d 1 h"),
        (86_400 * 40, "40 d"),
    ],
)
def test_a_duration_reads_in_its_two_largest_units(seconds, text):
    assert duration(seconds) == text
