"""A mail is kept with the change that asked for it, leaves soon, leaves once, and is not lost."""

import datetime as dt

import pytest
from jinja2 import TemplateNotFound
from sqlalchemy import select

from plg.events.models import Event
from plg.kit.clock import now
from plg.kit.db import db
from plg.messaging import mail
from plg.messaging.jobs import BATCH, MINUTES_BEFORE_RETRY, deliver_mails
from plg.messaging.models import OutgoingMail
from plg.messaging.smtp import SmtpConnection, SmtpGateway
from plg.people import identities
from tests.messaging.smtp_server import ACCEPTED, mail_server
from tests.support.story import in_parallel, make_person

ANA = "ana@acme.example"
CONTEXT = {"name": "Ana", "url": "https://plg.example/reset/secret-token", "minutes": 60}


@pytest.fixture
def server(app):
    with mail_server() as server:
        app.extensions["plg.smtp"] = SmtpGateway(server.url, timeout=5)
        yield server


def send(app, to=ANA, template="reset-password", locale="en", context=CONTEXT, **options):
    with app.app_context():
        new = mail.send(to, template, locale, context, **options)
        db.session.commit()
        return new


def deliver(app, moment=None):
    with app.app_context():
        handled = deliver_mails(moment or now())
        db.session.commit()
        return handled


def rows(app):
    with app.app_context():
        return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def events(app, name):
    with app.app_context():
        return list(db.session.scalars(select(Event).where(Event.name == name)))


def test_a_mail_arrives_as_text_and_html_with_who_it_is_from(app, server):
    send(app)

    assert deliver(app) == 1

    (arrived,) = server.mails
    assert (arrived["To"], arrived["Subject"]) == (ANA, "Choose a new password")
    assert arrived["From"] == "plg <no-reply@localhost>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    text, html = arrived.get_body(("plain",)).get_content(), arrived.get_body(("html",)).get_content()
    assert CONTEXT["url"] in text
    assert f'href="{CONTEXT["url"]}"' in html
    assert 'lang="en"' in html


def test_a_mail_is_written_in_its_readers_language(app, server):
    send(app, locale="es")

    deliver(app)

    (arrived,) = server.mails
    assert arrived["Subject"] == "Elige una contraseña nueva"
    assert "Hola, Ana:" in arrived.get_body(("plain",)).get_content()
    assert arrived["Content-Language"] == "es"


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("confirm-email", {"url": "https://x.example/u", "hours": 48}),
        ("finish-sign-up", {"url": "https://x.example/u", "minutes": 60}),
        (
            "already-registered",
            {"name": "Ana", "url": "https://x.example/u", "forgot_url": "https://x.example/f"},
        ),
        ("reset-password", {"name": "", "url": "https://x.example/u", "minutes": 60}),
        ("password-changed", {"name": "Ana", "url": "https://x.example/u"}),
        ("no-account", {"url": "https://x.example/u"}),
        ("invitation", {"inviter": "Ana", "account": "Acme", "url": "https://x.example/u", "days": 7}),
    ],
)
def test_every_mail_says_the_same_in_text_and_html(app, locale, template, context):
    send(app, template=template, locale=locale, context=context)

    (row,) = rows(app)
    assert row.subject
    for part in (row.text, row.html):
        assert "https://x.example/u" in part
        assert "{{" not in part and "%(" not in part


def test_what_people_typed_is_text_in_a_mail(app):
    context = {"inviter": "<b>Ana</b>", "account": "A & B\r\nBcc: all@x.example", "url": "u", "days": 7}
    send(app, template="invitation", context=context)

    (row,) = rows(app)
    assert "\n" not in row.subject and "\r" not in row.subject
    assert "&lt;b&gt;Ana&lt;/b&gt;" in row.html
    assert "<b>Ana</b> invites" in row.text


def test_a_change_that_fails_sends_no_mail(app, server):
    with app.app_context():
        mail.send(ANA, "reset-password", "en", CONTEXT)
        db.session.rollback()

    assert deliver(app) == 0
    assert server.mails == []


def test_a_mail_with_the_same_id_is_written_once(app, server):
    assert send(app, id="request-7") is True
    assert send(app, id="request-7") is False
    assert send(app, id="request-8") is True

    deliver(app)

    assert len(server.mails) == 2


def test_a_template_that_does_not_exist_is_an_error_at_once(app):
    with pytest.raises(TemplateNotFound):
        send(app, template="no-such-mail")


def test_a_sent_mail_keeps_no_secret(app, server):
    send(app)

    deliver(app)

    (row,) = rows(app)
    assert (row.text, row.html) == ("", "")
    assert row.sent_at is not None and row.due_at is None


def test_the_log_hears_that_a_message_left_without_its_content(app, server):
    person = make_person(app)
    send(app, person_id=person)

    deliver(app)
    deliver(app)

    (event,) = events(app, "Message Sent")
    assert event.person_id == person
    assert event.properties == {"template": "reset-password", "channel": "mail"}


def test_many_mails_go_over_one_connection(app, server):
    for number in range(5):
        send(app, f"p{number}@acme.example")

    deliver(app)

    assert len(server.mails) == 5
    assert server.connections == 1


