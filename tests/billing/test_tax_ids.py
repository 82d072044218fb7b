"""With which tax ids an account has its invoices, and whether Stripe reckons taxes."""

import pytest
import requests

from plg.access import sessions
from plg.billing import tax_ids
from plg.kit.db import db
from tests.billing.letters import make_due
from tests.support.story import make_account, make_person

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def api(shop, secret):
    def call(path="", **body):
        url = f"{shop.url}/v1/billing/tax-ids{path}"
        answer = requests.post(url, json={"account": "acme", **body}, headers=secret, timeout=20)
        return answer.status_code, answer.json()

    return call


def shown(shop):
    with shop.app.app_context():
        return [(row.type, row.value, row.verification) for row in tax_ids.of_account(shop.account)]


def test_a_tax_id_is_there_once_and_on_the_invoices(shop, api):
    for written in ("abc 010203 ab9", "ABC010203AB9"):
        assert api(type="mx_rfc", value=written)[0] == 200
    shop.pay()

    assert shown(shop) == [("mx_rfc", "ABC010203AB9", "unavailable")]
    assert shop.stripe.all("invoice")[0]["customer_tax_ids"] == [{"type": "mx_rfc", "value": "ABC010203AB9"}]


@pytest.mark.parametrize(
    ("kind", "value", "wrong"),
    [
        ("es_cif", "B12345674", "B1234"),
        ("eu_vat", "ESB12345674", "12"),
        ("co_nit", "123456789-0", "12-3"),
        ("cl_tin", "12.345.678-K", "K"),
        ("ar_cuit", "20-12345678-6", "20"),
    ],
)
def test_numbers_are_taken_as_their_country_writes_them(shop, api, kind, value, wrong):
    status, refused = api(type=kind, value=wrong)
    assert (status, refused["code"]) == (422, "tax_id_invalid")
    assert api(type=kind, value=value)[1]["tax_ids"][0]["value"] == value


def test_what_was_added_or_removed_at_stripe_is_followed(shop, api):
    api(type="mx_rfc", value="ABC010203AB9")
    from plg.sandbox.stripe.resources import tax_ids as at_stripe

    with shop.stripe.store.work() as work:
        at_stripe.add(work, work.newest("customer")[0], "eu_vat", "ESB12345674")
    shop.stripe.settle()
    make_due(shop)
    shop.process()
    assert ("eu_vat", "ESB12345674", "pending") in shown(shop)
    for row in api(type="mx_rfc", value="ABC010203AB9")[1]["tax_ids"]:
        api(f"/{row['id']}/remove")

    assert shown(shop) == []
    assert shop.stripe.all("tax_id") == []


def test_the_tax_id_of_another_account_is_not_removed(shop, api):
    _, made = api(type="mx_rfc", value="ABC010203AB9")
    make_account(shop.app, (shop.owner, "owner"), key="other")
    status, refused = api(f"/{made['tax_ids'][0]['id']}/remove", account="other")

    assert (status, refused["code"]) == (404, "tax_id_not_found")
    assert len(shown(shop)) == 1


def person_of(shop, person_id):
    with shop.app.app_context():
        token = sessions.begin(person_id=person_id)
        db.session.commit()
    signed = shop.app.session_interface.get_signing_serializer(shop.app).dumps(
        {"_user_id": token, "_fresh": True}
    )
    browser = requests.Session()
    browser.cookies.set("plg_session", signed)
    return browser


def test_only_who_looks_after_billing_sees_the_page(shop):
    from plg.accounts import memberships

    with shop.app.app_context():
        member = make_person(shop.app, "m@acme.example", "Mia")
        memberships.add(shop.account, member, "member", by="tests")
        db.session.commit()
    url = f"{shop.url}/workspace/subscription/tax-ids"

    assert person_of(shop, member).get(url, timeout=20).status_code == 403
    assert "RFC" in person_of(shop, shop.owner).get(url, timeout=20).text


@pytest.mark.parametrize("asked", [True, False])
def test_stripe_reckons_taxes_where_the_setting_says_so(shop, asked):
    settings = shop.app.extensions["plg.settings"]
    shop.app.extensions["plg.settings"] = settings.model_copy(update={"stripe_automatic_tax": asked})
    shop.pay()

    assert shop.stripe.all("subscription")[0]["automatic_tax"]["enabled"] is asked
    assert shop.stripe.all("invoice")[0]["automatic_tax"]["enabled"] is asked
