"""Plans that are published from several sides at the same moment."""

import pytest
from sqlalchemy import func, select

from plg import product_folder
from plg.events.models import Event
from plg.kit.db import db
from plg.plans import assignments, catalogue
from plg.plans.models import AccountPlan, PlanVersion
from tests.plans.test_folder import GOOD
from tests.support.story import in_parallel, make_account, make_person, publish_plans

# Two folders of which each changes what the other leaves.
FOLDERS = {
    "dear": GOOD.replace("amount = 2900", "amount = 9900"),
    "generous": GOOD.replace("invoices = 5", "invoices = 50"),
}


@pytest.fixture
def folders(app, tmp_path):
    for name, text in {"first": GOOD, **FOLDERS}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "plans.toml").write_text(text)
    with app.app_context():
        product_folder.apply(app, tmp_path / "first", prune=False, by="tests")
        db.session.commit()
    return [tmp_path / name for name in FOLDERS]


def test_of_two_folders_at_once_the_later_is_published_whole(app, folders):
    results = in_parallel(app, 2, lambda i: product_folder.apply(app, folders[i], prune=False, by="tests"))

    assert [each for each in results if isinstance(each, Exception)] == []
    with app.app_context():
        live = (catalogue.plan("pro").prices[0].amount, catalogue.plan("free").limit("invoices"))
    assert live in {(9900, 5), (2900, 50)}


def test_the_same_folder_many_times_at_once_makes_one_version(app, folders):
    in_parallel(app, 6, lambda i: product_folder.apply(app, folders[0], prune=False, by="tests"))

    with app.app_context():
        versions = select(PlanVersion.key, func.max(PlanVersion.version)).group_by(PlanVersion.key)
        assert dict(db.session.execute(versions).all()) == {"free": 1, "pro": 2, "catalogue": 1}


def test_an_account_put_on_many_plans_at_once_is_on_one_and_the_log_tells_the_way(app):
    publish_plans(app)
    account = make_account(app, (make_person(app), "owner"))
    plans = ["trial", "pro"] * 4

    in_parallel(app, 8, lambda i: assignments.assign(account, plans[i], source="staff", by="tests"))

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AccountPlan)) == 1
        way = [properties for (properties,) in db.session.execute(_changes())]
        assert [each["from_plan"] for each in way] == ["free", *(each["to_plan"] for each in way[:-1])]
        assert assignments.current(account).plan.key == way[-1]["to_plan"]


def _changes():
    told = select(Event.properties).where(Event.name == "Plan Changed")
    return told.order_by(Event.tx, Event.position)
