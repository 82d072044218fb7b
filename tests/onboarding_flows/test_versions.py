"""Flows are published as versions that never change; who has begun stays on theirs."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from onboarding_flows import flows
from onboarding_flows.flows import FlowFaulty
from onboarding_flows.models import FlowVersion
from plg import product_folder
from plg.kit.db import db
from tests.onboarding_flows.conftest import State, done, flow, publish, step
from tests.support.story import happened


def test_a_new_version_is_made_only_where_the_content_changed(app: Flask) -> None:
    first = publish(app, flow())
    assert publish(app, flow()) == first
    assert publish(app, flow("start", step("only", "X"))) != first
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(FlowVersion)) == 2
        assert [each.version for each in flows.live()] == [2]
        db.session.rollback()


def test_who_has_begun_stays_on_their_version(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow("start", step("one", "A"), step("two", "B"), scope="person"))
    (mine,) = shown(ana, acme)
    publish(app, flow("start", step("three", "C"), scope="person"))
    happened(app, "B", account_id=acme, person_id=ana)
    happened(app, "C", account_id=acme, person_id=ana)
    worker()
    (mine,) = shown(ana, acme)
    (his,) = shown(luis, acme)
    assert (mine["version"], [s["key"] for s in mine["steps"]], done(mine)) == (1, ["one", "two"], ["two"])
    assert (his["version"], [s["key"] for s in his["steps"]]) == (2, ["three"])


def test_nobody_begins_a_retired_flow_but_who_has_begun_goes_on(
    app: Flask, worker, ana: int, luis: int, acme: int, shown: State
) -> None:
    publish(app, flow(scope="person"))
    assert len(shown(ana, acme)) == 1
    with app.app_context():
        flows.retire("start")
        db.session.commit()
    happened(app, "Invoice Sent", account_id=acme, person_id=ana)
    worker()
    assert done(shown(ana, acme)[0]) == ["invoice"]
    assert shown(luis, acme) == []


def test_a_flow_comes_back_when_it_is_published_again(app: Flask, ana: int, acme: int, shown: State) -> None:
    publish(app, flow())
    with app.app_context():
        flows.retire("start")
        db.session.commit()
    assert shown(ana, acme) == []
    publish(app, flow())
    assert shown(ana, acme)[0]["version"] == 2


def test_a_faulty_flow_is_refused_and_nothing_is_kept(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(FlowFaulty) as refused:
            flows.publish({"key": "x", "steps": [step("a", "A"), step("a", "B")]}, by="tests")
        assert {f.field for f in refused.value.errors} == {"title", "steps.1.key"}
        assert db.session.scalar(select(func.count()).select_from(FlowVersion)) == 0
        db.session.rollback()


def test_markdown_is_made_safe_when_it_is_published(app: Flask, ana: int, acme: int, shown: State) -> None:
    body = (
        "Press **Send** at [the list](/invoices), not [here](javascript:alert(1)).\n\n"
        "<script>alert(1)</script><b onclick='x'>raw</b>\n\n- one\n- two\n\n![img](/x.png)"
    )
    publish(app, flow("start", step("a", "A", body={"es": "Hola", "en": body})))
    html = shown(ana, acme)[0]["steps"][0]["body_html"]
    assert "<strong>Send</strong>" in html
    assert 'href="/invoices"' in html
    assert "<li>one</li>" in html
    assert "<script" not in html
    assert "<b " not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert shown(ana, acme, "es")[0]["steps"][0]["body_html"] == "<p>Hola</p>"


def test_the_same_folder_applied_twice_changes_nothing(app: Flask, tmp_path) -> None:
    from onboarding_flows import folder

    with app.app_context():
        folder.write(tmp_path, {"start": flow()})
        first = product_folder.apply(app, tmp_path, prune=False, by="tests")
        db.session.commit()
        assert [(change.key, change.what) for change in first if change.section == "flows"] == [
            ("start", "new")
        ]
        again = product_folder.plan(app, tmp_path)
        assert [change.what for change in again if change.section == "flows"] == ["same"]
        product_folder.export(app, tmp_path / "out")
        db.session.rollback()
    assert folder.read(tmp_path / "out") == folder.read(tmp_path)
