"""The pages that a person sees: the checkout, the billing portal, an invoice, and an index to look around."""

from __future__ import annotations

import contextlib
import functools
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date, format_datetime
from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug.exceptions import BadRequest, Forbidden

from plg.sandbox.stripe import card_pages, checkout_pages, invoice_pages
from plg.sandbox.stripe.cards import CARDS as CARDS_TO_TYPE
from plg.sandbox.stripe.chaos import Chaos
from plg.sandbox.stripe.courier import Courier
from plg.sandbox.stripe.errors import StripeError
from plg.sandbox.stripe.money import money
from plg.sandbox.stripe.resources import checkout, payment_methods, portal, subscriptions
from plg.sandbox.stripe.resources.subscription_requests import ending, going_on, pay_again
from plg.sandbox.stripe.store import Object, Store, Work
from plg.sandbox.stripe.words import language, say

_NEWEST = 50  # rows of each kind on the index
CARDS = {"good_card": "pm_card_visa", "bad_card": "pm_card_chargeCustomerFail"}


def pages(store: Store, courier: Courier, chaos: Chaos) -> Blueprint:
    """The blueprint of the pages."""
    blueprint = Blueprint("pages", __name__, template_folder="templates", static_folder="static")
    _add_checkout(blueprint, store)
    _add_portal(blueprint, store)

    @blueprint.get("/invoice/<invoice_id>")
    def invoice_page(invoice_id: str) -> Response:
        with store.work() as work:
            return invoice_pages.show(work.find("invoice", invoice_id), _page)

    @blueprint.post("/invoice/<invoice_id>")
    def pay_invoice(invoice_id: str) -> Response:
        with store.work() as work:
            return invoice_pages.pay(work, work.find("invoice", invoice_id), request.form, _page)

    @blueprint.get("/favicon.ico")
    def no_icon() -> Response:
        return Response(status=204)

    @blueprint.get("/")
    def index() -> Response:
        kinds = ("customer", "subscription", "checkout.session", "event")
        with store.work() as work:
            newest = {kind.split(".")[0]: work.newest(kind)[:_NEWEST] for kind in kinds}
        return _page(
            "index",
            newest=newest,
            now=store.now(),
            switches=courier.switches,
            trouble=chaos.trouble,
        )

    return blueprint


def _add_checkout(blueprint: Blueprint, store: Store) -> None:
    @blueprint.get("/c/pay/<session_id>")
    def checkout_page(session_id: str) -> Response:
        with store.work() as work:
            return _show_checkout(work, work.find("checkout.session", session_id))

    @blueprint.post("/c/pay/<session_id>")
    def checkout_answer(session_id: str) -> Response:
        with store.work() as work:
            session = work.find("checkout.session", session_id)
            action = request.form.get("action")
            if session is not None and session["status"] == "open":
                if session["mode"] == "setup":
                    session, shown = card_pages.answer(work, session, request.form, _in_language_of(session))
                    if shown is not None:
                        return shown
                elif action in checkout_pages.ACTIONS:
                    session, shown = checkout_pages.pay(work, session, request.form, _show_checkout)
                    if shown is not None:
                        return shown
            if session is None or session["status"] == "expired":
                return _show_checkout(work, session)
            if session["status"] == "complete":
                return redirect(checkout.return_address(session), 303)  # type: ignore[return-value]
            return _show_checkout(work, session, declined=action == "decline")


def _show_checkout(
    work: Work, session: Object | None, *, declined: bool = False, fault: str = ""
) -> Response:
    if session is None:
        return _page("unknown", 404)
    lang = language(session["locale"])
    if session["status"] != "open":
        return _page("expired" if session["status"] == "expired" else "done", lang=lang)
    if session["mode"] == "setup":
        return card_pages.show(work, session, _in_language_of(session))
    allowed = (session["success_url"], session["cancel_url"])
    if checkout_pages.asked(work, session) is not None:
        return _page("confirm_payment", lang=lang, allowed=allowed)
    note = work.note(session["id"])
    return _page(
        "checkout",
        lang=lang,
        session=session,
        lines=note["line_items"],
        trial=note["subscription_data"].get("trial_period_days"),
        fault="declined" if declined else fault,
        cards=CARDS_TO_TYPE.values(),
        allowed=allowed,
    )


def _in_language_of(session: Object) -> card_pages.Show:
    return functools.partial(_page, lang=language(session["locale"]))


def _add_portal(blueprint: Blueprint, store: Store) -> None:
    @blueprint.get("/p/session/<secret>")
    def portal_page(secret: str) -> Response:
        with store.work() as work:
            session = portal.find_open(work, secret)
            if session is None:
                return _page("expired", 404)
            if session["flow"] and session["flow"]["subscription_update_confirm"]:
                return _show_change(work, session)
            owned = {"customer": session["customer"]}
            return _page(
                "portal",
                lang=language(session["locale"]),
                session=session,
                secret=secret,
                customer=work.need("customer", session["customer"]),
                subscriptions=_owned(work, "subscription", owned),
                invoices=_owned(work, "invoice", owned),
                bad_card=_has_bad_card(work, session["customer"]),
            )

    @blueprint.post("/p/session/<secret>")
    def portal_answer(secret: str) -> Response:
        with store.work() as work:
            session = portal.find_open(work, secret)
            if session is None:
                return _page("expired", 404)
            if request.form.get("action") in ("confirm", "yes_it_is_me", "refuse"):
                return _confirm(store, session)
            _carry_out(work, session["customer"], request.form)
        return redirect(f"/p/session/{secret}", 303)  # type: ignore[return-value]


