"""The form that builds reports: it shows what it reads, loses nothing, and keeps what it shows."""

from __future__ import annotations

import datetime as dt
import functools
import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg.growth import saved_reports
from plg.growth.builder import form
from plg.growth.builder.fields import scalar, shown_scalar
from plg.growth.models import SavedReport
from plg.growth.reports import REPORTS
from plg.growth.subscribers import catch_up
from plg.kit.clock import now
from plg.kit.db import db
from tests.support.story import happened, make_account, make_person
from tests.support.visitors import a_customer, visitor

DAY = dt.timedelta(days=1)
NAMES = st.sampled_from(["Signed Up", "Invoice Sent", "a, b", "Ñ"])
VALUES = st.one_of(
    st.text('abc05 "{}', min_size=1, max_size=4).map(str.strip).filter(bool), st.integers(), st.booleans()
)
CONDITIONS = st.sampled_from(
    [
        ["pro", 5],
        {"gte": 1, "lt": 5},
        {"ne": "pro"},
        {"exists": False},
        {"in": ["a", "b"], "not_contains": "a"},
    ]
)
CHOSEN = st.builds(
    lambda events, where: {"events": events} | ({"where": where} if where else {}),
    st.lists(NAMES, min_size=1, max_size=3, unique=True),
    st.dictionaries(NAMES, VALUES | CONDITIONS, max_size=2),
)
FUNNELS = st.fixed_dictionaries(
    {
        "steps": st.lists(CHOSEN, min_size=2, max_size=4),
        "window_seconds": st.integers(1, 5_000).map(lambda n: n * 60),
    },
    optional={
        "actor": st.just("account"),
        "order": st.just("strict"),
        "exclusions": st.lists(CHOSEN, min_size=1, max_size=2),
        "hold": st.just(["plan"]),
        "breakdown": st.just({"property": "plan", "attribution": "last"}),
        "by_segments": st.just(["one", "two"]),
        "trend": st.just({"interval": "month"}),
    },
)
RETENTIONS = st.fixed_dictionaries(
    {"start_event": CHOSEN, "return_event": CHOSEN},
    optional={
        "first": st.just(False),
        "periods": st.integers(1, 12),
        "clock": st.just("rolling"),
        "amount": NAMES,
    },
)


@given(value=VALUES)
def test_a_value_is_read_as_it_is_shown(value) -> None:
    assert scalar(shown_scalar(value)) == value and type(scalar(shown_scalar(value))) is type(value)


