"""What every kind of report keeps to: the API, CSV and JSON of each table, chart, saved reports, the command line."""

from __future__ import annotations

import csv
import datetime as dt
import functools
import html
import io
import json
import re
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from plg.growth.reports import REPORTS
from plg.growth.reports.tables import names_of
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from plg.segments import named
from tests.support.story import happened, make_account, make_person
from tests.support.visitors import a_customer, visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DAY = dt.timedelta(days=1)
EVERY_WEEK = {kind: {"interval": "week"} for kind in ("trend", "stickiness")}
RANGE = {"from": (now() - 30 * DAY).isoformat(), "to": (now() + DAY).isoformat()}


@pytest.fixture
def visit(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return functools.cache(lambda kind: visitor(app, kind, customer))


@pytest.fixture
def story(app):
    """Four people signed up three weeks ago; three were active after, two pay."""
    moment = now() - 21 * DAY
    for number in range(4):
        person = make_person(app, f"p{number}@x.example", name=f"Person {number}")
        account = make_account(app, (person, "owner"), name=f"Company {number}")
        happened(app, "Signed Up", person_id=person, occurred_at=moment)
        happened(app, "Trial Started", person_id=person, account_id=account, occurred_at=moment)
        if number < 3:
            happened(app, "Invoice Sent", person_id=person, account_id=account, occurred_at=moment + 15 * DAY)
        if number < 2:
            at = moment + 16 * DAY
            happened(app, "Subscription Started", person_id=person, account_id=account, occurred_at=at)
    with app.app_context():
        catch_up()


def example(kind: str) -> dict[str, object]:
    return REPORTS[kind].definition.model_config["json_schema_extra"]["example"] | RANGE


def test_each_kind_answers_with_all_its_tables_as_json_and_csv_and_draws_one(app, visit, story):
    for kind, report in REPORTS.items():
        door = f"/v1/reports/{kind}"
        answer = visit("secret").open("POST", door, json=example(kind))
        assert answer.status_code == 200, (kind, answer.text)
        report.result.model_validate(answer.json)
        for table in names_of(report.result):
            text = visit("secret").open("POST", f"{door}?format=csv&table={table}", json=example(kind)).text
            rows = list(csv.DictReader(io.StringIO(text)))
            records = answer.json.get(table, [{}])
            assert len(rows) == len(records), (kind, table)
            if table != "summary" and records:
                assert list(rows[0]) == list(records[0])
        drawn = visit("staff").open("POST", f"{door}?format=svg", json=example(kind))
        picture = ElementTree.fromstring(drawn.text)
        assert drawn.mimetype == "image/svg+xml" and picture.get("role") == "img"
        spec = visit("secret").open("POST", f"{door}?format=vega-lite", json=example(kind)).json
        assert spec["data"]["values"] == answer.json[report.drawn.table]
        assert {"x", "y"} <= set(spec["encoding"])


def test_two_steps_of_the_same_event_are_two_bars(app, visit, story):
    asked = example("funnel") | {"steps": [{"events": ["Signed Up"]}, {"events": ["Signed Up"]}]}
    door = "/v1/reports/funnel?format="
    picture = visit("secret").open("POST", f"{door}svg", json=asked).text
    assert "1. Signed Up" in picture and "2. Signed Up" in picture
    spec = visit("secret").open("POST", f"{door}vega-lite", json=asked).json
    assert spec["encoding"]["x"]["field"] == "label" and "datum.name" in spec["transform"][1]["calculate"]


def test_each_kind_names_every_fault_and_every_property_that_is_not_kept(app, visit, story):
    for kind in REPORTS:
        wrong = {"from": "yesterday", "actor": "robot", "colour": "red"}
        faults = visit("secret").open("POST", f"/v1/reports/{kind}", json=wrong).json["errors"]
        assert {"from", "to", "actor", "colour"} <= {fault["field"] for fault in faults}, kind
    asked = example("retention") | {
        "return_event": {"events": ["A"], "where": {"size": 1}},
        "amount": "price",
    }
    answer = visit("secret").open("POST", "/v1/reports/retention", json=asked)
    assert [fault["field"] for fault in answer.json["errors"]] == ["return_event.where.size", "amount"]
    assert (
        visit("secret")
        .open("POST", "/v1/reports/funnel?format=csv&table=x", json=example("funnel"))
        .status_code
        == 404
    )


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("activation", {"days": 20}, "kept_from_day"),
        ("activation", {"kept_from_day": 40}, "kept_to_day"),
        ("retention", {"kind": "bracket"}, "brackets"),
        ("retention", {"interval": "day", "from": "2024-01-01T00:00:00Z"}, "periods"),
    ],
)
def test_what_is_left_out_is_checked_with_what_is_said(visit, kind, given, field):
    answer = visit("secret").open("POST", f"/v1/reports/{kind}", json=example(kind) | given)
    assert (answer.status_code, [fault["field"] for fault in answer.json["errors"]]) == (422, [field])


