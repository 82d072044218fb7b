"""What is sent to the sandbox by SMTP can be read there, by people and by tests."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from plg.sandbox.inbox import LARGEST_MAIL, SmtpInbox, create_inbox
from plg.sandbox.mailbox import Mailbox
from plg.sandbox.serving import Served


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[SmtpInbox]:
    server = SmtpInbox(mailbox)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def web(mailbox: Mailbox) -> Iterator[str]:
    with Served(create_inbox(mailbox)) as served:
        yield served.url


def a_mail(to: str = "ana@example.com", subject: str = "Confirme su correo") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Facturo <hola@facturo.example>", to, subject
    mail.set_content("Hola Ana, ¡bienvenida!\n\nhttps://example.com/confirm?token=abc\n")
    mail.add_alternative(
        "<html><head></head><body><h1>¡Hola!</h1><a href='/c'>Confirmar</a></body></html>", "html"
    )
    return mail


def send(smtp: SmtpInbox, mail: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", smtp.port, timeout=60) as client:
        client.send_message(mail, "bounces@facturo.example", to)


def test_a_mail_sent_by_smtp_is_found_by_its_recipient(smtp: SmtpInbox, web: str) -> None:
    send(smtp, a_mail())
    send(smtp, a_mail(to="luis@example.com"))

    (mail,) = requests.get(f"{web}/api/messages", {"to": "ANA@example.com"}, timeout=60).json()["messages"]

    assert mail["subject"] == "Confirme su correo"
    assert mail["sender"] == "bounces@facturo.example"
    assert mail["recipients"] == ["ana@example.com"]
    assert mail["links"] == ["https://example.com/confirm?token=abc"]
    assert "¡bienvenida!" in mail["text"] and "<h1>¡Hola!</h1>" in mail["html"]


def test_a_blind_copy_is_found_by_the_envelope_although_no_header_names_it(
    smtp: SmtpInbox, mailbox: Mailbox
) -> None:
    send(smtp, a_mail(), to=["ana@example.com", "boss@example.com"])

    assert [mail.subject for mail in mailbox.mails(to="boss@example.com")] == ["Confirme su correo"]


def test_mail_in_another_charset_and_in_an_unknown_one_can_be_read(smtp: SmtpInbox, mailbox: Mailbox) -> None:
    latin = EmailMessage()
    latin.set_content("Año nuevo", charset="iso-8859-1")
    send(smtp, latin, to=["ana@example.com"])
    odd = b"Subject: =?utf-8?q?Se=C3=B1al?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhola\r\n"
    with smtplib.SMTP("127.0.0.1", smtp.port, timeout=60) as client:
        client.sendmail("a@example.com", ["ana@example.com"], odd)

    newest, older = mailbox.mails()
    assert (newest.subject, newest.text.strip()) == ("Señal", "hola")
    assert older.text.strip() == "Año nuevo"


def test_a_mail_that_is_too_large_is_refused(smtp: SmtpInbox, mailbox: Mailbox) -> None:
    large = a_mail()
    large.add_attachment(b"x" * LARGEST_MAIL, "application", "octet-stream", filename="all.bin")

    with pytest.raises(smtplib.SMTPResponseException):
        send(smtp, large)
    assert mailbox.mails() == []


def test_a_second_start_still_has_the_mail_of_the_first(tmp_path: Path) -> None:
    first = Mailbox(tmp_path).deliver(a_mail().as_bytes(), "b@example.com", ["ana@example.com"])

    again = Mailbox(tmp_path)
    assert again.mails() == [first]
    assert again.deliver(b"Subject: two\r\n\r\n", "b@example.com", ["ana@example.com"]).id == first.id + 1


def test_emptying_removes_the_kept_files_too(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.deliver(a_mail().as_bytes(), "b@example.com", ["ana@example.com"])
    with Served(create_inbox(mailbox)) as served:
        assert requests.delete(f"{served.url}/api/messages", timeout=60).status_code == 204

    assert mailbox.mails() == [] and list(tmp_path.iterdir()) == []


def test_the_html_of_a_mail_is_a_sandboxed_document_without_scripts(mailbox: Mailbox) -> None:
    mail = mailbox.deliver(a_mail().as_bytes(), "b@example.com", ["ana@example.com"])
    client = create_inbox(mailbox).test_client()

    answer = client.get(f"/messages/{mail.id}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups ") and "default-src 'none'" in policy
    assert "allow-scripts" not in policy and "script-src" not in policy
    assert '<head><base target="_blank">' in answer.text


def test_what_a_mail_says_is_shown_as_text_and_not_as_part_of_the_page(mailbox: Mailbox) -> None:
    evil = EmailMessage()
    evil["Subject"] = "<script>alert(1)</script>"
    evil.set_content("<img src=x onerror=alert(2)>")
    mail = mailbox.deliver(evil.as_bytes(), "<script>", ["<b>@example.com"])

    page = create_inbox(mailbox).test_client().get(f"/messages/{mail.id}").text
    assert "&lt;script&gt;alert(1)" in page and "&lt;img src=x" in page
    assert "<script>alert" not in page and "<img" not in page


def test_an_attachment_is_downloaded_and_never_shown_in_the_page(mailbox: Mailbox) -> None:
    mail = a_mail()
    mail.add_attachment(b"<script>", "text", "html", filename="../../evil.html")
    kept = mailbox.deliver(mail.as_bytes(), "b@example.com", ["ana@example.com"])
    client = create_inbox(mailbox).test_client()

    answer = client.get(f"/messages/{kept.id}/attachments/0")
    assert answer.data == b"<script>"
    assert answer.headers["Content-Disposition"] == "attachment; filename=evil.html"
    assert client.get(f"/messages/{kept.id}/attachments/1").status_code == 404


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "Every mail that was sent here"), ("es", "Todo el correo")]
)
def test_the_inbox_speaks_spanish_and_english_and_remembers_the_choice(
    mailbox: Mailbox, locale: str, words: str
) -> None:
    client = create_inbox(mailbox).test_client()

    assert words in client.get(f"/?lang={locale}").text
    assert words in client.get("/").text
    assert words in create_inbox(mailbox).test_client().get("/", headers={"Accept-Language": locale}).text


def test_no_page_allows_inline_code_or_another_site(mailbox: Mailbox) -> None:
    policy = create_inbox(mailbox).test_client().get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy and "default-src 'none'" in policy
