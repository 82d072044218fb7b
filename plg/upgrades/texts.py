"""The words of an offer, in the reader's language."""

from __future__ import annotations

from flask_babel import force_locale, gettext

from plg.plans.catalogue import Plan, texts
from plg.usage.entitlements import Entitlement


def offer_texts(reason: str, missing: Entitlement, plan: Plan, locale: str) -> tuple[str, str]:
    """(title, body)"""
    name = texts(plan.name, locale, plan.key)
    more = plan.limit(missing.feature)
    values = {
        "feature": missing.name,
        "used": missing.used,
        "limit": missing.limit,
        "plan": name,
        "more": more,
    }
    with force_locale(locale):
        if reason == "limit_reached":
            title = gettext("You have used all %(limit)s: %(feature)s", **values)
        else:
            title = gettext("%(used)s of %(limit)s used: %(feature)s", **values)
        if more is None:
            body = gettext("With %(plan)s there is no limit.", **values)
        else:
            body = gettext("With %(plan)s you get %(more)s.", **values)
    return title, body
