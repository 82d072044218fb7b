"""Segments with a name: written in the product folder, published, counted by name."""

import pytest

from plg import product_folder
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.segments.folder import FILE
from tests.support.story import happened, make_account, make_person, publish_plans

SEGMENTS = """
active-free:
  title: {es: Gratis y activos, en: Free and active}
  rule:
    all:
    - {field: account.plan, eq: free}
    - {field: person.created_at, after: 2020-01-01}
    - {event: Invoice Sent, within: 7d}
nobody:
  title: {en: Nobody}
  rule: {not: {all: []}}
"""
FAULTY = """
Big Spenders: {title: {en: Big}, rule: {all: []}}
late: {title: {}, rule: {field: trial.day, gt: 1}}
"""
UNKNOWN = "old: {title: {en: Old}, rule: {any: [{field: person.age, gt: 60}, {event: x, within: long}]}}"


def test_a_segment_of_the_folder_is_counted_by_its_name(app, client, secret_key, tmp_path):
    publish_plans(app)
    ana = make_person(app)
    happened(app, "Invoice Sent", person_id=ana, account_id=make_account(app, (ana, "owner")))
    (tmp_path / FILE).write_text(SEGMENTS)
    with app.app_context():
        made = product_folder.apply(app, tmp_path, prune=False, by="tests")
        db.session.commit()
        product_folder.export(app, tmp_path / "again")
        again = product_folder.plan(app, tmp_path / "again")
    headers = {"Authorization": f"Bearer {secret_key}"}

    def count(name):
        return client.post("/v1/segments/count", json={"segment": name}, headers=headers)

    assert {change.key: change.what for change in made if change.section == "segments"} == {
        "active-free": "new",
        "nobody": "new",
    }
    assert {change.what for change in again if change.section == "segments"} == {"same"}
    assert (count("active-free").json["count"], count("nobody").json["count"]) == (1, 0)
    assert (count("no").status_code, count("no").json["code"]) == (404, "no_such_segment")
    assert [one["name"] for one in client.get("/v1/segments", headers=headers).json["data"]] == [
        "active-free",
        "nobody",
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_faults_of_the_file_are_named_with_their_paths(app, tmp_path):
    told = []
    for text in (FAULTY, UNKNOWN, "a: [", "- a"):
        (tmp_path / FILE).write_text(text)
        with app.app_context(), pytest.raises(FolderFaults) as refused:
            product_folder.plan(app, tmp_path)
        told += [fault.field for fault in refused.value.errors]

    assert told[:3] == [
        f"{FILE}: Big Spenders.[key]",
        f"{FILE}: late.title",
        f"{FILE}: old.rule.any.1.within",
    ]
    assert all(place.startswith(FILE) for place in told[3:]) and len(told) == 5
