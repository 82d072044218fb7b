"""The gateway to the mail server: which server, which secrets it tells whom."""

from email.message import EmailMessage

import pytest

from plg.messaging.smtp import MailServerError, PermanentMailError, SmtpAddress, SmtpGateway
from tests.messaging.smtp_server import mail_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def a_mail(to="ana@acme.example"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "plg <no-reply@plg.example>", to, "Hello"
    mail.set_content("Hello")
    return mail


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example", "mail.example", 587, False),
        ("smtps://mail.example", "mail.example", 465, True),
        ("smtp://mail.example:2525", "mail.example", 2525, False),
    ],
)
def test_an_address_is_read_with_its_usual_port(url, host, port, tls):
    address = SmtpAddress.parse(url)

    assert (address.host, address.port, address.tls) == (host, port, tls)


def test_user_and_password_may_hold_any_letter_and_are_not_shown():
    address = SmtpAddress.parse("smtp://a%40b:p%2Fw%3A@mail.example")

    assert (address.user, address.password) == ("a@b", "p/w:")
    assert "p/w:" not in repr(address)


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25", ""])
def test_an_address_that_cannot_be_read_is_refused(url):
    with pytest.raises(ValueError, match="smtp"):
        SmtpAddress.parse(url)


def test_it_signs_in_where_the_server_asks_for_it():
    with mail_server(auth=("plg", "secret")) as server:
        gateway = SmtpGateway(f"smtp://plg:secret@127.0.0.1:{server.port}", timeout=5)
        with gateway.connection() as line:
            line.deliver(a_mail())

    assert len(server.mails) == 1


def test_a_refused_log_in_is_our_fault_not_the_mails():
    with mail_server(auth=("plg", "secret")) as server:
        gateway = SmtpGateway(f"smtp://plg:wrong@127.0.0.1:{server.port}", timeout=5)
        with gateway.connection() as line, pytest.raises(MailServerError) as caught:
            line.deliver(a_mail())

    assert "wrong" not in str(caught.value)


def test_a_password_is_not_sent_in_clear_to_another_machine(monkeypatch):
    with mail_server(auth=("plg", "secret")) as server:
        gateway = SmtpGateway(f"smtp://plg:secret@127.0.0.1:{server.port}", timeout=5)
        monkeypatch.setattr(SmtpAddress, "is_local", property(lambda self: False))
        with gateway.connection() as line, pytest.raises(MailServerError, match="no TLS"):
            line.deliver(a_mail())

    assert server.attempts == 0


def test_an_idle_line_that_the_server_has_closed_is_opened_anew():
    with mail_server() as server:
        gateway = SmtpGateway(server.url, timeout=5)
        with gateway.connection() as line:
            line.deliver(a_mail())
            assert line._client is not None and line._client.sock is not None
            line._client.sock.close()
            line._client.close()
            line.deliver(a_mail("bea@acme.example"))

    assert len(server.mails) == 2


def test_a_recipient_that_the_server_does_not_take_is_refused_for_good():
    with mail_server(answer=lambda number, to: "553 not here") as server:
        gateway = SmtpGateway(server.url, timeout=5)
        with gateway.connection() as line, pytest.raises(PermanentMailError, match="553 not here"):
            line.deliver(a_mail())
