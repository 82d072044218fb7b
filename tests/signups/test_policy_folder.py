"""The rules are a table of plg.toml."""

import pytest

from plg import product_folder
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.signups import folder, policy


def test_without_a_table_the_defaults_are_in_force(app):
    with app.app_context():
        live = policy.live()

    assert (live.version, live.policy) == (0, policy.Policy())


def test_the_table_is_read_published_as_a_version_and_written_back(app, tmp_path):
    (tmp_path / "plg.toml").write_text("[server]\nport = 1\n[signups]\nhold_at = 90\npoints = {haste = 0}\n")

    with app.app_context():
        product_folder.apply(app, tmp_path, prune=False, by="tests")
        db.session.commit()
        live = policy.live()
        folder.section.write(tmp_path, folder.section.live())

    assert (live.version, live.policy.hold_at, live.policy.points.haste) == (1, 90, 0)
    assert live.policy.verify_at == 40
    assert folder.section.read(tmp_path)["signups"]["hold_at"] == 90
    assert "[server]" in (tmp_path / "plg.toml").read_text()


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("hold_at = 0", "signups.hold_at"),
        ("points = {mailbox = 101}", "signups.points.mailbox"),
        ("pionts = {}", "signups.pionts"),
        ("verify_at = 90", "verify_at must not be above hold_at"),
        ("keep_days = {mailbox = 0}", "signups.keep_days.mailbox"),
    ],
)
def test_a_table_with_faults_is_refused_and_names_the_place(tmp_path, table, fault):
    (tmp_path / "plg.toml").write_text(f"[signups]\n{table}\n")

    with pytest.raises(FolderFaults) as refused:
        folder.section.read(tmp_path)

    assert fault in str(refused.value)