def test_a_segment_leaves_out_who_is_not_in_it(app, visit, story):
    rule = {"field": "person.email", "eq": "p0@x.example"}
    with app.app_context():
        definitions = named.parse({"one": {"title": {"en": "One"}, "rule": rule}})
        named.publish("one", definitions["one"], by="tests")
        db.session.commit()
    for actor in ("person", "account"):
        asked = example("trend") | {
            "segment": "one",
            "actor": actor,
            "series": [{"events": ["Trial Started"]}],
        }
        answer = visit("secret").open("POST", "/v1/reports/trend", json=asked)
        assert sum(row["events"] for row in answer.json["periods"]) == 1
    unknown = visit("secret").open("POST", "/v1/reports/trend", json=asked | {"segment": "nobody"})
    assert (unknown.status_code, unknown.json["code"]) == (404, "no_such_segment")


def test_the_people_behind_a_number_come_by_pages_latest_first(app, visit, story):
    ask = functools.partial(visit("secret").open, "POST", "/v1/reports/funnel/people")
    report = example("funnel") | {"window_seconds": 86_400 * 30}
    asked = {"report": report, "number": {"step": 2}}
    page = ask(json=asked | {"limit": 1}).json
    rest = ask(json=asked | {"limit": 1, "cursor": page["next"]}).json
    assert (page["total"], rest["total"], rest["next"]) == (2, 2, None)
    assert {each["data"][0]["name"] for each in (page, rest)} == {"Person 0", "Person 1"}
    dropped = ask(json={"report": report, "number": {"step": 2, "dropped": True}}).json
    assert {each["name"] for each in dropped["data"]} == {"Person 2", "Person 3"}
    told = visit("staff").open("POST", "/v1/reports/funnel/people?format=csv", json=asked).text
    assert {row["name"] for row in csv.DictReader(io.StringIO(told))} == {"Person 0", "Person 1"}
    missing = ask(json={"report": report, "number": {"step": 3}})
    assert missing.json["errors"][0]["field"] == "number.step"
    assert ask(json=asked | {"cursor": "first"}).json["code"] == "unknown_cursor"


def test_those_behind_the_numbers_of_each_kind_are_told(app, visit, story):
    for kind, report in REPORTS.items():
        number = report.number.model_config["json_schema_extra"]["example"]
        asked = {"report": example(kind) | EVERY_WEEK.get(kind, {}), "number": number}
        if "start" in number:
            monday = (now() - dt.timedelta(days=now().weekday() + 21)).date()
            asked["number"] = number | {"start": monday.isoformat()}
        answer = visit("staff").open("POST", f"/v1/reports/{kind}/people", json=asked)
        assert answer.status_code == 200, (kind, answer.text)
        assert answer.json["total"] == len(answer.json["data"])
        wrong = visit("secret").open("POST", f"/v1/reports/{kind}/people", json=asked | {"number": {"x": 1}})
        assert "number.x" in {fault["field"] for fault in wrong.json["errors"]}


