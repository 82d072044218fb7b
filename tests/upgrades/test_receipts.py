"""What a trial was worth: told once when it ends, by mail and on a page, in figures that are the account's own."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from plg import product_folder
from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.kit.wing import Learned, Learning
from plg.messaging.models import OutgoingMail
from plg.people import people
from plg.plans import assignments
from plg.trials import trials
from plg.upgrades import receipt_config, receipts
from plg.upgrades.models import TrialReceipt
from tests.onboarding_flows.conftest import DAY, NOON, clock
from tests.support.story import PLANS, happened, in_parallel, make_account, make_person, publish_plans
from tests.upgrades.test_asking import as_person, mails

__all__ = ["clock"]

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DEEDS = {
    "mail": True,
    "deeds": [
        {"event": "Invoice Sent", "name": {"es": "Facturas enviadas", "en": "Invoices sent"}, "minutes": 25},
        {"event": "Bill Paid", "name": {"en": "Bills paid"}, "amount": 150, "currency": "usd"},
    ],
}
BASIC = {
    "name": {"en": "Basic", "es": "Básico"},
    "prices": [{"amount": 900, "currency": "usd", "interval": "month"}],
    "features": {
        "invoices": {
            "included": 10,
            "soft": True,
            "charges": [{"currency": "usd", "tiers": [{"unit": "50"}]}],
        },
        "export": False,
    },
}
SMALL = {
    "name": {"en": "Small"},
    "prices": [{"amount": 500, "currency": "usd", "interval": "month"}],
    "features": {"invoices": 8, "export": False},
}


@pytest.fixture
def olga(app: Flask) -> int:
    plans = copy.deepcopy(PLANS)
    plans["order"] = ["free", "trial", "small", "basic", "pro"]
    plans["plans"] |= {"small": SMALL, "basic": BASIC}
    publish_plans(app, plans)
    return make_person(app, "olga@acme.example", "Olga")


@pytest.fixture
def acme(app: Flask, olga: int, clock: Any) -> int:
    """An account whose trial began at noon."""
    mario = make_person(app, "mario@acme.example", "Mario")
    account = make_account(app, (olga, "owner"), (mario, "member"), key="acme")
    with app.app_context():
        trials.start(account, person_id=olga, by="tests")
        db.session.commit()
    return account


def count_deeds(app: Flask, told: dict[str, Any]) -> None:
    with app.app_context():
        receipt_config.section.publish("receipt", told, "tests")
        db.session.commit()


def end_trial(app: Flask, worker: Any, clock: Any, days: int = 15) -> None:
    clock.move_to(NOON + days * DAY)
    worker(now=NOON + days * DAY)
    worker()


@sqlite
def test_the_receipt_tells_what_was_done_saved_and_what_each_plan_costs_at_that_use(
    app: Flask, worker: Any, acme: int, olga: int, clock: Any
) -> None:
    count_deeds(app, DEEDS)
    happened(app, "Invoice Sent", times=7, account_id=acme, person_id=olga)
    happened(app, "Bill Paid", times=3, account_id=acme, person_id=olga)
    happened(app, "Invoice Sent", account_id=make_account(app, (olga, "owner"), name="Other"), person_id=olga)
    end_trial(app, worker, clock)

    with app.app_context():
        facts = db.session.scalars(select(TrialReceipt.facts)).one()
    assert [(each["name"]["en"], each["count"]) for each in facts["did"]] == [
        ("Invoices sent", 7),
        ("Bills paid", 3),
    ]
    assert facts["saved"] == {"minutes": 175, "money": {"usd": 450}}
    assert [(each["feature"], each["amount"]) for each in facts["use"]] == [("invoices", 14)]
    prices = {
        each["plan"]: (each["amount"], [name["en"] for name in each["over"]]) for each in facts["prices"]
    }
    assert prices == {"small": (500, ["Invoices"]), "basic": (900 + 4 * 50, []), "pro": (2900, [])}
    stops = {each["name"]["en"]: (each["had"], each["has"]) for each in facts["stops"]}
    assert stops == {"Invoices": (10, 5), "Export": (1, 0)}


@sqlite
def test_who_may_buy_gets_one_mail_in_their_language_and_members_none(
    app: Flask, worker: Any, acme: int, olga: int, clock: Any
) -> None:
    count_deeds(app, DEEDS)
    with app.app_context():
        people.get(olga).locale = "es"
        db.session.commit()
    happened(app, "Invoice Sent", times=7, account_id=acme, person_id=olga)
    end_trial(app, worker, clock)
    for _ in range(2):
        worker()
        with app.app_context():
            assert receipts.make(acme, now()) is None

    (mail,) = [mail for mail in mails(app) if mail.template == "trial-receipt"]
    for told in (
        "Facturas enviadas: 7",
        "alrededor de 3 horas",
        "Básico: 11 US$ al mes",
        "Export ya no está",
        "Pro: 29",
    ):
        assert told.replace("Export ", "Exportar ") in mail.text.replace("\xa0", " "), (told, mail.text)
    assert "Lo que has hecho" in mail.html and "No alcanza: Facturas" in mail.html
    assert not [mail for mail in mails(app, "mario@acme.example") if mail.template == "trial-receipt"]
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Event.name == "Trial Receipt Made")) == 1


@sqlite
def test_the_page_tells_it_while_the_trial_runs_and_as_it_was_afterwards(
    app: Flask, worker: Any, acme: int, olga: int, clock: Any
) -> None:
    happened(app, "Invoice Sent", times=3, account_id=acme, person_id=olga)
    worker()
    clock.move_to(NOON + 5 * DAY)
    running = as_person(app, olga).read("/upgrade/receipt").text
    assert "What your trial is worth by now" in running and "Invoices: 3" in running
    assert "What stops without a plan" in running
    end_trial(app, worker, clock)
    clock.move_to(NOON + 20 * DAY)
    happened(app, "Invoice Sent", times=2, account_id=acme, person_id=olga)
    worker()
    over = as_person(app, olga, "es").read("/upgrade/receipt").text
    assert "Lo que ha valido tu prueba" in over and "Facturas: 3" in over
    assert "Exportar ya no está incluido" in over and "Elegir un plan" in over
    with app.app_context():
        assignments.assign(acme, "pro", source="subscription", by="tests")
        db.session.commit()
    paid = as_person(app, olga, "es").read("/upgrade/receipt").text
    assert "Facturas: 3" in paid
    assert "Exportar ya no está incluido" not in paid and "Elegir un plan" not in paid


@sqlite
def test_what_was_learned_is_told_by_the_wing_that_teaches(
    app: Flask, worker: Any, acme: int, olga: int, clock: Any
) -> None:
    asked: list[Any] = []
    title = {"en": "Invoices well made", "es": "Facturas bien hechas"}
    teacher = Learning(
        lambda course: None, lambda *told: asked.append(told) or [Learned(title, 2, True)], lambda ids: {}
    )
    app.extensions["plg.learning"] = [teacher]
    end_trial(app, worker, clock)
    assert asked == [(acme, NOON)]
    (mail,) = [mail for mail in mails(app) if mail.template == "trial-receipt"]
    assert "Invoices well made (2 people, with a certificate)" in mail.text


@sqlite
def test_a_trial_in_which_nothing_happened_is_told_on_the_page_alone(
    app: Flask, worker: Any, acme: int, olga: int, clock: Any
) -> None:
    end_trial(app, worker, clock)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(TrialReceipt)) == 1
        sent = select(OutgoingMail.template).where(OutgoingMail.template == "trial-receipt")
        assert db.session.scalars(sent).all() == []
    assert "Nothing was counted yet." in as_person(app, olga).read("/upgrade/receipt").text


@sqlite
def test_who_has_no_trial_and_who_is_elsewhere_reads_nothing(app: Flask, acme: int, olga: int) -> None:
    happened(app, "Invoice Sent", times=3, account_id=acme, person_id=olga)
    eve = make_person(app, "eve@evil.example")
    make_account(app, (eve, "owner"), name="Evil")
    page = as_person(app, eve).read("/upgrade/receipt").text
    assert "There is no trial to tell of" in page and "Acme" not in page


def test_of_many_at_once_one_makes_the_receipt(app: Flask, acme: int, olga: int, clock: Any) -> None:
    happened(app, "Invoice Sent", times=3, account_id=acme, person_id=olga)
    with app.app_context():
        trials.stop(acme, reason="tests", by="tests")
        db.session.commit()
    made = in_parallel(app, 5, lambda _: receipts.make(acme, NOON))
    assert [each for each in made if isinstance(each, Exception)] == []
    assert len([each for each in made if each is not None]) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(TrialReceipt)) == 1


@sqlite
def test_the_folder_says_what_is_counted_and_is_written_back(app: Flask, tmp_path: Path) -> None:
    told = '[receipt]\n[[receipt.deeds]]\nevent = "Sent"\nname = {en = "Sent"}\nminutes = 5\n'
    (tmp_path / "plg.toml").write_text(told)
    with app.app_context():
        product_folder.apply(app, tmp_path, prune=False, by="tests")
        product_folder.export(app, tmp_path / "out")
        again = product_folder.plan(app, tmp_path / "out")
        assert {each.what for each in again if each.section == "receipt"} == {"same"}
        assert receipt_config.live().deeds[0].minutes == 5
    (tmp_path / "plg.toml").write_text(told.replace("minutes = 5", "minutes = -5"))
    with app.app_context(), pytest.raises(product_folder.FolderFaults) as refused:
        product_folder.plan(app, tmp_path)
    assert [fault.field for fault in refused.value.errors] == ["plg.toml: receipt.deeds.0.minutes"]
