"""Webhook endpoints as the firm's own staff see them: how they fare, what was sent, and sending it again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug import Response

from plg.kit.caller import requires
from plg.kit.clock import now
from plg.webhooks import deliveries, sender, webhook_endpoints
from plg.webhooks.models import DELIVERED, FAILED, WAITING
from plg.webhooks.webhook_endpoints import ASKED, FAILING, GONE

bp = Blueprint("staff_webhooks", __name__)

PAGE = 50

STATUS_NAMES = {
    WAITING: lazy_gettext("Waiting"),
    DELIVERED: lazy_gettext("Delivered"),
    FAILED: lazy_gettext("Failed"),
}
REASONS = {
    ASKED: lazy_gettext("It was turned off by hand."),
    GONE: lazy_gettext("It answered that it is gone (410)."),
    FAILING: lazy_gettext("It did nothing but fail for five days."),
}


@bp.get("/staff/webhooks")
@requires("staff")
def index() -> str:
    return render_template(
        "pages/staff_webhooks.html", rows=webhook_endpoints.all_endpoints(), waiting=deliveries.waiting()
    )


@bp.get("/staff/webhooks/<public_id>")
@requires("staff")
def show(public_id: str) -> str:
    found = webhook_endpoints.find(public_id)
    status = request.args.get("status")
    before = request.args.get("before", type=int)
    wanted = status if status in STATUS_NAMES else None
    rows = deliveries.page(found, status=wanted, before=before, limit=PAGE + 1)
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return render_template(
        "pages/staff_webhook.html",
        endpoint=found,
        rows=rows[:PAGE],
        status=wanted,
        next=url_for("staff_webhooks.show", public_id=public_id, status=wanted, before=more) if more else "",
        waiting=deliveries.waiting().get(found.id, 0),
        status_names=STATUS_NAMES,
        reasons=REASONS,
    )


@bp.post("/staff/webhooks/<public_id>/enable")
@requires("staff")
def enable(public_id: str) -> Response:
    webhook_endpoints.enable(webhook_endpoints.hold(public_id))
    return _done(public_id, gettext("It is told again what happens from now on."))


@bp.post("/staff/webhooks/<public_id>/disable")
@requires("staff")
def disable(public_id: str) -> Response:
    webhook_endpoints.disable(webhook_endpoints.hold(public_id), ASKED)
    return _done(public_id, gettext("It is told nothing more."))


@bp.post("/staff/webhooks/<public_id>/test")
@requires("staff")
def check(public_id: str) -> Response:
    sent = sender.send_test(webhook_endpoints.find(public_id))
    if sent.status == DELIVERED:
        return _done(
            public_id, gettext("The test was taken, with status %(status)s.", status=sent.response_status)
        )
    answer = str(sent.response_status or sent.error)
    return _done(public_id, gettext("The test was not taken: %(answer)s", answer=answer), "danger")


@bp.post("/staff/webhooks/<public_id>/recover")
@requires("staff")
def recover(public_id: str) -> Response:
    count = deliveries.recover(webhook_endpoints.hold(public_id), now() - deliveries.KEPT)
    return _done(public_id, ngettext("One is sent again.", "%(num)d are sent again.", count))


@bp.post("/staff/webhooks/<public_id>/deliveries/<delivery>/redeliver")
@requires("staff")
def redeliver(public_id: str, delivery: str) -> Response:
    found = webhook_endpoints.hold(public_id)
    deliveries.redeliver(found, deliveries.find(found, delivery))
    return _done(public_id, gettext("It is sent again."))


def _done(public_id: str, said: str, kind: str = "ok") -> Response:
    flash(said, kind)
    return redirect(url_for("staff_webhooks.show", public_id=public_id), 303)