def test_more_mails_than_a_batch_take_turns(app, server):
    for number in range(BATCH + 3):
        send(app, f"p{number}@acme.example")

    assert [deliver(app), deliver(app), deliver(app)] == [BATCH, 3, 0]
    assert len({arrived["To"] for arrived in server.mails}) == BATCH + 3


def test_workers_at_the_same_time_send_each_mail_once(app, server):
    for number in range(12):
        send(app, f"p{number}@acme.example")

    in_parallel(app, 4, lambda _: deliver_mails(now()))

    assert len(server.mails) == 12
    assert len({arrived["To"] for arrived in server.mails}) == 12


def test_a_busy_server_is_asked_again_later_and_the_others_go_on(app, server):
    server.answer = lambda number, to: "451 busy" if to == ANA and number < 2 else ACCEPTED
    send(app)
    send(app, "bea@acme.example")
    moment = now()

    deliver(app, moment)
    assert [arrived["To"] for arrived in server.mails] == ["bea@acme.example"]
    assert deliver(app, moment) == 0

    deliver(app, moment + dt.timedelta(minutes=MINUTES_BEFORE_RETRY[0]))
    later = moment + dt.timedelta(hours=1)
    deliver(app, later)

    assert [arrived["To"] for arrived in server.mails] == ["bea@acme.example", ANA]
    assert rows(app)[0].attempts >= 2


def test_an_address_that_does_not_exist_is_given_up_and_told(app, server):
    server.answer = lambda number, to: "550 no such user" if to == ANA else ACCEPTED
    send(app)
    send(app, "bea@acme.example")

    deliver(app)

    first, second = rows(app)
    assert first.failed_at is not None and first.due_at is None
    assert first.last_error == "550 no such user"
    assert (first.text, second.sent_at is not None) == ("", True)
    (event,) = events(app, "Message Failed")
    assert event.properties["reason"] == "550 no such user"


@pytest.mark.parametrize(
    "address", ["ana@x.example\r\nBcc: all@x.example", "a@x.example, b@x.example", "no address", "a@", "@"]
)
def test_what_is_not_one_address_is_given_up_and_the_others_go_on(app, server, address):
    send(app, address)
    send(app, "bea@acme.example")

    deliver(app)

    assert [arrived["To"] for arrived in server.mails] == ["bea@acme.example"]
    first, second = rows(app)
    assert first.failed_at is not None and first.due_at is None
    assert second.sent_at is not None


def test_a_name_that_is_not_ascii_is_an_address_like_any_other(app, server):
    send(app, "inés@libreriasol.example")

    deliver(app)

    assert [arrived["To"] for arrived in server.mails] == ["inés@libreriasol.example"]


def test_a_server_that_is_away_costs_one_attempt_and_loses_nothing(app):
    app.extensions["plg.smtp"] = SmtpGateway("smtp://127.0.0.1:9", timeout=2)
    send(app)
    send(app, "bea@acme.example")
    moment = now()

    assert deliver(app, moment) == 2
    assert [(row.attempts, row.sent_at) for row in rows(app)] == [(1, None), (1, None)]

    with mail_server() as server:
        app.extensions["plg.smtp"] = SmtpGateway(server.url, timeout=5)
        deliver(app, moment + dt.timedelta(minutes=MINUTES_BEFORE_RETRY[0]))
        assert len(server.mails) == 2


def test_after_many_attempts_a_mail_is_given_up(app):
    app.extensions["plg.smtp"] = SmtpGateway("smtp://127.0.0.1:9", timeout=2)
    send(app)
    moment = now()

    for minutes in (0, *MINUTES_BEFORE_RETRY, 10_000):
        moment += dt.timedelta(minutes=minutes)
        deliver(app, moment)

    (row,) = rows(app)
    assert row.failed_at is not None
    assert row.attempts == len(MINUTES_BEFORE_RETRY) + 1
    assert len(events(app, "Message Failed")) == 1


def test_a_line_that_is_cut_before_the_answer_sends_the_same_message_again(app, server):
    server.dropping = 1
    send(app)
    moment = now()

    deliver(app, moment)
    deliver(app, moment + dt.timedelta(hours=1))

    assert len(server.mails) >= 2
    assert len({arrived["Message-ID"] for arrived in server.mails}) == 1
    assert rows(app)[0].sent_at is not None


def _die(self, mail):
    raise KeyboardInterrupt


def test_a_worker_that_dies_in_between_leaves_its_mails_to_the_next(app, server, monkeypatch):
    send(app)
    moment = now()
    monkeypatch.setattr(SmtpConnection, "deliver", _die)
    with app.app_context(), pytest.raises(KeyboardInterrupt):
        deliver_mails(moment)
    monkeypatch.undo()

    assert deliver(app, moment) == 0
    assert deliver(app, moment + dt.timedelta(minutes=10)) == 1
    assert len(server.mails) == 1


def test_mails_of_a_merged_person_become_the_survivors(app, worker):
    survivor, gone = make_person(app, "ana@home.example"), make_person(app, ANA)
    send(app, person_id=gone)
    with app.app_context():
        assert identities.merge(survivor, gone, reason="alias", by="tests", force=True) == survivor
        db.session.commit()

    worker()

    assert rows(app)[0].person_id == survivor
