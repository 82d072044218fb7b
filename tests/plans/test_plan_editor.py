"""Staff edit plans on pages: in a form or as text, with every fault, and what changes for whom, before it does."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plg.access import credentials
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.plans import assignments, catalogue, editing, folder
from tests.support.story import make_account, make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
EDITOR = "/staff/plans/plans.toml"
FORM = "/staff/plans/pro/edit"
PLANS = """
default = "free"
order = ["free", "pro"]

[features.invoices]
name = { es = "Facturas", en = "Invoices" }
type = "metered"
event = "Invoice Sent"

[features.export]
name = { es = "Exportar", en = "Export" }
type = "boolean"

[plans.free]
name = { es = "Gratis", en = "Free" }
features = { invoices = 5, export = false }

[plans.pro]
name = { es = "Pro", en = "Pro" }
prices = [{ amount = 2900, currency = "usd", interval = "month" }]

[plans.pro.features]
export = true

[plans.pro.features.invoices]
included = 500
soft = true
charges = [{ currency = "usd", model = "graduated", tiers = [{ unit = "10" }] }]
"""


@pytest.fixture
def plans(app: Flask) -> None:
    with app.app_context():
        for key, definition in folder.parsed(PLANS).items():
            folder.publish(key, definition, "tests")
        db.session.commit()


@pytest.fixture
def staff_client(app: Flask, sign_in, plans: None) -> tuple[FlaskClient, str]:
    with app.app_context():
        somebody = credentials.add_staff("sofia@plg.example", "Sofía", "a long enough passphrase", "en")
        db.session.commit()
        staff_id = somebody.id
    client = app.test_client()
    return client, sign_in(client, staff_id=staff_id)


class Fields(HTMLParser):
    """What a browser would send back of a page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, kind = told.get("name") or "", told.get("type")
        if tag == "input" and (kind not in {"checkbox", "radio"} or "checked" in told):
            self.found[name] = told.get("value") or ("on" if kind == "checkbox" else "")
        self._area = name if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] = data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self._area = "" if tag == "textarea" else self._area


def form_of(client: FlaskClient) -> dict[str, str]:
    return Fields(client.get(f"{FORM}?lang=en").text).found


def hidden(page: str, name: str) -> str:
    return Fields(page).found[name]


def publish(client: FlaskClient, csrf: str, page: str) -> Any:
    told = {name: hidden(page, name) for name in ("seen", "text")}
    return client.post(f"{EDITOR}/publish", data={"csrf_token": csrf, **told})


def test_a_price_and_a_limit_change_in_the_form_and_everything_else_stays(app, staff_client) -> None:
    client, csrf = staff_client
    with app.app_context():
        before = folder.live()
    typed = form_of(client) | {"csrf_token": csrf, "amount_0": "39,50", "limit_invoices": "900"}
    assert typed["currency_0"] == "USD" and typed["limit_export"]
    review = client.post(f"{FORM}?lang=en", data=typed | {"interval_0": "month"})
    assert "3950" in review.text and "Workspaces that stay" in review.text
    with app.app_context():
        assert folder.live() == before, "nothing changes before it is published"
    again = client.post(EDITOR, data=Fields(review.text).found | {"csrf_token": csrf}).text
    assert "3950" in Fields(again).found["text"], "who edits on loses nothing"
    assert publish(client, csrf, review.text).status_code == 303
    with app.app_context():
        pro = folder.live()["pro"]
        assert pro["prices"][0]["amount"] == 3950
        assert pro["features"]["invoices"] == before["pro"]["features"]["invoices"] | {"included": 900}
        assert {**folder.live(), "pro": None} == {**before, "pro": None}
        assert catalogue.plan("pro").version == 2


