"""Staff write a draft in a form, see it as a chosen person, and publish it, without a line of script."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from onboarding_flows import drafts, reach
from onboarding_flows.models import FlowEnrolment
from plg.access import credentials
from plg.events.models import Event
from plg.kit.db import db
from plg.people import people
from tests.onboarding_flows.conftest import ANA, Call, flow, prompt, publish, step, text, tour
from tests.onboarding_flows.test_drafts import kept
from tests.support.story import happened, publish_plans

RULE = {"all": [{"field": "account.role", "eq": "owner"}, {"event": "Invoice Sent", "count": {"gte": 2}}]}
Sent = dict[str, Any]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class _Forms(HTMLParser):
    """What a browser would send of the editor's form, without any of its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._inside, self._area, self._select = False, "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name = told.get("name") or ""
        self._inside = self._inside or (tag == "form" and "editor" in (told.get("class") or ""))
        if not self._inside:
            return
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and (name := self._select):
            if name not in self.sent or "selected" in told:
                self.sent[name] = [told.get("value") or ""]
        elif tag == "textarea":
            self._area, self.sent[name] = name, [""]
        elif tag == "input" and name and (told.get("type") not in ("checkbox", "radio") or "checked" in told):
            self.sent.setdefault(name, []).append(told.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.sent[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"
        self._area = "" if tag == "textarea" else self._area
        self._select = "" if tag == "select" else self._select


class Staff:
    """A member of staff's browser."""

    def __init__(self, app: Flask, sign_in: Callable[..., str]) -> None:
        with app.app_context():
            member = credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery")
            db.session.commit()
        self.app, self.client = app, app.test_client()
        self.token = sign_in(self.client, staff_id=member.id)

    def read(self, path: str, expect: int = 200) -> str:
        answer = self.client.get(f"/staff/flows{path}", follow_redirects=True)
        assert answer.status_code == expect, answer.text
        return html.unescape(answer.text)

    def form(self, key: str) -> Sent:
        answer = self.client.get(f"/staff/flows/{key}/draft/form")
        return {**_Forms(answer.text).sent, "csrf_token": self.token}

    def send(self, key: str, form: Sent, do: str = "save", expect: int = 200) -> str:
        path = f"/staff/flows/{key}/draft/form"
        answer = self.client.post(path, data={**form, "do": do}, follow_redirects=True)
        assert answer.status_code == expect, answer.text
        return html.unescape(answer.text)

    def draft(self, key: str = "start") -> dict[str, Any]:
        with self.app.app_context():
            return drafts.find(key).row.definition


@pytest.fixture
def marta(app: Flask, sign_in: Callable[..., str]) -> Staff:
    return Staff(app, sign_in)


def test_a_draft_is_written_in_the_form_and_saved_with_its_faults(app: Flask, marta: Staff) -> None:
    publish_plans(app)
    given = flow("start", step("a", "A", strange=[1]), step("b"), audience={"when": RULE})
    kept(app, drafts.save, "start", given, by="tests")
    assert "strange" in marta.read("/start/draft/form"), "what the form does not know is shown"

    assert "The draft is saved." in marta.send("start", marta.form("start"))
    assert marta.draft() == given, "a form that nobody changed changes nothing"

    form = marta.form("start")
    form |= {
        "title.es": "Empieza",
        "steps.0.due": "soon",
        "steps.1.how": "rule",
        "audience.plans": ["", "free"],
    }
    form["audience.when:r-1:count_value.0"] = "3"
    page = marta.send("start", form)
    saved = marta.draft()
    assert saved["title"]["es"] == "Empieza" and saved["audience"]["plans"] == ["free"]
    assert saved["audience"]["when"]["all"][1]["count"] == {"gte": 3}
    assert saved["steps"][0]["due"] == "soon" and saved["steps"][0]["strange"] == [1]
    assert saved["steps"][1]["completes_when"] == {"all": []} and "manual" not in saved["steps"][1]
    assert "2 things keep this draft from being published." in page
    assert re.search(r'id="field-steps.0.due-error">.*valid integer', page), (
        "faults stand beside their fields"
    )


def test_every_button_saves_the_form_and_does_its_work(app: Flask, marta: Staff, ana: int, acme: int) -> None:
    publish_plans(app)
    assert "First steps" in marta.send("start", marta.form("start"), "add-step|steps")
    assert [each["key"] for each in marta.draft()["steps"]] == ["first", "step-1"]
    marta.send("start", {**marta.form("start"), "title.en": "Begin"}, "up|steps.1")
    marta.send("start", marta.form("start"), "add-section|")
    section = marta.draft()["sections"][0]
    assert [each["key"] for each in section["steps"]] == ["step-1", "first"]
    assert marta.draft()["title"]["en"] == "Begin", "what was typed is saved along"

    marta.send("start", marta.form("start"), "rule|audience.when|begin|r")
    form = marta.form("start")
    form |= {"audience.when:r-0:field": "account.role", "audience.when:r-0:test_value.0": "owner"}
    page = marta.send("start", form, "rule|audience.when|count|r")
    assert marta.draft()["audience"]["when"] == {"all": [{"field": "account.role", "eq": "owner"}]}
    assert "Holds for one of 2 people," in page and "in one workspace." in page and ">Ana</a>" in page
    marta.send("start", marta.form("start"), "rule|audience.when|turn|r-0")
    assert "not" in marta.draft()["audience"]["when"]["all"][0]
    marta.send("start", marta.form("start"), "rule|audience.when|remove|r")
    assert "audience" not in marta.draft()


def test_who_saves_what_somebody_else_changed_is_told(app: Flask, marta: Staff) -> None:
    kept(app, drafts.save, "start", flow(), by="tests")
    form = marta.form("start") | {"title.en": "Mine"}
    kept(app, drafts.save, "start", flow(title={"es": "Suya", "en": "Theirs"}), by="others")

    refused = marta.send("start", form, expect=409)

    assert "Somebody else saved this draft meanwhile" in refused and 'value="Mine"' in refused
    assert marta.draft()["title"]["en"] == "Theirs"
    text = {"csrf_token": marta.token, "seen": form["seen"][0], "text": "key: start"}
    assert marta.client.post("/staff/flows/start/draft", data=text).status_code == 409
    marta.send("start", form, "overwrite")
    assert marta.draft()["title"]["en"] == "Mine"


def test_a_draft_is_seen_as_a_chosen_person_and_nothing_is_written(
    app: Flask, marta: Staff, worker: Any, ana: int, luis: int, acme: int, call: Call
) -> None:
    publish_plans(app)
    publish(app, flow("start", step("tour"), scope="person"))
    happened(app, "Invoice Sent", person_id=ana, account_id=acme, properties={"total": 5})
    worker()
    call("start/steps/tour/complete", ANA)
    new = flow("start", step("tour"), step("bill", "Invoice Sent"), step("late", "X"), scope="person")
    kept(app, drafts.save, "start", new | {"audience": {"roles": ["owner"]}}, by="tests")
    before = written(app)

    seen = marta.read("/start/draft/preview?person=ana@acme.example&lang_shown=es")

    assert "They have begun version 1" in seen and "kept from the version that they are on" in seen
    assert "because of what they did before" in seen and "owner · found: owner" in seen
    assert "does not hold" in marta.read("/start/draft/preview?person=luis@acme.example")
    assert "Nobody is known" in marta.read("/start/draft/preview?person=nobody", expect=422)
    frame = marta.client.get("/staff/flows/start/draft/preview/frame?person=ana@acme.example&lang_shown=es")
    found = re.search(r'data-state="([^"]*)"', frame.text)
    assert found is not None
    state = json.loads(html.unescape(found[1]))["checklists"][0]
    assert [each["done"] for each in state["steps"]] == [True, True, False]
    assert state["title"] == "Start (es)" and 'lang="es"' in frame.text
    policy = frame.headers["Content-Security-Policy"]
    assert (
        "sandbox allow-scripts" in policy and "connect-src" not in policy and "default-src 'none'" in policy
    )
    assert written(app) == before


def test_a_tour_is_edited_by_its_own_fields(app: Flask, marta: Staff) -> None:
    given = tour("around", scope="person")
    kept(app, drafts.save, "around", given, by="tests")
    form = marta.form("around")
    assert "steps.0.how" not in form and "steps.0.due" not in form and "placement" not in form

    page = marta.send(
        "around", form | {"steps.0.anchor": "[data-plg='new']\r\n#new", "steps.0.advance": "click"}
    )

    changed = {"anchor": ["[data-plg='new']", "#new"], "advance": "click"}
    assert marta.draft("around")["steps"] == [given["steps"][0] | changed, given["steps"][1]]
    assert "keeps this draft from being published" not in page
    refused = marta.send("around", marta.form("around") | {"steps.0.anchor": "#new >"})
    assert re.search(r'id="field-steps.0.anchor[^"]*-error">|no CSS selector', refused)


def test_prompts_are_previewed_without_the_pages_that_they_stand_on(
    app: Flask, marta: Staff, ana: int, acme: int
) -> None:
    publish_plans(app)
    place = {"key": "one", "title": text("one"), "anchor": ["#one"], "page": "/reports*", "advance": "click"}
    kept(app, drafts.save, "around", tour("around", place), by="tests")
    kept(app, drafts.save, "news", prompt("news", "announcement", audience={"locales": ["es"]}), by="tests")

    def state(key: str, more: str = "") -> Any:
        frame = marta.client.get(f"/staff/flows/{key}/draft/preview/frame?person=ana@acme.example{more}")
        found = re.search(r'data-state="([^"]*)"', frame.text)
        assert found is not None and "<plg-checklist" not in frame.text
        told = json.loads(html.unescape(found[1]))
        assert told["checklists"] == []
        return told["prompts"]

    (a_tour,) = state("around")
    (shown,) = a_tour["steps"]
    assert (a_tour["kind"], a_tour["at"], shown["anchor"], shown["page"]) == ("tour", "one", [], None)
    assert shown["advance"] == "button", "there is nothing to click on"
    (news,) = state("news")
    assert (news["kind"], news["placement"], news["steps"]) == ("announcement", "modal", [])
    other = {"key": "other", "changes": {"title": text("Another title")}}
    tried = {"holdout": 10, "variants": [{"key": "as-is"}, other]}
    kept(app, drafts.save, "news", prompt("news", "announcement", experiment=tried), by="tests")
    assert [state("news", f"&arm={arm}")[0]["title"] for arm in ("other", "as-is", "holdout", "")] == [
        "Another title",
        *["news"] * 3,
    ]
    form = marta.read("/news/draft/preview?arm=other")
    assert '<option value="other" selected>' in form and "arm=other" in form and "holdout" not in form
    kept(app, drafts.save, "news", prompt("news", "announcement", audience={"locales": ["es"]}), by="tests")
    assert "Variant" not in marta.read("/news/draft/preview")
    assert "each step stands in the middle" in marta.read("/around/draft/preview")
    page = marta.read("/news/draft/preview?person=ana@acme.example")
    assert "It is for people who speak these languages" in page and "stands in the middle" not in page


def test_the_reach_of_a_draft_counts_its_languages_and_its_share(
    app: Flask, marta: Staff, ana: int, luis: int, acme: int
) -> None:
    publish_plans(app)
    with app.app_context():
        people.get(luis).locale = "es-MX"
        db.session.commit()

        def reach_of(**audience: Any) -> int:
            return reach.of_definition("news", prompt("news", audience=audience))

        assert reach_of() == 2 and reach_of(locales=["es"]) == 1
        assert reach_of(percent=0) == 0 and reach_of(percent=100, roles=["owner"]) == 1
        db.session.rollback()
    kept(app, drafts.save, "news", prompt("news", audience={"locales": ["es"]}), by="tests")
    assert "As it is saved, one more person would begin it." in marta.read("/news/draft/form")


def written(app: Flask) -> tuple[int | None, ...]:
    with app.app_context():
        found = tuple(db.session.scalar(select(func.count()).select_from(t)) for t in (Event, FlowEnrolment))
        db.session.rollback()
    return found


def test_what_was_looked_at_is_published_and_people_are_moved_on_demand(
    app: Flask, marta: Staff, call: Call, ana: int, luis: int, acme: int
) -> None:
    publish_plans(app)
    publish(app, flow("start", step("a", "A"), scope="person"))
    call("start/enrol", ANA)
    kept(app, drafts.save, "start", flow("start", step("a", "A"), step("b"), scope="person"), by="tests")
    page = marta.read("/start/draft/publish")
    assert "Step b is added." in page and "Move the one on version 1" in page
    told = re.findall(r'<dt>([^<]*)</dt><dd class="value">(\d+)', page)
    assert told == [("People who would begin it", "1"), ("On version 1", "1")], "Luis has not begun it"

    mark = re.search(r'name="seen" value="([^"]+)"', page)
    assert mark is not None
    fields = {"csrf_token": marta.token, "seen": mark[1], "move": "1"}
    kept(app, drafts.save, "start", flow("start", step("c"), scope="person"), by="others")
    again = marta.client.post("/staff/flows/start/draft/publish", data=fields, follow_redirects=True)
    assert "Somebody changed the draft meanwhile" in again.text and "Step c is added." in again.text
    mark = re.search(r'name="seen" value="([^"]+)"', html.unescape(again.text))
    assert mark is not None
    done = marta.client.post("/staff/flows/start/draft/publish", data=fields | {"seen": mark[1]})

    assert done.location == "/staff/flows/start/versions/1/move"


@pytest.mark.parametrize("path", ["start/draft/form", "start/draft/publish"])
def test_a_form_without_its_token_and_others_than_staff_change_nothing(
    app: Flask,
    client: FlaskClient,
    marta: Staff,
    secret_key: str,
    sign_in: Callable[..., str],
    ana: int,
    path: str,
) -> None:
    kept(app, drafts.save, "start", flow(), by="tests")
    before = marta.draft()
    assert marta.client.post(f"/staff/flows/{path}", data={"do": "add-step|steps"}).status_code == 400
    assert marta.client.post("/staff/rules", data={"name": "rule"}).status_code == 400
    token = sign_in(client, person_id=ana)
    for headers in ({}, {"Authorization": f"Bearer {secret_key}"}):
        for url in (f"/staff/flows/{path}", "/staff/rules", "/staff/rules/tried"):
            assert client.post(url, data={"csrf_token": token}, headers=headers).status_code in (302, 403), (
                url
            )
    assert marta.draft() == before
