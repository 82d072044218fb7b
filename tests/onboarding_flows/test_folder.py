"""`flows/*.yaml`: every fault is named with its path, and what is read is written back alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from onboarding_flows import folder
from plg.kit.errors import FolderFaults
from plg.kit.strict_yaml import write_yaml
from tests.onboarding_flows.conftest import flow, step, text

DEMO = Path(__file__).resolve().parents[2] / "plg" / "demo" / "product_folder"


def written(root: Path, name: str, content: object) -> Path:
    (root / "flows").mkdir(exist_ok=True)
    path = root / "flows" / name
    path.write_text(content if isinstance(content, str) else write_yaml(content), encoding="utf-8")
    return root


def faults(root: Path) -> dict[str, str]:
    with pytest.raises(FolderFaults) as refused:
        folder.read(root)
    return {fault.field: fault.message for fault in refused.value.errors}


def test_a_whole_flow_is_read_and_written_back_alike(app: Flask, tmp_path: Path) -> None:
    body = {"es": "Elige **cliente**.", "en": "Choose a **customer**."}
    action = {"label": text("Create"), "url": "/invoices/new"}
    asked = {"event": "Invoice Sent", "count": 3, "where": {"amount": {"gte": 100}, "draft": False}}
    whole = flow(
        "whole",
        {"key": "invoices", "title": text("Invoices"), "body": body, "action": action, "completes_on": asked},
        step("tour"),
        audience={"roles": ["owner", "admin"], "plans": ["trial"]},
        description=text("Two steps"),
    )
    read = folder.read(written(tmp_path, "whole.yaml", whole))
    assert read == {"whole": whole}
    (tmp_path / "again").mkdir()
    with app.app_context():
        folder.write(tmp_path / "again", read)
    assert folder.read(tmp_path / "again") == read


def test_the_demos_flows_are_sound() -> None:
    kinds = {key: (each.get("kind"), len(each.get("steps", []))) for key, each in folder.read(DEMO).items()}
    assert kinds == {
        "company-details": ("banner", 0),
        "getting-started": (None, 5),
        "look-around": ("tour", 3),
        "reminders": ("announcement", 0),
    }


def test_a_folder_without_flows_has_none(tmp_path: Path) -> None:
    assert folder.read(tmp_path) == {}


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    broken = flow(
        "broken",
        {"key": "One Two", "title": {"es": "sin inglés"}, "completes_on": {"event": "X", "count": 0}},
        step("same", "X"),
        step("same", "Y"),
        {**step("both", "X"), "manual": True},
        {"key": "neither", "title": text("N")},
        {**step("link", "X"), "action": {"label": text("Go"), "url": "javascript:alert(1)"}},
        {**step("asks", "X"), "completes_on": {"event": "X", "where": {"amount": {"above": 3}}}},
        {**step("typo", "X"), "titel": "x"},
        audience={"roles": ["boss"]},
        scope="team",
    )
    written(tmp_path, "broken.yaml", broken)
    written(tmp_path, "empty.yaml", "")
    found = faults(written(tmp_path, "bad.yaml", "key: [unclosed"))
    places = {
        "steps.0.key",
        "steps.0.title.en",
        "steps.0.completes_on.count",
        "steps.2.key",
        "steps.3",
        "steps.4",
        "steps.5.action.url",
        "steps.6.completes_on.where.amount",
        "steps.7.titel",
        "audience.roles.0",
        "scope",
    }
    assert {field.removeprefix("flows/broken.yaml: ") for field in found if "broken" in field} == places
    assert "above" in found["flows/broken.yaml: steps.6.completes_on.where.amount"]
    assert any(field.startswith("flows/empty.yaml") for field in found)
    lines = (tmp_path / "flows" / "broken.yaml").read_text(encoding="utf-8").splitlines()
    told = re.match(r"line (\d+): ", found["flows/broken.yaml: steps.7.titel"])
    assert told is not None and lines[int(told[1]) - 1].strip() == "titel: x"
    assert "line 1" in found["flows/bad.yaml"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " data:text/html,x",
        "//evil.example/x",
        "vbscript:x",
        "file:///etc/passwd",
        "http:\x00",
    ],
)
def test_an_action_leads_to_a_page_and_nowhere_else(tmp_path: Path, url: str) -> None:
    bad = flow("bad", {**step("go", "X"), "action": {"label": text("Go"), "url": url}})
    assert list(faults(written(tmp_path, "bad.yaml", bad))) == ["flows/bad.yaml: steps.0.action.url"]


@pytest.mark.parametrize(
    "url", ["/invoices/new?from=plg#top", "https://help.example/a", "mailto:help@acme.example"]
)
def test_pages_and_mail_addresses_are_good_actions(tmp_path: Path, url: str) -> None:
    good = flow("good", {**step("go", "X"), "action": {"label": text("Go"), "url": url}})
    assert folder.read(written(tmp_path, "good.yaml", good))["good"]["steps"][0]["action"]["url"] == url


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ({"x": {}}, "holds no operator"),
        ({"x": {"in": "eur"}}, "in: must be a list"),
        ({"x": {"exists": "yes"}}, "exists: must be true or false"),
        ({"x": {"eq": {"a": 1}}}, "eq: must be a text"),
        ({"x": float("inf")}, "must be a finite number"),
        ({"x": [[1]]}, "must be a text, a number"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_refused(
    tmp_path: Path, where: dict[str, object], why: str
) -> None:
    bad = flow("bad", {**step("go", "X"), "completes_on": {"event": "X", "where": where}})
    assert why in faults(written(tmp_path, "bad.yaml", bad))["flows/bad.yaml: steps.0.completes_on.where.x"]


def test_a_key_is_the_files_name(tmp_path: Path) -> None:
    assert list(faults(written(tmp_path, "other.yaml", flow("start")))) == ["flows/other.yaml: key"]


@pytest.mark.parametrize(
    "content",
    ["a: &a [1]\nb: *a", "key: a\nkey: b", "[" * 5000, "key: \xff", "- 1\n- 2", "just text", "{1: 2}"],
)
def test_odd_yaml_is_a_fault_of_its_file(tmp_path: Path, content: str) -> None:
    root = written(tmp_path, "odd.yaml", "")
    (root / "flows" / "odd.yaml").write_bytes(content.encode("latin-1"))
    assert all(field.startswith("flows/odd.yaml") for field in faults(root))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    found = faults(written(tmp_path, "huge.yaml", "# " + "x" * folder.MAX_BYTES))
    assert "larger than" in found["flows/huge.yaml"]


def test_a_character_that_no_page_shows_is_refused(tmp_path: Path) -> None:
    bad = flow("bad", {**step("go", "X"), "title": {"es": "a", "en": "b\x07"}})
    assert "U+0007" in faults(written(tmp_path, "bad.yaml", bad))["flows/bad.yaml: steps.0.title.en"]
