"""`plans.toml`: every fault at once, nothing half published, nothing lost on the way out."""

import pytest

from plg import product_folder
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.plans import catalogue
from tests.support.story import publish_plans

GOOD = """
default = "free"
order = ["free", "pro"]
[features.invoices]
name = { es = "Facturas", en = "Invoices" }
type = "metered"
event = "Invoice Sent"
[plans.free]
name = { en = "Free" }
features = { invoices = 5 }
[plans.pro]
name = { en = "Pro" }
prices = [{ amount = 2900, currency = "usd", interval = "month" }]
features = { invoices = "unlimited" }
"""


def apply(app, folder, **options):
    with app.app_context():
        changes = product_folder.apply(app, folder, by="tests", **({"prune": False} | options))
        db.session.commit()
        return {change.key: change.what for change in changes if change.section == "plans"}


def test_publishing_again_changes_nothing(app, tmp_path):
    (tmp_path / "plans.toml").write_text(GOOD)
    assert apply(app, tmp_path) == {"free": "new", "pro": "new", "catalogue": "new"}
    assert apply(app, tmp_path) == {"free": "same", "pro": "same", "catalogue": "same"}


def test_only_what_changed_gets_a_new_version(app, tmp_path):
    path = tmp_path / "plans.toml"
    path.write_text(GOOD)
    apply(app, tmp_path)
    path.write_text(GOOD.replace("amount = 2900", "amount = 3900"))
    assert apply(app, tmp_path) == {"free": "same", "pro": "changed", "catalogue": "same"}
    with app.app_context():
        assert (catalogue.plan("pro").version, catalogue.plan("free").version) == (2, 1)
        assert catalogue.plan("pro").prices[0].amount == 3900


def test_a_plan_that_left_the_folder_stays_until_it_is_pruned(app, tmp_path):
    publish_plans(app)
    (tmp_path / "plans.toml").write_text(GOOD)
    assert apply(app, tmp_path)["trial"] == "gone"
    with app.app_context():
        assert catalogue.plan("trial")
    apply(app, tmp_path, prune=True)
    with app.app_context(), pytest.raises(catalogue.PlanNotFound):
        catalogue.plan("trial")


def test_what_is_written_out_reads_back_as_the_same(app, tmp_path):
    publish_plans(app)
    with app.app_context():
        product_folder.export(app, tmp_path)
    assert set(apply(app, tmp_path).values()) == {"same"}


def test_every_fault_is_named_with_its_place_and_nothing_is_published(app, tmp_path):
    bad = GOOD.replace('default = "free"', 'default = "gone"').replace('"unlimited"', "true")
    (tmp_path / "plans.toml").write_text(bad.replace("invoices = 5", "letters = 5"))
    with pytest.raises(FolderFaults) as refused:
        apply(app, tmp_path)
    assert [fault.field for fault in refused.value.errors] == [
        "plans.toml: default",
        "plans.toml: plans.free.features.letters",
        "plans.toml: plans.pro.features.invoices",
    ]
    with app.app_context():
        assert catalogue.live().order == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("amount = 2900", "amount = -1", "plans.pro.prices.0.amount"),
        ('currency = "usd"', 'currency = "USD"', "plans.pro.prices.0.currency"),
        ('event = "Invoice Sent"', "", "features.invoices"),
        ('type = "metered"', 'type = "guessed"', "features.invoices.type"),
        ("[plans.pro]", "[plans.pro]\ncolour = 1", "plans.pro.colour"),
        ("amount = 2900", "amount = 2900, seat = true, included = 3", "plans.pro.prices.0.included"),
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(app, tmp_path, old, new, place):
    (tmp_path / "plans.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(FolderFaults) as refused:
        apply(app, tmp_path)
    assert f"plans.toml: {place}" in [fault.field for fault in refused.value.errors]


def test_a_file_that_is_no_toml_is_told_with_its_line(app, tmp_path):
    (tmp_path / "plans.toml").write_text(GOOD + "\n[[[")
    with pytest.raises(FolderFaults) as refused:
        apply(app, tmp_path)
    assert "line" in refused.value.errors[0].message
