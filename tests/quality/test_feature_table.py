"""What the feature tables say of plg is shown by tests that exist."""

import re

from tests.quality import source

SHOWN_BY = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_row_names_a_test_that_exists():
    rows = [
        line
        for table in source.files(*source.PRODUCT, suffix="README.md")
        for line in table.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| what ")
    ]
    shown = [SHOWN_BY.search(row) for row in rows]
    missing = [
        row for row, found in zip(rows, shown, strict=True) if found is None or not _exists(*found.groups())
    ]

    assert rows
    assert not missing, "\n" + "\n".join(missing)


def _exists(file: str, name: str) -> bool:
    path = source.REPOSITORY / "tests" / file
    return path.is_file() and f"def {name}(" in path.read_text(encoding="utf-8")
