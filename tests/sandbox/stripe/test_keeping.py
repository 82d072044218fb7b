"""With a folder the stand-in remembers over a restart; a change is kept whole or not at all."""

import pytest

from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.store import Store
from tests.sandbox.stripe.world import World


@pytest.fixture
def worlds(tmp_path):
    opened = []

    def open_world():
        opened.append(World(tmp_path))
        return opened[-1]

    yield open_world
    for world in opened:
        world.close()


def test_a_restart_with_the_same_folder_goes_on(worlds):
    first = worlds()
    ana = first.post("/v1/customers", key="k-1", email="ana@example.com").json()
    first.advance(3600)
    ahead = first.store.now()
    first.close()

    second = worlds()
    assert second.get(f"/v1/customers/{ana['id']}").json() == ana
    assert second.post("/v1/customers", key="k-1", email="ana@example.com").json() == ana
    assert second.store.now() >= ahead


def test_what_was_not_delivered_is_sent_after_a_restart(worlds):
    first = worlds()
    first.switch(hold=True)
    first.post("/v1/customers", email="ana@example.com")
    first.close()

    assert worlds().told() == ["customer.created"]


def test_without_a_folder_nothing_is_remembered(tmp_path):
    with Store().work() as work:
        work.put({"object": "customer", "id": "cus_1"})

    assert list(tmp_path.iterdir()) == []


def test_a_line_cut_by_a_crash_costs_only_that_change(tmp_path):
    journal = tmp_path / "stripe.jsonl"
    store = Store(journal)
    for name in ("cus_1", "cus_2"):
        with store.work() as work:
            work.put({"object": "customer", "id": name})
    journal.write_text(journal.read_text()[:-9])

    with Store(journal).work() as work:
        assert [each["id"] for each in work.newest("customer")] == ["cus_1"]


def test_a_refused_change_leaves_nothing_behind(tmp_path):
    store = Store(tmp_path / "stripe.jsonl")
    heard = []
    store.on_events = heard.extend
    with pytest.raises(StripeError), store.work() as work:
        work.emit("customer.created", work.put({"object": "customer", "id": "cus_1"}))
        raise StripeError("no")

    with store.work() as work:
        assert work.newest("customer") == []
    assert heard == []
    assert "cus_1" not in (tmp_path / "stripe.jsonl").read_text()


def test_what_is_read_is_a_copy():
    store = Store()
    with store.work() as work:
        work.put({"object": "customer", "id": "cus_1", "metadata": {}})
        work.need("customer", "cus_1")["metadata"]["a"] = "b"

    with store.work() as work:
        assert work.need("customer", "cus_1")["metadata"] == {}