def test_the_numbers_of_a_page_lead_to_those_behind_them(app, visit, story):
    staff = visit("staff")
    form = {"kind": "funnel", "name": "Paying", "days": "30", "definition": json.dumps(example("funnel"))}
    shown = staff.open("POST", "/growth/reports/new", data=form).headers["Location"]
    page = staff.open("GET", f"{shown}?lang=en").text
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*/people\?number[^"]*)"', page)]
    assert any("dropped" in link for link in links)
    names = staff.open("GET", f"{links[0]}&lang=en").text
    assert "4 in all." in names and "Person 3" in names and "/staff/people/per_" in names
    assert staff.open("GET", links[0].replace("/people?", "/people.csv?")).text.count("Person") == 4
    board = staff.open("GET", "/growth?lang=en&actor=person").text
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*/growth/people/[^"]*)"', board)]
    assert {link.split("?")[0].rsplit("/")[-1] for link in links} == {"funnel", "signups", "trials"}
    for link in links:
        assert "in all." in staff.open("GET", f"{link}&lang=en").text
    assert staff.open("GET", f"{shown}/people?number=[]").status_code == 422


@pytest.mark.parametrize("kind", ["anonymous", "person", "user", "publishable", "secret"])
def test_the_people_of_a_page_are_for_staff(visit, kind):
    assert visit(kind).open("GET", "/growth/people/funnel?number={}").status_code in {302, 401, 403}


def test_a_kept_report_answers_of_its_last_days_until_it_is_deleted(app, visit, story):
    secret = visit("secret")
    told = {
        "name": "Paying",
        "kind": "funnel",
        "definition": example("funnel") | {"from": "2020-01-01T00:00:00Z"},
    }
    kept = secret.open(
        "POST", "/v1/saved-reports", json=told | {"days": 25}, headers={"Idempotency-Key": "a"}
    ).json
    again = secret.open(
        "POST", "/v1/saved-reports", json=told | {"days": 25}, headers={"Idempotency-Key": "a"}
    ).json
    assert kept == again and [
        each["id"] for each in secret.open("GET", "/v1/saved-reports").json["data"]
    ] == [kept["id"]]
    result = secret.open("GET", f"/v1/saved-reports/{kept['id']}/result").json
    assert [step["entered"] for step in result["steps"]] == [4, 0]
    assert secret.open("GET", f"/v1/saved-reports/{kept['id']}/result?format=csv").text.startswith(
        "name,entered"
    )
    assert secret.open("DELETE", f"/v1/saved-reports/{kept['id']}").status_code == 204
    assert secret.open("GET", f"/v1/saved-reports/{kept['id']}/result").status_code == 404
    faulty = secret.open("POST", "/v1/saved-reports", json=told | {"definition": {"steps": []}})
    assert {"steps", "from", "to"} <= {fault["field"] for fault in faulty.json["errors"]}


def test_staff_keep_reports_put_them_side_by_side_and_ask_for_other_days(app, visit, story):
    staff = visit("staff")
    form = {"kind": "trend", "name": "Sign-ups", "days": "30", "definition": json.dumps(example("trend"))}
    assert "Signed Up" in staff.open("GET", "/growth/reports/new?kind=trend&lang=en").text
    wrong = staff.open(
        "POST", "/growth/reports/new", data=form | {"name": "", "days": "x", "definition": "{"}
    )
    assert wrong.status_code == 422 and wrong.text.count('class="error"') == 3
    shown = staff.open("POST", "/growth/reports/new", data=form).headers["Location"]
    page = staff.open("GET", f"{shown}?lang=en").text
    assert "<svg" in page and "Signed Up" in page and "Download CSV" in page
    day = (now() - 5 * DAY).date().isoformat()
    assert staff.open("GET", f"{shown}/csv?from={day}&to={day}").text.strip().endswith("Signed Up,0,0,")
    assert staff.open("GET", f"{shown}?from=never").status_code == 422
    grid = form | {"kind": "retention", "definition": json.dumps(example("retention"))}
    page = staff.open("GET", staff.open("POST", "/growth/reports/new", data=grid).headers["Location"]).text
    assert page.count('class="number shade-') == 9 and page.count('class="number shade-0"></td>') >= 4
    public_id = shown.rsplit("/", 1)[1]
    made = staff.open("POST", "/growth/dashboards", data={"name": "Monday", "reports": [public_id]})
    board = made.headers["Location"]
    assert (
        "Sign-ups" in staff.open("GET", board).text and "Monday" in staff.open("GET", "/growth/reports").text
    )
    assert staff.open("POST", f"{shown}/delete").status_code == 303
    assert "Its reports were deleted" in staff.open("GET", f"{board}?lang=en").text
    assert staff.open("POST", f"{board}/delete").status_code == 303
    assert staff.open("GET", board).status_code == 404


def test_a_dashboard_compares_every_report_with_as_many_days_before(app, visit, story):
    staff, day = visit("staff"), now().date()
    first = day - dt.timedelta(days=4)
    reports = []
    for kind in REPORTS:
        told = {"name": kind, "kind": kind, "definition": example(kind)}
        reports.append(visit("secret").open("POST", "/v1/saved-reports", json=told).json["id"])
    made = staff.open("POST", "/growth/dashboards", data={"name": "Monday", "reports": reports})
    board = f"{made.headers['Location']}?lang=en&from={first}&to={day}"
    text = staff.open("GET", f"{board}&compare=1").text
    assert "the days before" not in staff.open("GET", board).text
    assert text.count("<summary>The days before: ") == len(REPORTS)
    assert "· the days before</text>" in text and ">the days before</text>" in text
    assert "Difference, at least" in text and "Compared" in text


def test_the_first_dashboard_says_where_people_stop_and_whom_to_call(app, visit, story):
    english = visit("staff").open("GET", "/growth?lang=en&actor=account").text
    assert "Where people stop" in english and "From trial to payment, by week" in english
    spanish = visit("staff").open("GET", "/growth?lang=es").text
    assert "A quién llamar hoy" in spanish and "Pronóstico" in spanish


def test_the_command_line_answers_any_report(app, story, monkeypatch):
    from plg.cli import main

    monkeypatch.setattr("plg.app.create_app", lambda *_: app)
    told = json.dumps(example("stickiness"))
    found = CliRunner().invoke(main, ["report", "stickiness", "--format", "csv", "--days", "30"], input=told)
    assert found.exit_code == 0, found.output
    assert next(csv.DictReader(io.StringIO(found.output)))["actors"] == "3"
    taught = CliRunner().invoke(main, ["report", "funnel", "--example"])
    assert (
        json.loads(taught.stdout) == REPORTS["funnel"].definition.model_config["json_schema_extra"]["example"]
    )
    assert "within a window" in taught.stderr
    wrong = CliRunner().invoke(main, ["report", "funnel"], input="{}")
    assert wrong.exit_code == 1 and "steps: is missing" in wrong.output
    assert "There is no report" in CliRunner().invoke(main, ["report", "horoscope"], input="{}").output
