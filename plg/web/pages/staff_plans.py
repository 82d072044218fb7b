"""Plans as the firm's own staff see them: what is sold, who is on which version, and moving them, shown first."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug import Response

from plg.accounts import accounts
from plg.billing import moving as billing_moving
from plg.kit.caller import current_caller, requires
from plg.plans import catalogue
from plg.plans.catalogue import Plan, texts
from plg.usage import moving
from plg.web.i18n import current_locale

bp = Blueprint("staff_plans", __name__)

INTERVALS = ("month", "year")


@bp.get("/staff/plans")
@requires("staff")
def index() -> str | Response:
    """All live plans. `q`: an id of a workspace, whose use is shown instead."""
    wanted = request.args.get("q", "").strip()
    found = accounts.known([wanted]) if wanted else {}
    if found:
        public_id = accounts.get(found[wanted]).public_id
        return redirect(url_for("staff_usage.show", public_id=public_id))
    published, counts = catalogue.published(), moving.versions()
    plans = [published.plans[key] for key in published.catalogue.order if key in published.plans]
    return render_template(
        "pages/staff_plans.html",
        rows=[(plan, _name(plan), counts.get(plan.key, {})) for plan in plans],
        default=published.catalogue.default,
        q=wanted,
    )


@bp.get("/staff/plans/<key>")
@requires("staff")
def show(key: str) -> str:
    plan, interval = catalogue.plan(key), request.args.get("interval", "")
    interval = interval if interval in INTERVALS else INTERVALS[0]
    locale = current_locale()
    features = catalogue.live().features
    return render_template(
        "pages/staff_plan.html",
        plan=plan,
        name=_name(plan),
        description=texts(plan.description, locale, ""),
        features=[
            (texts(f.name, locale, k), f.type, plan.limit(k), plan.allowance(k)) for k, f in features.items()
        ],
        versions=moving.versions().get(key, {}),
        moves=billing_moving.preview(key, interval),
        feature_names={k: texts(f.name, locale, k) for k, f in features.items()},
        interval=interval,
    )


@bp.post("/staff/plans/<key>/move")
@requires("staff")
def move(key: str) -> Response:
    moved = billing_moving.move(key, by=current_caller().actor)
    flash(
        ngettext(
            "One workspace has the new version.", "%(num)d workspaces have the new version.", moved.done
        ),
        "ok",
    )
    if moved.at_stripe:
        flash(
            ngettext(
                "One that pays gets it as soon as Stripe has its new price.",
                "%(num)d that pay get it as soon as Stripe has their new price.",
                moved.at_stripe,
            ),
            "ok",
        )
    return redirect(url_for("staff_plans.show", key=key), 303)


def _name(plan: Plan) -> str:
    return texts(plan.name, current_locale(), plan.key)
