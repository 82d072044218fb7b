"""What authors write is kept as they wrote it: comments, order and layout, through pages, versions and the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from onboarding_flows import drafts, flows, lifecycle
from plg import product_folder
from plg.kit.db import db
from tests.onboarding_flows.test_staff_editor import Staff

WRITTEN = """\
# Everybody's first day.
key: start
title: { es: Empieza, en: Start }   # short
steps:
  # The bank comes first: sales asked for it.
  - key: bank
    title: { es: Banco, en: Bank }
    completes_on: { event: Bank Connected }
  - key: bill   # not before the bank
    title: { es: Factura, en: Bill }
    completes_on: { event: Invoice Sent }
    requires: [bank]
"""


@pytest.fixture
def marta(app: Flask, sign_in: Callable[..., str]) -> Staff:
    return Staff(app, sign_in)


def apply(app: Flask, folder: Path, text: str) -> list[str]:
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    (folder / "flows" / "start.yaml").write_text(text, encoding="utf-8")
    with app.app_context():
        changes = product_folder.apply(app, folder, prune=False, by="tests")
        db.session.commit()
    return [change.what for change in changes if change.section == "flows"]


def exported(app: Flask, folder: Path) -> str:
    with app.app_context():
        product_folder.export(app, folder)
        db.session.rollback()
    return (folder / "flows" / "start.yaml").read_text(encoding="utf-8")


def test_a_folder_comes_back_as_it_was_written(app: Flask, tmp_path: Path) -> None:
    assert apply(app, tmp_path, WRITTEN) == ["new"]
    assert exported(app, tmp_path / "out") == WRITTEN
    other = WRITTEN.replace("sales asked for it", "support did, too")
    assert apply(app, tmp_path, other) == ["same"]
    assert exported(app, tmp_path / "out") == other, "other comments make no version, and are kept"
    assert apply(app, tmp_path, WRITTEN.replace("Invoice Sent", "Bill Sent")) == ["changed"]
    with app.app_context():
        lifecycle.roll_back("start", 1, by="tests")
        db.session.commit()
    assert exported(app, tmp_path / "out") == other, "going back brings the text of then"


def test_pages_change_the_text_only_where_it_has_to_change(app: Flask, tmp_path: Path, marta: Staff) -> None:
    apply(app, tmp_path, WRITTEN)
    assert WRITTEN in marta.read("/start/draft"), "what is live is edited as it was written"

    marta.send("start", marta.form("start") | {"steps.1.due": "3", "title.en": "Begin"})

    expected = WRITTEN.replace("en: Start", "en: Begin").replace("[bank]\n", "[bank]\n    due: 3\n")
    assert expected in marta.read("/start/draft")
    own = expected.replace("# short", "# shorter")
    fields = {"csrf_token": marta.token, "text": own.replace("\n", "\r\n")}
    assert marta.client.post("/staff/flows/start/draft", data=fields).status_code == 303
    with app.app_context():
        drafts.publish("start", by="tests")
        db.session.commit()
    assert exported(app, tmp_path / "out") == own and own in marta.read("/start/versions/2")


def test_what_nobody_wrote_as_text_has_none(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        plain = {"key": "start", "title": {"es": "E", "en": "E"}, "steps": []}
        saved = drafts.save("start", plain, by="tests")
        assert saved.row.source is None
        step = {"key": "a", "title": {"es": "A", "en": "A"}, "manual": True}
        flows.publish({**plain, "steps": [step]}, by="tests")
        db.session.commit()
    assert exported(app, tmp_path).startswith("key: start\n")
