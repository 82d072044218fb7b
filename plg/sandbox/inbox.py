"""The sandbox's mail: an SMTP server on loopback, and the pages where one reads what was sent."""

from __future__ import annotations

import asyncio
import re
from io import BytesIO
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, jsonify, render_template, request, send_file

from plg.sandbox.mailbox import Mail, Mailbox
from plg.sandbox.pages import Texts, create_sandbox_app
from plg.sandbox.serving import LOOPBACK

LARGEST_MAIL = 10 * 1024 * 1024
# The mail is a stranger's document: no script, no form, no picture from outside; its links open in a new tab.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
TEXTS: Texts = {
    "title": ("Inbox", "Bandeja de entrada"),
    "lead": (
        "Every mail that was sent here. Nothing leaves this machine.",
        "Todo el correo enviado aquí. Nada sale de esta máquina.",
    ),
    "empty": ("No mail yet", "Aún no hay correo"),
    "empty_for": ("No mail for {to}", "No hay correo para {to}"),
    "empty_hint": (
        "Sign up for a trial: the confirmation will be here a moment later.",
        "Empieza una prueba: la confirmación llegará aquí al momento.",
    ),
    "search": ("Recipient", "Destinatario"),
    "find": ("Find", "Buscar"),
    "to": ("To", "Para"),
    "from": ("From", "De"),
    "no_subject": ("(no subject)", "(sin asunto)"),
    "back": ("All mail", "Todo el correo"),
    "text": ("Plain text", "Texto sin formato"),
    "content": ("Content of the mail", "Contenido del correo"),
    "attachments": ("Attachments", "Adjuntos"),
    "pick": ("Choose a mail to read it.", "Elige un correo para leerlo."),
}


class _Delivery:
    """aiosmtpd's handler: what arrives is put into the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        mail = self._mailbox.deliver(content, envelope.mail_from or "", list(envelope.rcpt_tos))
        return f"250 Message kept as {mail.id}"


class SmtpInbox(Controller):
    """SMTP on loopback that delivers into `mailbox`: `start()`, `stop()`; `port` is known once started."""

    def __init__(self, mailbox: Mailbox, port: int = 0) -> None:
        super().__init__(
            _Delivery(mailbox),
            hostname=LOOPBACK,
            port=port,
            server_hostname="inbox.localhost",
            data_size_limit=LARGEST_MAIL,
        )

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]  # for port 0: the one that the system chose
        super()._trigger_server()


def create_inbox(mailbox: Mailbox) -> Flask:
    """The pages and the JSON of the inbox: `/`, `/messages/<id>`, `/api/messages?to=`."""
    app = create_sandbox_app("inbox", TEXTS)

    def wanted(mail_id: int) -> Mail:
        return mailbox.get(mail_id) or abort(404)

    @app.get("/")
    def mails() -> str:
        return render_template("inbox.html", mails=mailbox.mails(request.args.get("to")), mail=None)

    @app.get("/messages/<int:mail_id>")
    def one_mail(mail_id: int) -> str:
        mail = wanted(mail_id)
        return render_template("inbox.html", mails=mailbox.mails(request.args.get("to")), mail=mail)

    @app.get("/messages/<int:mail_id>/html")
    def html(mail_id: int) -> Response:
        response = Response(_opening_new_tabs(wanted(mail_id).html), mimetype="text/html")
        response.headers["Content-Security-Policy"] = MAIL_POLICY
        return response

    @app.get("/messages/<int:mail_id>/attachments/<int:index>")
    def attachment(mail_id: int, index: int) -> Response:
        attachments = wanted(mail_id).attachments
        found = attachments[index] if index < len(attachments) else abort(404)
        return send_file(BytesIO(found.content), found.content_type, True, found.name)

    @app.get("/api/messages")
    def messages() -> Response:
        found = mailbox.mails(request.args.get("to"))
        return jsonify(messages=[mail.as_json() for mail in found])

    @app.delete("/api/messages")
    def empty() -> tuple[dict[str, Any], int]:
        mailbox.empty()
        return {}, 204

    return app


def _opening_new_tabs(html: str) -> str:
    base = '<base target="_blank">'
    with_base, found = re.subn(r"(<head[^>]*>)", rf"\1{base}", html, count=1, flags=re.IGNORECASE)
    return with_base if found else base + html
