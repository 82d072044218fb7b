"""Imports go down: the house stands on its floors, and the test that holds them can fail."""

from pathlib import Path

import pytest

from tests.quality.floors import FLOORS, faults

REPOSITORY = Path(__file__).resolve().parents[2]


def test_imports_go_down_only():
    found = faults(REPOSITORY)

    assert not found, "\n" + "\n".join(map(str, found))


def test_the_house_is_really_read():
    rooms = {path.stem for path in (REPOSITORY / "plg").iterdir()}

    assert {"kit", "events", "app", "wiring"} <= rooms
    assert len({room for floor in FLOORS for room in floor}) == sum(map(len, FLOORS))


@pytest.mark.parametrize(
    ("file", "source", "why"),
    [
        ("plg/events/log.py", "\nfrom plg.billing.invoices import pay", "2: plg.events imports plg.billing"),
        ("plg/events/log.py", "from plg import billing", "which is above it"),
        ("plg/events/log.py", "import plg.billing.invoices as i", "which is above it"),
        ("plg/events/log.py", "def f():\n    from ..billing import pay", "which is above it"),
        ("plg/billing/pay.py", "from plg.trials import trial", "rooms of one floor"),
        ("plg/kit/db.py", "from plg.settings import Settings", "rooms of one floor"),
        ("academy/courses.py", "import onboarding_flows", "rooms of one floor"),
        ("plg/app.py", "import academy", "plg.app imports academy"),
        ("plg/app.py", "WINGS = ['academy:wing']", "names the wing academy"),
        ("plg/surprise/verbs.py", "", "stands on no floor"),
    ],
)
def test_an_offending_line_is_named(tmp_path, file, source, why):
    _write(tmp_path, file, source)

    (fault,) = faults(tmp_path)

    assert str(fault).startswith(f"{file}:")
    assert why in str(fault)


def test_two_files_of_the_roof_may_not_import_each_other(tmp_path):
    _write(tmp_path, "plg/app.py", "from plg.wiring import SUBSCRIBERS")
    _write(tmp_path, "plg/wiring.py", "x = 1\nfrom plg import worker")
    _write(tmp_path, "plg/worker.py", "from .app import create_app")

    found = [str(fault) for fault in faults(tmp_path)]

    assert len(found) == 3
    assert all("the roof imports in a circle" in fault for fault in found)


def test_imports_that_go_down_are_no_offence(tmp_path):
    _write(tmp_path, "plg/billing/pay.py", "from plg.events import log\nfrom . import models\nimport json")
    _write(tmp_path, "plg/app.py", "from plg.wiring import SUBSCRIBERS")
    _write(tmp_path, "academy/courses.py", "from plg.web import pages\nfrom plg.app import create_app")
    _write(tmp_path, "plg/wiring.py", '"""Lists no wing; the academy adds its own."""')

    assert faults(tmp_path) == []


def _write(root: Path, file: str, source: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
