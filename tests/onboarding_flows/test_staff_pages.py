"""Staff look after flows: they see how people fare, write drafts, go back, move people, and learn why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from onboarding_flows import draft_text, flows, jobs
from plg.access import credentials
from plg.kit.clock import now
from plg.kit.db import db
from tests.onboarding_flows.conftest import Call, State, flow, publish, step, text
from tests.onboarding_flows.samples import DEVELOPERS, MEMBERS, SURVEY
from tests.onboarding_flows.test_drafts import kept
from tests.onboarding_flows.test_experiment_report import arms_of
from tests.onboarding_flows.test_experiments import CONTROL, SHORT, tried
from tests.support.story import happened

Visit = Callable[..., str]

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def marta(app: Flask, client: FlaskClient, sign_in: Any) -> Visit:
    """`marta("/start")`: the page as a member of staff sees it; with fields: the form is sent."""
    with app.app_context():
        member = credentials.add_staff("marta@example.com", "Marta Ruiz", "correct horse battery")
        db.session.commit()
    browser = app.test_client()
    token = sign_in(browser, staff_id=member.id)

    def open(path: str = "", fields: dict[str, str] | None = None, expect: int = 200) -> str:
        method, data = ("GET", None) if fields is None else ("POST", {"csrf_token": token, **fields})
        answer = browser.open(f"/staff/flows{path}", method=method, data=data, follow_redirects=True)
        assert answer.status_code == expect, answer.text
        return answer.text

    return open


def live(app: Flask) -> dict[str, int]:
    with app.app_context():
        return {each.key: each.version for each in flows.live()}


def test_a_flow_is_written_mended_and_published(app: Flask, marta: Visit) -> None:
    assert "No flow yet" in marta()
    assert "small letters" in marta("/new_flow?flow=No Key")
    assert "First Thing Done" in marta("/new_flow?flow=start") and "First Thing Done" in marta("/start/draft")
    marta("/No/draft", expect=404)

    broken = marta("/start/draft", {"text": "key: start\nsteps: [a\ntitle: <b>"}, expect=422)
    assert "so it is not saved" in broken and "Line 3" in broken and "title: &lt;b&gt;" in broken
    assert "holds no flow" in marta("/start/draft", {"text": "- a"}, expect=422)
    assert "Discard" not in broken

    definition = flow("start", step("a", "A", requires=["b"]), step("c", body=text("**Bold** <i>")))
    written = "# mine\n" + draft_text.written(definition)
    faulty = marta("/start/draft", {"text": written})
    assert "with one fault" in faulty and "# mine" in faulty
    line = written.splitlines().index("  - b") + 1
    assert f"Line {line}: <code>steps.0.requires.0</code>: there is no step" in faulty
    assert "It has a fault." in marta("/start/draft/publish", {})
    assert live(app) == {}

    sound = marta("/start/draft", {"text": written.replace("  - b\n", "  - c\n")})
    assert "It can be published" in sound
    assert "Version 1 is live now." in marta("/start/draft/publish", {})
    assert live(app) == {"start": 1}
    assert "version 1" in marta()


def test_a_draft_is_compared_with_what_is_live_and_let_go(app: Flask, marta: Visit) -> None:
    publish(app, flow("start", step("a", "A"), step("b", "B")))
    changed = flow("start", step("b", "B", due=3), step("c", "C"))
    marta("/start/draft", {"text": draft_text.written(changed)})
    shown = marta("/start/draft/publish")
    for said in ("Step c is added.", "Step a is removed.", "Step b changes: due day."):
        assert said in shown
    assert "The draft is gone." in marta("/start/draft/discard", {})
    marta("/start/draft", {"text": draft_text.written(flow_of(app))})
    assert "Nothing is different." in marta("/start/draft/publish")


def flow_of(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return flows.definition_of(flows.find_live("start").flow)


def test_staff_go_back_to_an_earlier_version(app: Flask, marta: Visit) -> None:
    publish(app, flow("start", step("a", "A")))
    publish(app, flow("start", step("b", "B")))
    earlier = marta("/start/versions/1")
    assert "Step b is removed." in earlier and "Make it live again" in earlier
    assert "Make it live again" not in marta("/start/versions/2")
    assert "Version 3 is live now." in marta("/start/versions/1/roll-back", {})
    assert live(app) == {"start": 3}
    assert "staff:" in marta("/start"), "who published it is told"
    marta("/start/versions/9", expect=404)


def test_staff_see_what_a_move_changes_before_they_begin_it(
    app: Flask, marta: Visit, call: Call, ana: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("tour"), step("b", "B")))
    call("start/steps/tour/complete", {"person": "ana@acme.example", "account": "acme"})
    publish(app, flow("start", step("walk")))
    asked = marta("/start/versions/1/move")
    assert "Counts for: Walk" in asked and "One has done it" in asked
    both = {"map-tour": "walk", "map-b": "walk"}
    assert "Two steps cannot become one" in marta("/start/versions/1/move", both, expect=422)
    looked = marta("/start/versions/1/move?map-tour=walk&map-b=")
    assert 'type="hidden" name="map-tour" value="walk"' in looked and "Move one" in looked
    begun = marta("/start/versions/1/move", {"map-tour": "walk"})
    assert "It has begun." in begun and "On the way from version 1 to version 2" in begun
    assert "being moved already" in marta("/start/versions/1/move", {})
    while kept(app, jobs.migrate, now()):
        pass
    assert "On the way" not in marta("/start?version=2")
    assert [(each["version"], each["completed"]) for each in shown(ana, acme)] == [(2, True)]
    marta("/start/versions/2/move", expect=409)


def test_staff_see_what_an_experiment_brought_and_download_it(app: Flask, marta: Visit) -> None:
    publish(app, flow("start", step("a", "A")))
    assert "Experiment" not in marta("/start")
    marta("/start/experiment.csv", expect=404)
    arms_of(app, ("holdout", 40, 6), ("control", 40, 24), ("short", 29, 20))
    shown = " ".join(marta("/start").split())
    assert "Compared with: Held out" in shown and "+45.0 points" in shown and "lift +300.0 %" in shown
    assert "60.0 %" in shown and "44.6 % to 73.7 %" in shown
    assert "Roughly one more is needed in each to compare them." in shown
    assert "Experiment" not in marta("/start?version=1")
    table = marta("/start/experiment.csv").splitlines()
    assert table[0].startswith("arm,figure,within_days,of,count,share,share_low")
    assert any(line.startswith("control,activated,14,40,24,0.6,") for line in table)
    changed = tried(20, CONTROL, {**SHORT, "weight": 3}, scope="account")
    marta("/start/draft", {"text": draft_text.written(changed)})
    assert "The flow changes: experiment." in marta("/start/draft/publish")


def test_staff_learn_why_somebody_sees_a_flow_or_not(
    app: Flask, marta: Visit, call: Call, ana: int, luis: int, acme: int
) -> None:
    due = step("a", "A", due=2)
    publish(app, flow("start", due, step("tour", requires=["a"]), audience={"roles": ["owner"]}))
    assert "Enter a person" in marta("/start/why?person=&account=", expect=422)
    assert "Nobody is known" in marta("/start/why?person=nobody", expect=422)
    assert "No workspace is known" in marta("/start/why?account=nothing", expect=422)
    told = marta("/start/why?person=luis@acme.example&account=acme")
    assert "They do not see it." in told and "owner · found: member" in told
    call("start/steps/a/complete", {"person": "ana@acme.example"})
    told = marta("/start/why?person=ana@acme.example")
    assert "They see it." in told and "said by key:" in told and "is marked as done by hand" in told
    call("start/steps/a/reset", {"person": "ana@acme.example"})
    told = marta("/start/why?person=ana@acme.example")
    assert "waits for the event “A”" in told and "was reset" in told and "first comes: A" in told


def test_staff_see_each_part_of_a_rule_with_what_was_found(
    app: Flask, marta: Visit, ana: int, acme: int
) -> None:
    trait = {"field": "person.traits.job", "eq": "<dev>"}
    when = {"all": [{"any": [trait]}, {"not": {"event": "Invoice Sent"}}]}
    publish(app, flow("start", step("a", completes_when=trait, manual=False), audience={"when": when}))

    told = marta("/start/why?person=ana@acme.example")

    assert "They do not see it." in told and "all of these" in told and "at least one of these" in told
    assert '<code>field: "person.traits.job", eq: "\\u003cdev\\u003e"</code> · found: –' in told
    assert "found: 0" in told and "is done when this holds:" in told
    assert "It is asked of a person in a workspace." in marta("/start/why?account=acme")


def test_staff_read_what_every_kind_of_step_waits_for_and_what_it_earns(
    app: Flask, worker: Any, marta: Visit, ana: int, acme: int, shown: State
) -> None:
    ways = [step(kind, completes_on=way, manual=False) for kind, (way, _) in MEMBERS.items()]
    paid = step("paid", "Paid", reward={"points": 1, "trial_days": 2}, role="developer")
    unseen = step("unseen", visible_when=DEVELOPERS)
    publish(app, flow("start", *ways, paid, unseen, step("survey", action=SURVEY, manual=False)))
    shown(ana, acme)
    happened(app, "Paid", account_id=acme, person_id=ana)
    worker()
    told = marta("/start/why?person=ana@acme.example")
    for said in (
        "waits for the event “Sent” × 2 within 1d",
        "<code>/reports*</code>",
        "waits for the passed quiz of the course “basics”",
        "waits for the step “invite” of the flow “tour”",
        "waits for the flow “tour” to be completed",
        "waits for all of these",
        "waits for one of these",
        "is done by filling in its form",
        "is there for whom this held once:",
        "1 point, 2 days of the trial · earned: 1 point · no days: no trial runs",
    ):
        assert said in told, said
    text_of = draft_text.written(flow("start", *ways, {**paid, "reward": {"points": 2}}, unseen))
    changed = marta("/start/draft", {"text": text_of})
    assert "reward" in changed
