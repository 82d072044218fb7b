"""Staff try a draft on the past before they publish it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from onboarding_flows import drafts
from tests.onboarding_flows.conftest import flow, publish, step
from tests.onboarding_flows.test_drafts import kept
from tests.onboarding_flows.test_staff_editor import Staff, written
from tests.support.story import happened, publish_plans

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def marta(app: Flask, sign_in: Callable[..., str]) -> Staff:
    return Staff(app, sign_in)


def test_a_draft_is_tried_on_the_past_by_a_button(
    app: Flask, marta: Staff, worker: Any, monkeypatch: pytest.MonkeyPatch, ana: int, acme: int
) -> None:
    publish_plans(app)
    publish(app, flow("start", step("a", "A"), step("b", "B")))
    happened(app, "A", person_id=ana, account_id=acme)
    happened(app, "C", person_id=ana, account_id=acme)
    worker()
    kept(app, drafts.save, "start", flow("start", step("a", "A"), step("c", "C"), step("d", "D")), by="tests")
    before = written(app)
    assert "Would have begun it" not in marta.read("/start/draft/past"), (
        "nothing is tried before somebody asks"
    )

    page = marta.read("/start/draft/past?last=30")

    told = re.findall(r'<dt>([^<]*)</dt><dd class="value">(\d+)</dd><dd class="note">([^<]*)', page)
    assert told == [("Would have begun it", "1", "today: 1"), ("Would have completed it", "0", "today: 0")]
    assert re.search(r"One would be stuck here</summary><p><a [^>]*account=acct_[^>]*>Acme", page)
    assert "Nobody would be complete who is not" in page and written(app) == before
    kept(app, drafts.save, "start", flow("start", step("a", "A"), step("c", "C")), by="tests")
    page = marta.read("/start/draft/past?last=30")
    assert (
        "One who has not completed it would have:" in page
        and "What would be different from version 1" in page
    )
    assert "/staff/flows/start/draft/past?last=90" in marta.read("/start")
    monkeypatch.setattr("onboarding_flows.trying.MAX_TRIED", 0)
    assert "plg flows try start --last 30d" in marta.read("/start/draft/past?last=30", expect=413)
    kept(app, drafts.save, "start", flow("start", step("a", "A", due="soon")), by="tests")
    assert "One thing keeps this draft from being tried." in marta.read("/start/draft/past?last=30")


def test_where_there_is_no_draft_nothing_is_to_be_published(app: Flask, marta: Staff) -> None:
    publish(app, flow("start", step("a", "A")))
    assert "There is nothing to publish yet: no draft is saved." in marta.read("/start/draft/publish")