def test_a_price_of_seats_beside_the_plans_own_is_typed_with_how_many_are_included(app, staff_client) -> None:
    client, csrf = staff_client
    form = form_of(client)
    row = next(number for number in range(9) if not form[f"amount_{number}"])
    seat = {f"amount_{row}": "9", f"currency_{row}": "USD", f"interval_{row}": "month", f"seat_{row}": "on"}
    typed = form | {"csrf_token": csrf, "interval_0": "month", **seat}
    wrong = client.post(f"{FORM}?lang=en", data=typed | {f"included_{row}": "a few"})
    alone = client.post(f"{FORM}?lang=en", data=typed | {"included_0": "3"})
    review = client.post(f"{FORM}?lang=en", data=typed | {f"included_{row}": "3"})
    assert (wrong.status_code, alone.status_code) == (422, 422)
    assert publish(client, csrf, review.text).status_code == 303
    with app.app_context():
        plan = catalogue.plan("pro")
        own = plan.prices[0]
        assert [price.seat for price in plan.prices] == [False] * len(plan.prices)
        assert [plan.fixed_cost(own, seats) - own.amount for seats in (1, 3, 5)] == [0, 0, 1800]
    assert form_of(client)[f"included_{row}"] == "3"
    assert "after 3" in client.get("/staff/plans?lang=en").text


def test_faults_of_the_form_are_all_told_and_what_was_typed_stays(staff_client) -> None:
    client, csrf = staff_client
    typed = form_of(client) | {"csrf_token": csrf, "amount_0": "a lot", "limit_invoices": "many"}
    answer = client.post(f"{FORM}?lang=en", data=typed)
    assert answer.status_code == 422
    assert "2 things need your attention" in answer.text
    assert 'value="a lot"' in answer.text and 'value="many"' in answer.text


def test_the_whole_text_is_read_back_unchanged_and_faults_name_their_line(app, staff_client) -> None:
    client, csrf = staff_client
    page = client.get(f"{EDITOR}?lang=en").text
    with app.app_context():
        assert editing.read(editing.text_of(folder.live())) == folder.live()
        seen = editing.mark(folder.live())
    assert seen in page
    broken = client.post(
        f"{EDITOR}/review", data={"csrf_token": csrf, "seen": seen, "text": 'default = "free\norder = []'}
    )
    assert broken.status_code == 422 and "line 1" in broken.text
    with app.app_context(), pytest.raises(FolderFaults) as refused:
        editing.read(editing.text_of(folder.live()).replace("included = 500", "included = 0.5"))
    assert [each.field for each in refused.value.errors] == [
        "plans.toml: plans.pro.features.invoices.included"
    ]
    with app.app_context():
        text = editing.text_of(folder.live()).replace('default = "free"', 'default = "none"')
    misfit = client.post(f"{EDITOR}/review", data={"csrf_token": csrf, "seen": seen, "text": text})
    assert misfit.status_code == 422 and "there is no plan" in misfit.text


def test_who_edited_what_is_old_by_now_publishes_nothing(app, staff_client) -> None:
    client, csrf = staff_client
    typed = form_of(client) | {"csrf_token": csrf, "amount_0": "49", "interval_0": "month"}
    mine = client.post(f"{FORM}?lang=en", data=typed).text
    theirs = client.post(f"{FORM}?lang=en", data=typed | {"amount_0": "59"}).text
    assert publish(client, csrf, theirs).status_code == 303
    late = publish(client, csrf, mine)
    assert late.status_code == 409 and "4900" in late.text, "what was written is not lost"
    with app.app_context():
        assert folder.live()["pro"]["prices"][0]["amount"] == 5900


def test_a_plan_that_is_taken_out_is_no_longer_sold_and_its_workspaces_are_counted(app, staff_client) -> None:
    client, csrf = staff_client
    account = make_account(app, (make_person(app), "owner"))
    with app.app_context():
        assignments.assign(account, "pro", source="subscription", by="tests")
        db.session.commit()
        told = folder.live()
        del told["pro"]
        told["catalogue"] = told["catalogue"] | {"order": ["free"]}
        text, seen = editing.text_of(told), editing.mark(folder.live())
    review = client.post(f"{EDITOR}/review?lang=en", data={"csrf_token": csrf, "seen": seen, "text": text})
    assert re.search(r"pro</th>.*?no longer sold.*?>1<", review.text, re.DOTALL)
    assert publish(client, csrf, review.text).status_code == 303
    with app.app_context():
        assert "pro" not in folder.live()


def test_only_staff_edit_plans(app, client, sign_in, plans) -> None:
    person = make_person(app)
    csrf = sign_in(client, person_id=person)
    assert client.get(EDITOR).status_code in {302, 303, 403, 404}
    for path in (FORM, f"{EDITOR}/review", f"{EDITOR}/publish"):
        refused = client.post(path, data={"csrf_token": csrf, "text": "", "seen": ""})
        assert refused.status_code in {302, 303, 401, 403, 404}
