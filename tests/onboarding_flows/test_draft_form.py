"""A draft as a form: what nobody changed there stays as it is, whatever the draft says."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from onboarding_flows import draft_form, draft_steps, flows
from onboarding_flows.definition import Flow
from onboarding_flows.draft_fields import HOW, knows, offered, switches
from onboarding_flows.draft_form import ABSENT, owners, value_at
from onboarding_flows.prompt_definition import TourStep
from onboarding_flows.step_definition import Step
from plg.segments.subjects import fields
from plg.web import rule_form
from tests.onboarding_flows.conftest import flow, prompt, step, text, tour
from tests.segments.population import NOW, definitions

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

plain = st.none() | st.booleans() | st.integers(-5, 500) | st.floats(allow_nan=False) | st.text(max_size=8)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
both = st.fixed_dictionaries({}, optional={"es": plain | st.text(), "en": plain | st.text()})
where = st.dictionaries(st.text(max_size=5), plain | st.lists(plain, max_size=2) | anything, max_size=3)
event = st.fixed_dictionaries(
    {}, optional={"event": plain, "count": plain, "where": where, "page": plain, "all": anything}
)
action = st.fixed_dictionaries({}, optional={"label": both, "url": plain, "tour": plain, "form": anything})
flags = st.booleans() | anything
steps = st.fixed_dictionaries(
    {},
    optional={
        "key": plain | st.sampled_from(["a", "b"]),
        "title": both | anything,
        "body": both,
        "action": action | anything,
        "completes_on": event | anything,
        "completes_when": definitions | anything,
        "visible_when": definitions | anything,
        "manual": flags,
        "requires": st.lists(st.sampled_from(["a", "b"])) | anything,
        "role": plain,
        "due": plain,
        "skippable": flags,
        "stays_done": flags,
        "reward": anything,
        "anchor": st.lists(st.text()) | anything,
        "placement": plain | st.sampled_from(["top", "start"]),
        "page": plain,
        "advance": plain | st.sampled_from(["button", "click"]),
        "unknown": anything,
    },
)
audience = st.fixed_dictionaries(
    {},
    optional={
        "roles": anything,
        "plans": st.lists(st.text()),
        "when": definitions,
        "percent": plain,
        "locales": st.lists(st.text(max_size=3)) | anything,
    },
)
show = st.fixed_dictionaries(
    {}, optional={"priority": plain, "from": plain, "times": plain, "dismissible": flags, "essential": flags}
)
listed = st.lists(steps | anything, max_size=3)
drafts = st.fixed_dictionaries(
    {},
    optional={
        "key": plain,
        "title": both,
        "description": both | anything,
        "scope": plain | st.sampled_from(["person", "account"]),
        "kind": plain | st.sampled_from(["checklist", "tour", "banner", "announcement"]),
        "action": action | anything,
        "placement": plain | st.sampled_from(["top", "modal"]),
        "audience": audience | anything,
        "show": show | anything,
        "steps": listed | anything,
        "sections": st.lists(st.fixed_dictionaries({"steps": listed}, optional={"title": both})) | anything,
        "experiment": anything,
    },
)


def sent(definition: dict[str, Any], known: Any) -> MultiDict[str, str]:
    """What a browser sends of the form of this definition when nothing was changed in it."""
    form: MultiDict[str, str] = MultiDict()
    for owner in owners(definition):
        for entry in offered(owner.model):
            name, value = owner.name(entry.path), value_at(owner.held, entry.path)
            if entry.kind == "rule" and value is not ABSENT:
                if rule_form.can_be_built(name, value, known):
                    form.update(rule_form.fields_of(name, value, known))
            elif entry.kind == "where":
                for number, row in enumerate(draft_form.where_rows(name, value) or []):
                    form.update({f"{name}_{what}.{number}": said for what, said in row.items()})
            elif entry.kind != "rule" and (told := draft_form.shown(entry, value)) is not None:
                form.setlist(name, ["", *told] if entry.kind in ("flag", "choices") else told or [""])
        for switch in switches(owner.model):
            form[owner.name(switch.name)] = draft_form.chosen(owner.held, switch)
    return MultiDict((name, _typed(value)) for name, value in form.items(multi=True))


def _typed(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@on_sqlite
def test_a_form_that_nobody_changed_changes_nothing(app: Flask) -> None:
    known = fields(NOW)

    @settings(max_examples=150, deadline=None, database=None)
    @given(drafts)
    def same(definition: dict[str, Any]) -> None:
        before = copy.deepcopy(definition)
        assert draft_form.applied(definition, sent(definition, known), known) == before
        assert definition == before

    with app.app_context():
        same()


@on_sqlite
def test_what_is_typed_becomes_the_definition_and_the_rest_stays(app: Flask) -> None:
    with app.app_context():
        known = fields(NOW)
    rule = {"all": [{"field": "account.plan", "eq": "pro"}]}
    given = flow("start", step("a", "A", audience="odd"), step("b"), experiment={"holdout": 5})
    form = sent(given, known)
    form["title.es"], form["scope"], form["steps.0.due"] = " Empieza ", "person", "soon"
    form["steps.0.completes_on.count"] = "3"
    form.update(rule_form.fields_of("audience.when", rule, known))
    form.setlist("audience.roles", ["", "member", "owner"])
    row = {"key": "total", "op": "gte", "value": "100"}
    for what, said in row.items():
        form[f"steps.0.completes_on.where_{what}.0"] = said
    form["steps.1.how"], form["steps.1.completes_on.event"] = "event", "Paid"
    form.setlist("steps.1.skippable", ["", "1"])
    form.setlist("steps.1.title.en", [""])

    new = draft_form.applied(given, form, known)

    assert new["title"] == {"es": "Empieza", "en": "Start"} and "scope" not in new
    assert new["audience"] == {"roles": ["member", "owner"], "when": rule}
    assert new["experiment"] == {"holdout": 5} and new["steps"][0]["audience"] == "odd"
    asked = {"event": "A", "count": 3, "where": {"total": {"gte": 100}}}
    assert new["steps"][0]["completes_on"] == asked and new["steps"][0]["due"] == "soon"
    assert new["steps"][1] == {
        "key": "b",
        "title": {"es": "B (es)"},
        "completes_on": {"event": "Paid"},
        "skippable": True,
    }


def test_steps_are_added_moved_and_taken_away_and_none_is_lost() -> None:
    given = flow("start", step("a"), step("b"))
    added = draft_steps.change(given, "add-step", "steps")
    assert (added.at, added.definition["steps"][2]["key"]) == ("steps.2", "step-1")
    assert keys(draft_steps.change(given, "down", "steps.0").definition) == ["b", "a"]
    assert draft_steps.change(given, "up", "steps.0").definition == given
    for nowhere in ("steps.9", "sections.0", "title.en", "steps.x", "", "sections.0.steps.1"):
        for what in draft_steps.CHANGES.keys() - {"add-section"}:
            if (what, nowhere) != ("add-step", "steps"):
                assert draft_steps.change(given, what, nowhere).definition == given, (what, nowhere)

    one = draft_steps.change(given, "add-section", "").definition
    two = draft_steps.change(one, "add-section", "").definition
    assert [len(part["steps"]) for part in two["sections"]] == [2, 1] and "steps" not in two
    moved = draft_steps.change(two, "down", "sections.0.steps.1")
    assert moved.at == "sections.1.steps.0" and keys(moved.definition) == ["a", "b", "step-1"]
    back = draft_steps.change(moved.definition, "up", "sections.1.steps.0")
    assert back.definition == two and back.at == "sections.0.steps.1"
    assert keys(draft_steps.change(two, "remove", "sections.0").definition) == ["a", "b", "step-1"]
    flat = draft_steps.change(one, "remove", "sections.0").definition
    assert flat == given, "without sections the steps stand without a heading"
    assert keys(draft_steps.change(given, "remove", "steps.0").definition) == ["b"]


@on_sqlite
def test_another_way_takes_the_place_of_the_one_before(app: Flask) -> None:
    with app.app_context():
        known = fields(NOW)
    asked = {"event": "A", "count": 3, "where": {"total": 5}}
    given = flow("start", {**step("a", "A"), "completes_on": asked})

    def turned(how: str, definition: dict[str, Any]) -> dict[str, Any]:
        form = sent(definition, known)
        form["steps.0.how"] = how
        new = draft_form.applied(definition, form, known)
        return {k: v for k, v in new["steps"][0].items() if k not in ("key", "title")}

    assert turned("manual", given) == {"manual": True}
    assert turned("rule", given) == {"completes_when": {"all": []}}
    assert turned("event", flow("start", step("a"))) == {"completes_on": {"event": ""}}
    assert turned("event", given) == {"completes_on": asked}


def keys(definition: dict[str, Any]) -> list[str]:
    return [each["key"] for each in draft_steps.every_step(definition)]


def test_the_form_offers_what_the_definition_knows() -> None:
    told = {entry.path for entry in offered(Step)}
    assert {"title.es", "completes_on.where", "requires", "due"} <= told
    assert not knows(Step, "title.fr") and not knows(Step, "nothing") and knows(Step, "action.label.en")
    assert [switch.name for switch in switches(Step)][0] == HOW.name
    of_tours = {entry.member for entry in offered(TourStep)}
    assert {"anchor", "placement", "page", "advance", "action"} <= of_tours
    assert not of_tours & {
        "completes_on",
        "completes_when",
        "requires",
        "role",
        "due",
        "reward",
        "visible_when",
    }
    assert not told & {"anchor", "page", "advance"} and [each.name for each in switches(TourStep)] == [
        "leads"
    ]
    of_flows = {entry.path for entry in offered(Flow)}
    assert {"kind", "placement", "action.label.en", "show.from", "show.essential"} <= of_flows
    assert {"audience.percent", "audience.locales"} <= of_flows


def test_each_kind_shows_all_that_it_says_in_fields() -> None:
    when = {"priority": 80, "from": "2026-12-01T00:00:00Z", "every": "7d", "dismissible": False}
    place = {"key": "one", "title": text("One"), "anchor": ["#a", "#b"], "page": "/x*", "advance": "click"}
    shown = [
        prompt(
            "news", "announcement", placement="corner", show=when, audience={"percent": 5, "locales": ["es"]}
        ),
        prompt("legal", "banner", placement="bottom", action={"label": text("Go"), "url": "/x"}, show=when),
        tour("around", {**place, "placement": "start", "body": text("Here")}, show=when),
    ]
    for definition in shown:
        assert flows.parse(definition).kind == definition["kind"]
        for owner in owners(definition):
            assert draft_form.rest(owner) == {}, definition["key"]


@on_sqlite
def test_steps_follow_when_a_flow_becomes_a_tour_and_back(app: Flask) -> None:
    with app.app_context():
        known = fields(NOW)

    def turned(definition: dict[str, Any], kind: str) -> dict[str, Any]:
        form = sent(definition, known)
        form["kind"] = kind
        return draft_form.applied(definition, form, known)

    given = flow("start", step("a"), step("b", "B"), scope="person")
    a_tour = turned(given, "tour")
    assert "manual" not in a_tour["steps"][0] and "completes_on" in a_tour["steps"][1], "nothing else is lost"
    assert draft_form.rest(list(owners(a_tour))[2]).keys() == {"completes_on"}, "and what is too much is seen"
    assert turned(a_tour, "checklist") == given
    added = draft_steps.change(tour("around"), "add-step", "steps").definition["steps"][-1]
    assert added.keys() == {"key", "title"}
