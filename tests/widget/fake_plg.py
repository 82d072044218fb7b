"""A stand-in for plg's widget doors, and a host product with a strict Content-Security-Policy around the widget."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request

from plg.web import widget_script
from plg.web.widget_words import WORDS
from tests.widget.own_files import serve_own_files

TITLES = {
    "en": ("Getting started", "Five steps to your first paid invoice.", "Send your first invoice"),
    "es": ("Primeros pasos", "Cinco pasos hasta tu primera factura cobrada.", "Envía tu primera factura"),
}
STEPS = {
    "company": ("Set up your company", "Completa tu empresa"),
    "customer": ("Add a customer", "Añade un cliente"),
    "send-invoice": ("Send your first invoice", "Envía tu primera factura"),
    "invite": ("Invite a colleague", "Invita a un compañero"),
    "tour": ("Look around", "Date una vuelta"),
}
SECTIONS = {"setup": ("Set up", "Prepara lo básico"), "work": ("Your first sale", "Tu primera venta")}
RICH = {
    "company": {"section": "setup"},
    "customer": {"section": "setup", "skippable": True, "due_at": "2100-11-30T12:00:00Z"},
    "send-invoice": {"section": "work", "requires": ["customer", "company"]},
    "invite": {"section": "work", "for_role": "admin", "due_at": "2026-11-10T12:00:00Z"},
    "tour": {"section": "work", "requires": ["customer", "invite"], "skippable": True},
}
"""Steps in sections, one that waits for others, one for somebody else and overdue; two may be left out."""


def token(sub: str = "ana", account: str = "acme") -> str:
    """A user token as a host product makes it; this stand-in does not check signatures."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": sub, "account": account, "exp": 4102444800})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


