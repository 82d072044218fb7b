"""Offers in the product folder: read, published as versions, written back; every fault by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from plg import product_folder
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.offers import folder, published
from plg.offers.models import OfferVersion
from tests.offers.conftest import offer
from tests.onboarding_flows.conftest import text

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WHOLE = """
pro-when-near:
  trigger: {kind: limit_near, feature: invoices}
  audience: {field: account.role, in: [owner, admin]}
  channel: modal
  title: {es: Casi llegas, en: Nearly there}
  body:
    es: |
      Con **Pro** no hay límite.
      Sin más.
    en: With **Pro** there is no limit.
  answer: {upgrade: {plan: pro, code: HELLO20}}
  priority: 200
  starts_at: 2026-03-01
  ends_at: 2026-04-01T12:00:00+02:00
  lasts: 10d
  frequency: {every: 60d, most: 2, rest: 12h, times: 4}
  snooze: 2d
  holdout: 20
  window: 21d
  choose: measured
  variants:
    - key: plain
      weight: 2
    - key: lesson
      when: {event: Invoice Sent, count: {lt: 3}, within: 30d}
      answer: {teach: {title: {es: Enviar más, en: Send more}, course: send-more}}
"""


def read(tmp_path: Path, yaml: str) -> dict[str, dict[str, Any]]:
    (tmp_path / "offers.yaml").write_text(yaml, encoding="utf-8")
    return folder.read(tmp_path)


def faults(tmp_path: Path, yaml: str) -> dict[str, str]:
    with pytest.raises(FolderFaults) as refused:
        read(tmp_path, yaml)
    return {fault.field: fault.message for fault in refused.value.errors}


def test_what_is_read_and_written_back_is_read_as_the_same(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        first = read(tmp_path, WHOLE)
        folder.write(tmp_path, first)
        assert folder.read(tmp_path) == first
        assert first["pro-when-near"]["starts_at"] == "2026-03-01T00:00:00+00:00"


def test_plan_apply_and_export_agree(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        read(tmp_path, WHOLE)
        changes = product_folder.apply(app, tmp_path, prune=False, by="tests")
        assert [(c.section, c.key, c.what) for c in changes] == [("offers", "pro-when-near", "new")]
        product_folder.export(app, tmp_path / "out")
        again = product_folder.plan(app, tmp_path / "out")
        assert {c.what for c in again if c.section == "offers"} == {"same"}


def test_a_change_is_a_new_version_and_the_old_one_stays_as_it_was(app: Flask) -> None:
    with app.app_context():
        for title in ("One", "Two", "Two"):
            folder.publish("deal", offer(title=text(title)), "tests")
        rows = db.session.execute(select(OfferVersion.version, OfferVersion.definition)).all()
        assert [(version, told["title"]["en"]) for version, told in rows] == [(1, "One"), (2, "Two")]
        assert published.live()["deal"].version == 2


def test_what_left_the_folder_stops(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        folder.publish("deal", offer(), "tests")
        product_folder.apply(app, tmp_path, prune=True, by="tests")
        assert published.live() == {}


def test_every_fault_of_every_offer_is_named_at_once(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        found = faults(
            tmp_path,
            """
Bad Key: {}
one:
  trigger: {kind: trial_day, day: 0}
  title: {es: a, en: b}
  body: {es: a}
  priority: 2000
two:
  trigger: {kind: event, event: Sent, where: {amount: {bigger: 2}}}
  audience: {field: person.shoe_size, eq: 43}
  title: {es: a, en: b}
  body: {es: a, en: b}
  colour: red
""",
        )
    assert set(found) == {
        "offers.yaml: Bad Key",
        *(f"offers.yaml: Bad Key.{name}" for name in ("trigger", "title", "body")),
        "offers.yaml: one.trigger.day",
        "offers.yaml: one.body.en",
        "offers.yaml: one.priority",
        "offers.yaml: two.trigger",
        "offers.yaml: two.audience",
        "offers.yaml: two.colour",
    }
    assert "shoe_size" in found["offers.yaml: two.audience"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer": {}}, "one of upgrade, teach and extend"),
        ({"answer": {"teach": {"title": text("x")}}}, "either url or course"),
        (
            {"answer": {"teach": {"title": text("x"), "url": "javascript:alert(1)"}}},
            "must be a path",
        ),
        ({"channel": "card", "answer": {"extend": {"days": 5}}}, "a card sells an upgrade"),
        ({"variants": [{"key": "a"}, {"key": "a"}]}, "different keys"),
        ({"variants": [{"key": "holdout"}]}, "different keys"),
        ({"starts_at": "2026-03-02", "ends_at": "2026-03-01"}, "after starts_at"),
        ({"lasts": "soon"}, "must be a span"),
    ],
)
def test_what_makes_no_sense_is_refused(app: Flask, changes: dict[str, Any], said: str) -> None:
    with app.app_context(), pytest.raises(folder.OfferFaulty, match=said):
        folder.parse({"deal": offer(**changes)})