def _show_change(work: Work, session: Object, *, declined: bool = False) -> Response:
    """What a change of plan costs today, found by carrying it out on the side."""
    flow = session["flow"]
    before = work.need("subscription", flow["subscription_update_confirm"]["subscription"])
    new = work.need("price", flow["subscription_update_confirm"]["items"][0]["price"])
    side, due = work.fork(), 0
    with contextlib.suppress(StripeError):
        changed = portal.confirm(side, session)
        due = side.need("invoice", changed["latest_invoice"])["amount_due"]
    return _page(
        "change",
        lang=language(session["locale"]),
        session=session,
        old=before["items"]["data"][0],
        new=new,
        quantity=flow["subscription_update_confirm"]["items"][0].get("quantity", 1),
        new_name=work.need("product", new["product"])["name"],
        old_name=work.need("product", before["items"]["data"][0]["price"]["product"])["name"],
        due=due,
        declined=declined,
        allowed=((flow["after_completion"]["redirect"] or {}).get("return_url"),),
    )


def _confirm(store: Store, session: Object) -> Response:
    if not (session["flow"] and session["flow"]["subscription_update_confirm"]):
        raise BadRequest
    try:
        with store.work() as work:
            portal.confirm(work, session, owner_is_there=request.form["action"] == "yes_it_is_me")
    except StripeError as refusal:
        with store.work() as work:
            if refusal.error.get("code") == "authentication_required" and request.form["action"] == "confirm":
                return _ask_as_bank(session)
            return _show_change(work, session, declined=True)
    target = (session["flow"]["after_completion"]["redirect"] or {}).get("return_url")
    return redirect(target or session["return_url"] or "/", 303)  # type: ignore[return-value]


def _ask_as_bank(session: Object) -> Response:
    flow = session["flow"]["after_completion"]["redirect"] or {}
    lang = language(session["locale"])
    return _page("confirm_payment", lang=lang, session=session, allowed=(flow.get("return_url"),))


def _owned(work: Work, kind: str, owner: Object) -> list[Object]:
    return [thing for thing in work.newest(kind) if thing["customer"] == owner["customer"]]


def _has_bad_card(work: Work, customer_id: str) -> bool:
    owned = _owned(work, "subscription", {"customer": customer_id})
    cards = [payment_methods.card_for(work, each) for each in owned if each["status"] != "canceled"]
    return any(card and payment_methods.refusal(work, card) for card in cards)


def _carry_out(work: Work, customer_id: str, form: Any) -> None:
    """One wish of a customer in the portal; things of other customers are not found."""
    action, object_id = form.get("action"), form.get("id", "")
    if action in CARDS:
        payment_methods.replace_default(work, customer_id, CARDS[action])
        return
    kind = "invoice" if action == "pay_now" else "subscription"
    thing = work.find(kind, object_id)
    if thing is None or thing["customer"] != customer_id:
        raise BadRequest
    running = kind == "subscription" and thing["status"] not in subscriptions.FINAL
    if action == "pay_now" and thing["status"] == "open":
        pay_again(work, thing, retry=False)
    elif action == "cancel_now" and running:
        subscriptions.end(work, object_id, reason="cancellation_requested")
    elif action == "cancel_later" and running:
        work.change(ending(thing, work.now), "customer.subscription.updated")
    elif action == "keep" and running:
        work.change(going_on(thing), "customer.subscription.updated")


def _page(
    name: str,
    status: int = 200,
    *,
    lang: str | None = None,
    allowed: tuple[str | None, ...] = (),
    **facts: Any,
) -> Response:
    lang = lang or language()
    tools = {
        "lang": lang,
        "say": lambda key, **values: say(key, lang, **values),
        "money": lambda amount, currency: money(amount, currency, lang),
        "day": lambda moment: format_date(datetime.fromtimestamp(moment, UTC), "long", lang),
        "moment": lambda moment: format_datetime(datetime.fromtimestamp(moment, UTC), "short", locale=lang),
    }
    g.allowed = [f"{url.scheme}://{url.netloc}" for url in map(urlsplit, filter(None, allowed))]
    return make_response(render_template(f"stripe/{name}.html", **tools, **facts), status)


def protect(answer: Response) -> Response:
    """Headers of every page: nothing inline, nothing foreign, no frame.

    A browser also applies `form-action` to the redirect after a form, so the shop's address is named.
    """
    targets = " ".join(["'self'", *g.get("allowed", [])])
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def refuse_foreign_forms(public_url: str) -> None:
    """A form posted by another site's page is refused."""
    origin = request.headers.get("Origin")
    own = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, (public_url, request.host_url))}
    if request.method == "POST" and origin is not None and origin not in own:
        raise Forbidden("This form was sent from another site.")
