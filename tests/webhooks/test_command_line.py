"""Webhook endpoints on the command line."""

import pytest
from click.testing import CliRunner

from plg.cli import main
from tests.webhooks.receiver import status

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def plg(database, tmp_path):
    """`plg("list").output`, over the test's database."""
    environment = {
        "PLG_DATABASE_URL": database.url,
        "PLG_DATA_DIR": str(tmp_path),
        "PLG_ENVIRONMENT": "test",
        "PLG_WEBHOOKS_PRIVATE_ADDRESSES": "true",
    }

    def run(*arguments):
        return CliRunner().invoke(main, ["webhook-endpoints", *arguments], env=environment)

    return run


def test_an_endpoint_is_added_listed_tested_and_recovered(plg, receiver):
    assert plg("list").output == "There is no webhook endpoint.\n"
    id, secret = plg("add", receiver.url, "--event", "Trial Started").output.split()
    assert secret.startswith("whsec_")
    listed = plg("list").output
    assert id in listed and receiver.url in listed and "0 waiting" in listed and secret not in listed

    receiver.replies.append(status(503))
    failed, taken = plg("test", id), plg("test", id)
    assert (failed.exit_code, taken.exit_code) == (1, 0)
    assert failed.output.startswith("failed: answered 503") and taken.output.startswith(
        "delivered: answered 204"
    )
    assert plg("recover", id, "--since", "2026-01-01").output == "0 will be sent again.\n"


def test_what_is_wrong_is_told_in_a_sentence(plg):
    assert "no such webhook endpoint" in plg("test", "we_none").output
    assert "must be an address" in plg("add", "example.com").output
