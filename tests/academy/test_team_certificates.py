"""Who of a workspace is certified on what: for its admins, for staff, for servers; never of another workspace."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import expect

from academy import attempts, certificates, courses, enrolments, lessons, teams
from academy.teams import Wish
from plg.accounts import accounts, memberships
from plg.billing.models import BillingSubscription
from plg.kit.clock import now
from plg.kit.db import db
from plg.people import people
from plg.plans import assignments, catalogue
from tests.academy.conftest import KEY, School
from tests.academy.samples import text
from tests.support.browser import DESKTOP, PHONE
from tests.support.queries import count_queries
from tests.support.story import PLANS, publish_plans
from tests.support.visitors import a_customer, visitor

ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DAY = dt.timedelta(days=1)


class Team:
    """The workspace Acme, with an owner, and whoever joins it."""

    def __init__(self, school: School) -> None:
        publish_plans(school.app, PLANS)
        self.school, self.app = school, school.app
        with school.turn():
            self.owner = a_customer("acme", "Acme")
        self.account = self.owner.account_id

    def joins(self, name: str, role: str = "member") -> int:
        with self.school.turn():
            person = people.add(email=f"{name.split()[0].lower()}@acme.example", name=name, by="tests").id
            memberships.add(self.account, person, role, by="tests")
        return person

    def passes(self, person: int, course: str = KEY, account: int | None = None) -> str:
        """The code of the certificate that they earn in this workspace, unless in another."""
        with self.school.turn():
            enrolment = enrolments.enrol(person, course, account_id=account or self.account)
            for lesson in ("first", "second"):
                lessons.finish(enrolment, lesson, now())
            attempt = attempts.start(person, course).public_id
        right = self.school.right(attempt)
        with self.school.turn():
            attempts.submit(attempt, right, 0, person_id=person)
            return certificates.grouped(certificates.of_attempt(self.school.attempt(attempt)).code)

    def subscribes(self, renews: dt.datetime) -> None:
        with self.school.turn():
            assignments.assign(self.account, "pro", source="subscription", by="tests")
            row = dict.fromkeys(
                (f"stripe_{each}_id" for each in ("customer", "item", "price", "subscription")), "x_1"
            )
            row |= {
                "has_access": True,
                "status": "active",
                "amount": 2900,
                "currency": "usd",
                "interval": "year",
            }
            row |= {"account_id": self.account, "plan_version_id": catalogue.plan("pro").version_id}
            db.session.add(
                BillingSubscription(**row, started_at=now(), current_period_end=renews, read_at=now())
            )

    def holders(self, **wish) -> list[str]:
        with self.school.turn():
            horizon = teams.of_account(self.account).moment
            return [each.person.name for each in teams.all_of(Wish(self.account, horizon, **wish))]

    def courses(self) -> list[tuple[str, bool, int, int, int]]:
        with self.school.turn():
            found = teams.of_team(self.account, teams.of_account(self.account).moment)
            return [(each.key, each.in_plan, each.certified, each.ending, each.of) for each in found]


@pytest.fixture
def team(school):
    return Team(school)


def test_a_team_sees_what_its_members_hold_and_what_ends_before_the_renewal(school, team):
    school.publish("yearly", title=text("Yearly"), certificate={"valid_for": "1y"})
    ana, juan = team.joins("Ana"), team.joins("Juan")
    with time_machine.travel(now() - 300 * DAY):
        team.passes(ana, "yearly")
    team.passes(juan, "yearly")
    team.passes(ana)
    team.subscribes(renews=now() + 90 * DAY)

    assert team.courses() == [(KEY, False, 1, 0, 3), ("yearly", False, 2, 1, 3)]
    assert team.holders() == ["Ana", "Juan", "Ana"]
    assert team.holders(standing="ending") == ["Ana"]
    assert team.holders(standing="holds", course="yearly") == ["Juan", "Ana"]
    with time_machine.travel(now() + 100 * DAY):
        assert team.holders(standing="lapsed") == ["Ana"]


def test_courses_of_the_plan_come_first_with_those_that_they_require(school, team):
    school.publish("advanced", audience={"plans": ["pro"]}, requires=[{"course": KEY, "certified": True}])
    school.publish("enterprise", audience={"plans": ["enterprise"]})
    school.publish("a-talk", quiz=None)
    before = team.courses()
    team.subscribes(renews=now() + 90 * DAY)

    assert before == [(KEY, False, 0, 0, 1)]
    assert team.courses() == [("advanced", True, 0, 0, 1), (KEY, True, 0, 0, 1)]


@ONE
def test_a_rule_may_ask_for_the_plan_and_courses_for_others_are_not_named(school, team):
    pro = {"all": [{"field": "account.plan", "eq": "pro"}, {"field": "account.name", "eq": "Acme"}]}
    school.publish("by-rule", audience={"when": pro})
    school.publish("for-globex", audience={"when": {"field": "account.name", "eq": "Globex"}})
    school.publish("for-members", audience={"roles": ["member"]})
    team.subscribes(renews=now() + 90 * DAY)

    assert [row[:2] for row in team.courses()] == [("by-rule", True), (KEY, False), ("for-members", False)]


def test_what_was_revoked_or_suspended_counts_no_more_and_is_listed_as_lapsed(school, team):
    ana, juan = team.joins("Ana"), team.joins("Juan")
    gone, held = team.passes(ana), team.passes(juan)
    with school.turn():
        certificates.revoke(certificates.find(gone), "Copied", by="staff:1")
        certificates.suspend(certificates.find(held), "Being looked at", by="staff:1")

    assert team.courses() == [(KEY, False, 0, 0, 3)] and team.holders(standing="holds") == []
    assert team.holders(standing="lapsed") == ["Juan", "Ana"]
    with school.turn():
        certificates.reinstate(certificates.find(held), "It was right", by="staff:1")
        lacking = [person.name for person in teams.missing(team.account, KEY)]
    assert lacking == ["Ana", "Owner of Acme"] and team.holders(standing="holds") == ["Juan"]


@ONE
def test_what_was_earned_for_another_workspace_and_who_left_are_not_told(school, team):
    ana, juan = team.joins("Ana"), team.joins("Juan")
    with school.turn():
        other = a_customer("other", "Other").account_id
        memberships.add(other, ana, "member", by="tests")
    team.passes(ana, account=other)
    team.passes(juan)
    assert team.holders() == ["Juan"]
    with school.turn():
        memberships.remove(team.account, juan, by="tests")

    assert team.holders() == [] and team.courses()[0][2] == 0


@ONE
def test_a_course_that_is_no_longer_offered_is_named_by_its_certificates(school, team):
    school.publish("old", title=text("Old course"))
    team.passes(team.joins("Ana"), "old")
    with school.turn():
        courses.retire("old")
    with school.turn():
        found = {each.key: each.title["en"] for each in teams.of_team(team.account, now())}
    assert found["old"] == "Old course (en)"


@ONE
def test_without_a_subscription_that_renews_it_looks_sixty_days_ahead(school, team):
    with school.turn():
        horizon = teams.of_account(team.account)
    assert not horizon.renews and abs(horizon.moment - now() - 60 * DAY) < DAY
    team.subscribes(renews=now() + 300 * DAY)
    with school.turn():
        assert teams.of_account(team.account).renews


@ONE
def test_the_cost_does_not_grow_with_the_team(school, team):
    def cost() -> int:
        with school.turn(), count_queries(db.engine) as queries:
            horizon = teams.of_account(team.account)
            teams.of_team(team.account, horizon.moment)
            teams.page_of(Wish(team.account, horizon.moment))
        return len(queries.statements)

    team.passes(team.joins("Ana"))
    cost()
    one = cost()
    for name in ("Juan", "Eva", "Leo"):
        team.passes(team.joins(name))
    assert cost() == one <= 14


# --- doors ------------------------------------------------------------------------------------------


@pytest.fixture
def call(app, team):
    def call(kind: str, path: str, status: int = 200, customer=None):
        answer = visitor(app, kind, customer or team.owner).open("GET", path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    return call


@ONE
def test_servers_staff_and_owners_read_it_in_pages(team, call):
    codes = [team.passes(team.joins(name)) for name in ("Ana", "Juan", "Eva")]
    for kind in ("secret", "user", "staff"):
        first = call(kind, "/v1/accounts/acme/certificates?limit=2").json
        rest = call(kind, f"/v1/accounts/acme/certificates?limit=2&cursor={first['next']}").json
        told = first["data"] + rest["data"]

        assert [each["certificate"]["code"] for each in told] == codes[::-1]
        assert [each["person"]["name"] for each in told] == ["Eva", "Juan", "Ana"]
        assert (first["has_more"], rest["has_more"], rest["next"]) == (True, False, None)
    wrong = call("secret", "/v1/accounts/acme/certificates?cursor=0000-0000-0000-0000-0000", 422)
    assert wrong.json["code"] == "unknown_cursor"
    assert call("secret", "/v1/accounts/acme/certificates?standing=lapsed").json["data"] == []


@ONE
def test_nobody_reads_that_of_another_account(school, team, call):
    code = team.passes(team.joins("Ana"))
    with school.turn():
        stranger = a_customer("stranger", "Stranger")
        theirs = accounts.get(team.account).public_id
    for key in ("acme", theirs, "nobody"):
        refused = call("user", f"/v1/accounts/{key}/certificates", 404, stranger).json
        assert refused["code"] == "account_not_found"
    page = call("person", "/workspace/certificates", customer=stranger).get_data(as_text=True)
    table = call("person", "/workspace/certificates.csv", customer=stranger).get_data(as_text=True)
    told = call("secret", f"/v1/accounts/stranger/certificates?cursor={code}", 422)
    assert "Ana" not in page and "Ana" not in table and told.json["code"] == "unknown_cursor"
    call("person", f"/staff/academy/teams/{theirs}", 403, stranger)


@ONE
def test_only_owners_and_admins_see_it(app, school, team, sign_in):
    for role, status in (("member", 403), ("billing", 403), ("admin", 200)):
        person = team.joins(f"{role.title()} Person", role)
        client = app.test_client()
        sign_in(client, person_id=person)
        assert client.get("/workspace/certificates").status_code == status
        shown = "Certificates of the team" in client.get("/academy?lang=en").get_data(as_text=True)
        assert shown == (status == 200)


@ONE
def test_the_csv_is_what_the_filters_say_and_no_cell_is_a_formula(team, call):
    team.passes(team.joins("=HYPERLINK(1)"))
    team.joins("+Juan")

    def rows(query: str) -> list[list[str]]:
        answer = call("person", f"/workspace/certificates.csv?{query}")
        return list(csv.reader(io.StringIO(answer.get_data(as_text=True))))[1:]

    (held,) = rows("standing=holds")
    assert held[0] == "'=HYPERLINK(1)" and held[2:5] == [KEY, "Course (en)", "valid"]
    assert [row[0] for row in rows(f"course={KEY}&standing=missing")] == ["'+Juan", "Owner of Acme"]
    assert rows("course=nothing") == []
    assert rows("standing=missing") == rows("") == [held]


@ONE
def test_staff_find_a_workspace_by_any_of_its_ids(team, call):
    team.passes(team.joins("Ana"))
    found = call("staff", "/staff/academy/teams?account=acme", 302).location
    assert "Ana" in call("staff", found).get_data(as_text=True)
    assert "Ana" in call("staff", f"{found}/certificates.csv").get_data(as_text=True)
    call("staff", "/staff/academy/teams?account=nobody", 404)


@ONE
@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_the_page_in_a_browser(live_app, open_page, sign_in, assert_accessible, locale, viewport):
    school = School(live_app.app)
    school.publish(certificate={"valid_for": "1y"})
    school.publish("advanced", audience={"plans": ["pro"]}, title=text("Advanced invoicing for everybody"))
    team = Team(school)
    team.subscribes(renews=now() + 90 * DAY)
    with time_machine.travel(now() - 300 * DAY):
        team.passes(team.joins("Íñigo Fernández-Echeverría y Álvarez de Toledo"))
    team.passes(team.joins("Ana López"))
    gone = team.passes(team.joins("Juan"))
    with school.turn():
        certificates.revoke(certificates.find(gone), "Copied", by="staff:1")
    client = live_app.app.test_client()
    sign_in(client, person_id=team.owner.person_id)
    page = open_page(locale, viewport)
    cookie = client.get_cookie("plg_session")
    page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])

    page.goto(f"{live_app.url}/workspace/certificates")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
    if folder := os.environ.get("PLG_TEST_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"team-{viewport[0]}.png"), full_page=True)
    page.locator("a[href*='course=basics&standing=missing']").click()
    expect(page.locator(".plain-list li")).to_have_count(2)
    assert_accessible(page)
