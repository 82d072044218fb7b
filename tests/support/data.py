"""Finds test data that is too large, or not ours, to be part of the repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data(*parts: str) -> Path:
    """Path under `PLG_TEST_DATA` (or `data` in the folder `shared` beside the repository).

    Skips the test, and names the path, where the data is not on this machine.
    """
    given = os.environ.get("PLG_TEST_DATA")
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"test data not on this machine: {'/'.join(parts) or folder} (set PLG_TEST_DATA)")
    return path