@dataclass
class FakePlg:
    """What the stand-in knows; tests change it, as the product's server would by sending events."""

    done: dict[str, str] = field(default_factory=lambda: {"company": "Ana"})
    skipped: set[str] = field(default_factory=set)
    more: dict[str, dict[str, Any]] = field(default_factory=dict)
    dismissed: bool = False
    snoozed: bool = False
    dismissible: bool = True
    actions: dict[str, dict[str, Any]] = field(default_factory=dict)
    prompts: list[dict[str, Any]] = field(default_factory=list)
    startable: list[dict[str, Any]] = field(default_factory=list)
    offer: dict[str, Any] | None = None
    trial: dict[str, Any] | None = None
    used: int = 8
    body_html: str = "<p>Choose a customer, add a line, and press <strong>Send</strong>.</p>"
    action_url: str = "/invoices/new"
    broken: int | None = None
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    def asked(self, path: str) -> list[Any]:
        return [body for _, p, _, body in self.requests if p == path]

    def posted(self, flow: str) -> list[str]:
        """What was posted about a flow, in order: `shown`, `steps/a/complete`, …"""
        start = f"/v1/widget/flows/{flow}/"
        posts = [p for method, p, _, _ in self.requests if method == "POST" and p.startswith(start)]
        return [path.removeprefix(start) for path in posts]

    def hears(self, flow: str, post: str, seconds: float = 20) -> list[str]:
        """What was posted about a flow, once this post came; without it where it does not come."""
        end = time.monotonic() + seconds
        while post not in self.posted(flow) and time.monotonic() < end:
            time.sleep(0.02)
        return self.posted(flow)

    def messages(self, kind: str) -> list[Any]:
        """Everything of a kind (`track`, `identify`, …) that was told so far, whatever was answered."""
        batches = [body["batch"] for body in self.asked("/v1/batch") if body]
        return [message for batch in batches for message in batch if message["type"] == kind]

    def state(self, locale: str) -> dict[str, Any]:
        title, description, _ = TITLES[locale]
        steps = [self._step(key, titles[locale == "es"], locale) for key, titles in STEPS.items()]
        done = sum(step["done"] for step in steps)
        checklist = {
            "flow": "getting-started",
            "version": 1,
            "scope": "account",
            "title": title,
            "description": description,
            "progress": {"done": done, "skipped": len(self.skipped), "total": len(steps)},
            "completed": done + len(self.skipped) == len(steps),
            "kind": "checklist",
            "points": 0,
            "dismissed": self.dismissed,
            "snoozed": self.snoozed,
            "dismissible": self.dismissible,
            "steps": steps,
        }
        usage = {"feature": "invoices", "name": "Facturas" if locale == "es" else "Invoices", "limit": 10}
        usage |= {"used": self.used, "remaining": max(0, 10 - self.used), "unlimited": False}
        usage["text"] = f"{self.used} {'de' if locale == 'es' else 'of'} 10"
        seats = {"feature": "exports", "name": "Exports", "used": 3, "limit": None}
        seats |= {"unlimited": True, "text": "Unlimited"}
        return {
            "person": {"id": "per_1", "name": "Ana", "locale": locale},
            "account": {"id": "acct_1", "name": "Acme", "role": "owner"},
            "trial": self.trial,
            "checklists": [checklist],
            "prompts": self.prompts,
            "usage": [usage, seats],
            "offer": self.offer,
            "words": WORDS[locale],
        }

    def _step(self, key: str, title: str, locale: str) -> dict[str, Any]:
        by = self.done.get(key)
        label = "Crear factura" if locale == "es" else "Create an invoice"
        where = self.actions.get(key, {"label": label, "url": self.action_url})
        action = {**dict.fromkeys(["url", "tour", "video", "film", "captions", "form"]), **where}
        return {
            "key": key,
            "title": title,
            "body_html": self.body_html if key == "send-invoice" else "<p>It takes a minute.</p>",
            "done": key in self.done,
            "done_at": "2026-11-03T10:00:00Z" if by else None,
            "done_by": by,
            "action": None if key == "tour" else action,
            "manual": key == "tour",
            **self._bounds(key, locale),
        }

    def _bounds(self, key: str, locale: str) -> dict[str, Any]:
        more, settled = self.more.get(key, {}), {*self.done, *self.skipped}
        section = more.get("section")
        locked_by = (
            [] if key in settled else [each for each in more.get("requires", []) if each not in settled]
        )
        return {
            "section": SECTIONS[section][locale == "es"] if section else None,
            "locked": bool(locked_by),
            "locked_by": locked_by,
            "skipped": key in self.skipped,
            "skippable": more.get("skippable", False),
            "for_role": more.get("for_role"),
            "due_at": more.get("due_at"),
            "reward": more.get("reward"),
        }


def offer(*, can_buy: bool = True) -> dict[str, Any]:
    return {
        "id": "off_1",
        "reason": "limit_near",
        "feature": "invoices",
        "title": "Almost out of invoices",
        "body": "You have used 8 of 10 invoices this month. Pro gives you 500.",
        "plan": {
            "key": "pro",
            "name": "Pro",
            "price": {"amount": 2900, "currency": "usd", "interval": "month", "text": "$29 a month"},
        },
        "can_buy": can_buy,
        "requested": False,
    }


def plg_app(plg: FakePlg) -> Flask:
    app = Flask("fake_plg")

    @app.before_request
    def note() -> Response | None:
        body = json.loads(request.get_data()) if request.get_data() else None
        plg.requests.append((request.method, request.path, dict(request.headers), body))
        if plg.broken and request.path != "/plg.js" and request.method != "OPTIONS":
            return Response("no", status=plg.broken)
        return None

    @app.after_request
    def cors(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Plg-Key"
        )
        response.headers["Access-Control-Expose-Headers"] = "ETag"
        response.headers["Access-Control-Max-Age"] = "600"
        return response

    @app.get("/plg.js")
    def script() -> Response:
        return widget_script.answer(request)

    @app.get("/v1/widget/state")
    def state() -> Response:
        if request.headers["Authorization"].split(".")[1] == "":
            return Response(status=401)
        asked = request.args["locale"]
        told = plg.state(asked if asked in WORDS else "en")
        response = Response(json.dumps(told), mimetype="application/json")
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest(), weak=True)
        response.make_conditional(request)
        return response

    _open_doors_for_flows(app, plg)
    _open_other_doors(app, plg)
    return app