@settings(max_examples=60, deadline=None)
@given(told=st.one_of(FUNNELS.map(lambda d: ("funnel", d)), RETENTIONS.map(lambda d: ("retention", d))))
def test_the_form_loses_nothing_of_what_it_can_show(told) -> None:
    kind, definition = told
    range_ = {"from": "2026-05-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
    assert form.is_whole(SavedReport(kind=kind, definition=definition | range_, days=30), "UTC")


@pytest.fixture
def visit(app):
    with app.app_context():
        customer = a_customer("ours", "Our Own Company")
        db.session.commit()
    return functools.cache(lambda kind: visitor(app, kind, customer))


@pytest.fixture
def story(app):
    for number in range(3):
        person = make_person(app, f"p{number}@x.example")
        make_account(app, (person, "owner"))
        happened(app, "Signed Up", person_id=person, occurred_at=now() - 3 * DAY)
        if number:
            told = {"plan": "pro" if number > 1 else "free"}
            happened(app, "Invoice Sent", person_id=person, occurred_at=now() - 2 * DAY, properties=told)
    with app.app_context():
        catch_up()


def sent_by(page: str) -> dict[str, str]:
    """What a browser would send of the form that a page shows."""
    text = page[page.index('<form class="form built"') : page.rindex("</form>")]
    fields = {}
    for tag in re.findall(r"<input [^>]*>", text):
        known = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if known.get("type") != "checkbox" or " checked" in tag:
            fields[known["name"]] = html.unescape(known.get("value", ""))
    for select in re.findall(r"(?s)<select .*?</select>", text):
        options = re.findall(r'<option value="([^"]*)"( selected)?', select)
        chosen = [value for value, selected in options if selected] or [options[0][0]]
        fields[re.search(r'name="([^"]*)"', select)[1]] = chosen[0]
    return {name: value for name, value in fields.items() if name != "csrf_token"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_report_of_each_kind_is_built_kept_and_changed_without_text_or_script(app, visit, story):
    staff = visit("staff")
    for kind, report in REPORTS.items():
        page = staff.open("GET", f"/growth/reports/build?kind={kind}&lang=en").text
        answer = staff.open(
            "POST", "/growth/reports/build", data=sent_by(page) | {"do": "keep", "report.name": f"My {kind}"}
        )
        assert answer.status_code == 303, (kind, answer.text)
        kept = answer.headers["Location"].rsplit("/", 1)[1]
        page = staff.open("GET", f"/growth/reports/{kept}/edit?lang=en").text
        fields = sent_by(page)
        with app.app_context():
            row = saved_reports.find(kept)
            before = saved_reports.definition_of(row, "UTC")
            assert isinstance(before, report.definition) and row.days == 90
        changed = staff.open(
            "POST",
            "/growth/reports/build",
            data=fields | {"do": "keep", "report.name": "Changed", "range.days": "7"},
        )
        assert changed.headers["Location"].endswith(kept), kind
        with app.app_context():
            row = saved_reports.find(kept)
            after = saved_reports.definition_of(row, "UTC")
            assert (row.name, after.end - after.start) == ("Changed", 7 * DAY)
            same = {"start", "end", "as_of", "compare_to"}
            assert after.model_dump(exclude=same) == before.model_dump(exclude=same), kind


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_steps_come_and_go_by_buttons_and_the_report_is_shown_as_it_stands(app, visit, story):
    staff = visit("staff")
    press = functools.partial(staff.open, "POST", "/growth/reports/build?lang=en")
    fields = sent_by(staff.open("GET", "/growth/reports/build?kind=funnel&lang=en").text)
    fields |= {"steps.0.events.0": "Signed Up", "steps.1.events.0": "Invoice Sent"}
    fields |= {"steps.1.where.0.property": "plan", "steps.1.where.0.value": "pro"}
    shown = press(data=fields | {"do": "show", "range.compare": "1"}).text
    assert "As it stands" in shown and "33.3%" in shown and "Compared" in shown
    assert '<option value="Invoice Sent">' in shown and '<option value="pro">' in shown
    more = press(data=fields | {"do": "add:steps"})
    assert more.status_code == 200 and 'class="error"' not in more.text
    three = sent_by(more.text)
    assert three["steps.count"] == "3" and three["steps.1.where.0.value"] == "pro"
    faulty = press(data=three | {"do": "show"})
    assert faulty.status_code == 422 and "Choose at least one event." in faulty.text
    three["steps.2.events.0"] = "Activated"
    swapped = sent_by(press(data=three | {"do": "up:steps.2"}).text)
    assert [swapped[f"steps.{n}.events.0"] for n in range(3)] == ["Signed Up", "Activated", "Invoice Sent"]
    two = sent_by(press(data=swapped | {"do": "remove:steps.1"}).text)
    assert two["steps.count"] == "2" and two["steps.1.events.0"] == "Invoice Sent"
    wrong = press(data=two | {"do": "keep", "range.days": "x", "report.name": "", "window_seconds": "soon"})
    assert wrong.status_code == 422 and wrong.text.count('class="error"') >= 2
    for do in ("add:actor", "remove:steps.999", "up:", "nonsense", "add:x.y"):
        assert press(data=two | {"do": do}).status_code == 200
    assert staff.open("GET", "/growth/reports/build?kind=horoscope").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_the_form_cannot_show_is_changed_as_text(app, visit, story):
    staff = visit("staff")
    told = {"from": "2026-05-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
    told |= {"start_event": {"events": ["A"]}, "return_event": {"events": ["B"]}}
    told |= {"kind": "bracket", "brackets": [1, 3]}
    with app.app_context():
        row = saved_reports.save("Brackets", "retention", told, 30, by="tests")
        db.session.commit()
        public_id = row.public_id
    answer = staff.open("GET", f"/growth/reports/{public_id}/edit")
    assert answer.status_code == 303
    assert "brackets" in staff.open("GET", answer.headers["Location"]).text


def test_what_is_compared_stays_as_far_before_as_it_was(app) -> None:
    told = {"steps": [{"events": ["A"]}, {"events": ["B"]}], "from": "2026-05-01T00:00:00Z"}
    told |= {"to": "2026-05-08T00:00:00Z", "compare_to": {"from": "2026-04-24T00:00:00Z", "to": told["from"]}}
    with app.app_context():
        asked = saved_reports.ranged("funnel", told, "UTC", 7)
    assert asked.compare_to.end == asked.start and asked.compare_to.start == asked.start - 7 * DAY
