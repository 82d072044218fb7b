"""One mail before the end and one after it, by what the account did; none twice, none for an end that has moved."""

import datetime as dt

import pytest
from sqlalchemy import select

from plg.events import names
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging.models import OutgoingMail
from plg.trials import jobs, trials
from tests.support.story import happened, in_parallel, make_account, make_person
from tests.trials.wording import CARD, do, ends_at, later, publish, start, state

PLAN = [
    {"days": 7, "when": "not_activated"},
    {"days": 3, "when": "idle"},
    {"days": 3},
    {"days": 0},
]


@pytest.fixture
def account(app):
    owner, member = make_person(app), make_person(app, "bea@acme.example", "Bea")
    return make_account(app, (owner, "owner"), (member, "member"))


def mails(app):
    with app.app_context():
        rows = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
        return [(row.template, row.email, row.subject, row.text) for row in rows]


def days_before(app, account, days, seconds=0):
    return ends_at(app, account) - dt.timedelta(days=days, seconds=seconds)


def test_the_owner_gets_one_mail_for_each_occasion(app, account, worker):
    publish(app, reminders=PLAN)
    start(app, account)
    worker(now=days_before(app, account, 7, seconds=1))
    assert mails(app) == []
    for moment in (7, 7, 6, 3, 3, 1, 0, 0):
        worker(now=days_before(app, account, moment))
    sent = mails(app)
    assert [(template, email) for template, email, _, _ in sent] == [
        ("trial-ends", "ana@acme.example"),
        ("trial-ends", "ana@acme.example"),
        ("trial-over", "ana@acme.example"),
    ]
    assert sent[0][2] == "Your trial of plg ends in 7 days"
    assert "You have not seen the best part yet" in sent[0][3]
    assert "everything you made is still there" in sent[2][3]


def test_what_the_account_did_decides_which_mail_leaves(app, account, worker):
    publish(app, reminders=PLAN)
    start(app, account)
    happened(app, "Invoice Sent", account_id=account, person_id=1)
    worker(now=days_before(app, account, 7))
    assert mails(app) == [], "it was activated"
    moment = days_before(app, account, 3)
    happened(app, "Invoice Sent", account_id=account, person_id=1, occurred_at=moment - dt.timedelta(days=1))
    worker(now=moment)
    assert "Your workspace shows what you have done" in mails(app)[0][3]


def test_where_nobody_has_been_lately_the_mail_says_so(app, account, worker):
    publish(app, reminders=PLAN)
    start(app, account)
    worker(now=days_before(app, account, 3))
    assert len(mails(app)) == 1, "the one of seven days before is not sent any more"
    assert "Nobody has been in your workspace lately" in mails(app)[0][3]


def test_when_the_end_moves_the_mails_move_and_come_again_only_where_it_is_as_far_away_again(
    app, account, worker
):
    publish(app, reminders=[{"days": 3}])
    start(app, account)
    before = days_before(app, account, 3)
    do(app, "extend", account, 5, reason="kind", by="staff:1")
    worker(now=before)
    assert mails(app) == []
    worker(now=days_before(app, account, 3))
    do(app, "extend", account, 1, reason="one day", by="staff:1")
    worker(now=days_before(app, account, 1))
    assert len(mails(app)) == 1
    do(app, "extend", account, 10, reason="many", by="staff:1")
    worker(now=days_before(app, account, 3))
    assert len(mails(app)) == 2


def test_paused_converted_and_stopped_trials_send_none(app, account, worker):
    publish(app, reminders=PLAN)
    start(app, account)
    end = ends_at(app, account)
    do(app, "pause", account, reason="x", by="staff:1")
    worker(now=end)
    with later(days=1):
        do(app, "resume", account, by="staff:1")
    do(app, "stop", account, reason="they asked", by="staff:1")
    worker(now=end + dt.timedelta(days=5))
    assert state(app, account)[0] == "ended"
    assert mails(app) == []


def test_nobody_is_charged_unwarned_with_date_price_and_card(app, account, worker):
    publish(app, **CARD)
    start(app, account)
    happened(
        app, names.CARD_ADDED, account_id=account, properties={"brand": "visa", "last4": "4242"}, source="plg"
    )
    worker()
    worker(now=days_before(app, account, 7))
    ((template, _, _, text),) = mails(app)
    assert template == "trial-charge"
    assert all(told in text for told in ("$29.00 a month", "visa 4242", "Pro plan"))
    do(app, "cancel", account, by="person:1")
    worker(now=days_before(app, account, 1))
    assert mails(app)[-1][0] == "trial-ends", "nothing will be charged any more"


def test_each_owner_is_written_to_in_their_language(app, account, worker):
    publish(app, reminders=[{"days": 3}])
    with app.app_context():
        from plg.people.models import Person

        db.session.execute(db.update(Person).values(locale="es"))
        db.session.commit()
    start(app, account)
    worker(now=days_before(app, account, 3))
    assert mails(app)[0][2] == "Tu prueba de plg termina en 3 días"


def test_several_workers_at_once_send_each_mail_once(app):
    publish(app, reminders=[{"days": 3}])
    for number in range(12):
        person = make_person(app, f"p{number}@acme.example")
        start(app, make_account(app, (person, "owner"), name=f"a{number}"))
    moment = now() + dt.timedelta(days=11)
    in_parallel(app, 4, lambda i: jobs.send_reminders(moment))
    with app.app_context():
        jobs.send_reminders(moment)
        db.session.commit()
    assert sorted(email for _, email, _, _ in mails(app)) == sorted(f"p{i}@acme.example" for i in range(12))


def test_an_end_that_moves_while_the_mail_is_written_sends_no_wrong_date(app, account, monkeypatch):
    publish(app, reminders=[{"days": 3}])
    start(app, account)
    moment = days_before(app, account, 3)
    from plg.trials import letters

    written = letters._written

    def meanwhile(*values):
        made = written(*values)
        in_parallel(app, 1, lambda i: trials.extend(account, 7, reason="kind", by="staff:1"))
        return made

    monkeypatch.setattr(letters, "_written", meanwhile)
    with app.app_context():
        assert jobs.send_reminders(moment) == 0
        db.session.commit()
    assert mails(app) == []