def _open_doors_for_flows(app: Flask, plg: FakePlg) -> None:
    @app.post("/v1/widget/flows/<flow>/steps/<step>/<any(complete, answers):verb>")
    def complete(flow: str, step: str, verb: str) -> dict[str, str]:
        if flow == "getting-started":
            plg.done[step] = "Ana"
            plg.skipped.discard(step)
        return {"status": "done"}

    @app.post("/v1/widget/flows/<flow>/steps/<step>/missing")
    @app.post("/v1/widget/flows/<flow>/shown")
    def note(flow: str, step: str = "") -> dict[str, str]:
        return {"status": "noted"}

    @app.post("/v1/widget/flows/<flow>/start")
    def start(flow: str) -> dict[str, Any]:
        (prompt,) = [each for each in plg.startable if each["flow"] == flow]
        plg.prompts = [prompt, *plg.prompts]
        return prompt

    @app.post("/v1/widget/flows/<flow>/steps/<step>/skip")
    def skip(flow: str, step: str) -> dict[str, str]:
        plg.skipped.add(step)
        return {"status": "skipped"}

    @app.post("/v1/widget/flows/<flow>/<any(dismiss, snooze, complete):verb>")
    def put_away(flow: str, verb: str) -> dict[str, str]:
        if flow == "getting-started":
            plg.dismissed, plg.snoozed = verb == "dismiss", verb == "snooze"
        plg.prompts = [prompt for prompt in plg.prompts if prompt["flow"] != flow]
        return {"status": verb}


def _open_other_doors(app: Flask, plg: FakePlg) -> None:
    @app.post("/v1/widget/checkout")
    def checkout() -> dict[str, str]:
        return {"url": f"{request.json['return_url']}#checkout"}

    @app.post("/v1/widget/upgrade-requests")
    def ask() -> dict[str, str]:
        assert plg.offer
        plg.offer = {**plg.offer, "requested": True}
        return {"status": "sent"}

    @app.post("/v1/widget/offers/<offer>/dismiss")
    def dismiss_offer(offer: str) -> dict[str, str]:
        plg.offer = None
        return {"status": "dismissed"}

    @app.post("/v1/batch")
    def capture() -> dict[str, bool]:
        messages = request.get_json(force=True)["batch"]
        if any(message.get("event") == "Invoice Sent" for message in messages):
            plg.done["send-invoice"] = "Ana"
        return {"success": True}


def product_app(plg_url: str, key: str = "pk_test") -> Flask:
    """The host's pages: nothing inline is allowed, and only plg's host may be talked to."""
    app = Flask("product")
    host = "/".join(plg_url.split("/")[:3])
    policy = f"default-src 'none'; script-src 'self' {host}; connect-src {host}; style-src 'self'"

    serve_own_files(app)

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def page(path: str) -> Response:
        arguments = request.args
        signed = arguments.get("token", token(arguments.get("sub", "ana")))
        data_token = f'data-token="{signed}"' if signed else ""
        locale = arguments.get("locale", "en")
        extra = " inline" if "inline" in arguments else ""
        html = f"""<!doctype html><html lang="{locale}" dir="{arguments.get("dir", "ltr")}"><head>
            <meta charset="utf-8"><title>Product</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <script src="/page.js"></script><script src="/spa.js"></script><link rel="stylesheet" href="/page.css">
            <script src="{plg_url}/plg.js" data-key="{key}" {data_token} data-locale="{locale}" defer></script>
            </head><body><main><h1>Product</h1><plg-trial></plg-trial><plg-usage feature="invoices"></plg-usage>
            <plg-usage feature="exports"></plg-usage><plg-upgrade></plg-upgrade>
            <plg-checklist flow="getting-started"{extra}></plg-checklist><button id="host">Host</button>
            <p><a data-plg="new" href="/invoices/new">New invoice</a></p>
            <label>Search <input id="search"></label></main></body></html>"""
        strict = {} if "plain" in arguments else {"Content-Security-Policy": policy}
        return Response(html, headers=strict, mimetype="text/html")

    return app
