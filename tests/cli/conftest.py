"""The command line over the test's database, in this process: `plg("keys", "list").output`."""

import os
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from plg.cli import main


@pytest.fixture
def plg(database, tmp_path) -> Callable[..., Result]:
    environment = {
        "PLG_CONFIG": os.devnull,
        "PLG_DATABASE_URL": database.url,
        "PLG_DATA_DIR": str(tmp_path),
        "PLG_ENVIRONMENT": "test",
        "PLG_SMTP_URL": "smtp://127.0.0.1:9",
    }

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env=environment)

    return run
