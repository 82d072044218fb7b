"""What happens when: every reader of the log and every job of the core, on one screen; `doors` lists who may ask."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence

from flask import Flask, current_app

from plg.access import jobs as access_jobs
from plg.access import personal_data as access_data
from plg.access import providers as sign_in_providers
from plg.accounts import dns
from plg.accounts import jobs as accounts_jobs
from plg.accounts import personal_data as accounts_data
from plg.accounts import subscribers as accounts_subscribers
from plg.attention import folder as attention_folder
from plg.attention import jobs as attention_jobs
from plg.attention import personal_data as attention_data
from plg.attention import subscribers as attention_subscribers
from plg.billing import gateway as stripe_gateway
from plg.billing import jobs as billing_jobs
from plg.billing import personal_data as billing_data
from plg.billing import subscribers as billing_subscribers
from plg.events import names
from plg.events.runner import Runner
from plg.events.subscribers import Subscription
from plg.exports import jobs as exports_jobs
from plg.exports import personal_data as exports_data
from plg.forwarding import posthog
from plg.forwarding import subscribers as forwarding_subscribers
from plg.growth import folder as growth_folder
from plg.growth import jobs as growth_jobs
from plg.growth import personal_data as growth_data
from plg.growth import subscribers as growth_subscribers
from plg.kit import rate_counts
from plg.kit.caller import current_caller
from plg.kit.wing import Job, PersonalCopy, PersonalData, Section, Wing
from plg.messaging import jobs as messaging_jobs
from plg.messaging import personal_data as messaging_data
from plg.messaging import subscribers as messaging_subscribers
from plg.messaging.smtp import SmtpGateway
from plg.offers import folder as offers_folder
from plg.offers import jobs as offers_jobs
from plg.offers import personal_data as offers_data
from plg.offers import subscribers as offers_subscribers
from plg.openid import jobs as openid_jobs
from plg.openid import personal_data as openid_data
from plg.people import identities
from plg.people import personal_data as people_data
from plg.plans import folder as plans_folder
from plg.segments import folder as segments_folder
from plg.segments import personal_data as segments_data
from plg.segments import subscribers as segments_subscribers
from plg.settings import Settings
from plg.signups import folder as signups_folder
from plg.signups import jobs as signups_jobs
from plg.signups import personal_data as signups_data
from plg.signups import subscribers as signups_subscribers
from plg.sql import jobs as sql_jobs
from plg.sql import personal_data as sql_data
from plg.trials import jobs as trials_jobs
from plg.trials import subscribers as trials_subscribers
from plg.upgrades import jobs as upgrades_jobs
from plg.upgrades import personal_data as upgrades_data
from plg.upgrades import receipt_config
from plg.upgrades import subscribers as upgrades_subscribers
from plg.usage import jobs as usage_jobs
from plg.usage import subscribers as usage_subscribers
from plg.webhooks import jobs as webhooks_jobs
from plg.webhooks import personal_data as webhooks_data
from plg.webhooks import sender as webhook_sender
from plg.webhooks import subscribers as webhooks_subscribers

LOG_FILE = sys.stderr
SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)

# --- something happened ---------------------------------------------------------------------------
SUBSCRIPTIONS: list[Subscription] = [
    Subscription("accounts", accounts_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("attention", attention_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("billing", billing_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription(
        "billing.closing",
        billing_subscribers.on_account_closing,
        frozenset(billing_subscribers.FATES),
        outside=True,
    ),
    Subscription("forwarding.posthog", forwarding_subscribers.forward, outside=True),
    Subscription("growth.columns", growth_subscribers.on_events, outside=True),
    Subscription("messaging", messaging_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("offers.limits", offers_subscribers.on_limit, offers_subscribers.LIMITS),
    Subscription("offers.people", offers_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("offers.plans", offers_subscribers.on_plan_changed, frozenset({names.PLAN_CHANGED})),
    Subscription("offers.triggers", offers_subscribers.on_events),
    Subscription("segments", segments_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("signups.cards", signups_subscribers.on_card_added, frozenset({names.CARD_ADDED})),
    Subscription(
        "signups.confirmations", signups_subscribers.on_email_confirmed, frozenset({names.EMAIL_CONFIRMED})
    ),
    Subscription("signups.letters", signups_subscribers.on_held_or_released, signups_subscribers.DECISIONS),
    Subscription("signups.trials", signups_subscribers.on_trial_started, frozenset({names.TRIAL_STARTED})),
    Subscription("signups.people", signups_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("trials.accounts", trials_subscribers.on_account_events, trials_subscribers.HEARD),
    Subscription("trials.activation", trials_subscribers.on_events),
    Subscription(
        "trials.conversion",
        trials_subscribers.on_subscription_started,
        frozenset({names.SUBSCRIPTION_STARTED}),
    ),
    Subscription("trials.deeds", trials_subscribers.on_deeds),
    Subscription("usage", usage_subscribers.on_events, windows=10),
    Subscription(
        "upgrades.disputes",
        upgrades_subscribers.on_dispute,
        frozenset({names.PAYMENT_DISPUTED, names.DISPUTE_CLOSED}),
    ),
    Subscription("upgrades.plans", upgrades_subscribers.on_plan_changed, frozenset({names.PLAN_CHANGED})),
    Subscription("upgrades.cards", upgrades_subscribers.on_card_added, frozenset({names.CARD_ADDED})),
    Subscription(
        "upgrades.failures", upgrades_subscribers.on_payment_failed, frozenset({names.PAYMENT_FAILED})
    ),
    Subscription(
        "upgrades.payments", upgrades_subscribers.on_trial_payment_due, frozenset({names.TRIAL_PAYMENT_DUE})
    ),
    Subscription("upgrades.receipts", upgrades_subscribers.on_trial_ended, frozenset({names.TRIAL_ENDED})),
    Subscription("upgrades.moves", upgrades_subscribers.on_moved, frozenset({names.SUBSCRIPTION_MOVED})),
    Subscription("upgrades.people", upgrades_subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
    Subscription("webhooks", webhooks_subscribers.on_events, from_now=True),
]

# --- time passed ----------------------------------------------------------------------------------
JOBS: list[Job] = [
    Job("access.forget_answers", access_jobs.forget_answers, every=60 * MINUTE),
    Job("access.forget_tokens", access_jobs.forget_tokens, every=60 * MINUTE),
    Job("accounts.delete_accounts", accounts_jobs.delete_accounts, every=MINUTE),
    Job("attention.forget_shown", attention_jobs.forget_shown, every=60 * MINUTE),
    Job("billing.catch_up", billing_jobs.catch_up, every=60 * MINUTE, outside=True),
    Job("billing.end_access", billing_jobs.end_access, every=MINUTE),
    Job("billing.finish_changes", billing_jobs.finish_changes, every=dt.timedelta(seconds=10), outside=True),
    Job("billing.finish_refunds", billing_jobs.finish_refunds, every=dt.timedelta(seconds=10), outside=True),
    Job("billing.fit_items", billing_jobs.fit_items, every=dt.timedelta(seconds=30), outside=True),
    Job("billing.report_use", billing_jobs.report_use, every=10 * MINUTE, outside=True),
    Job("billing.compare_use", billing_jobs.compare_use, every=dt.timedelta(days=1), outside=True),
    Job("billing.look_again", billing_jobs.look_again, every=5 * MINUTE),
    Job("billing.process_inbox", billing_jobs.process_inbox, every=dt.timedelta(seconds=2), outside=True),
    Job("billing.prune", billing_jobs.prune, every=dt.timedelta(days=1)),
    Job("billing.reconcile", billing_jobs.reconcile, every=dt.timedelta(days=1), outside=True),
    Job("billing.sync_prices", billing_jobs.sync_prices, every=MINUTE, outside=True),
    Job("exports.forget_runs", exports_jobs.forget_runs, every=dt.timedelta(days=1)),
    Job("exports.run_due", exports_jobs.run_due, every=MINUTE, outside=True),
    Job("growth.refresh_cohorts", growth_jobs.refresh_cohorts, every=MINUTE, outside=True),
    Job("messaging.deliver_mails", messaging_jobs.deliver_mails, every=SECOND, outside=True),
    Job("offers.close_over", offers_jobs.close_over, every=5 * MINUTE),
    Job("offers.raise_due", offers_jobs.raise_due, every=5 * MINUTE),
    Job("rate_counts.forget_ended", rate_counts.forget_ended, every=5 * MINUTE),
    Job("openid.forget_ended", openid_jobs.forget_ended, every=5 * MINUTE),
    Job("openid.rotate_keys", openid_jobs.rotate_keys, every=60 * MINUTE, outside=True),
    Job("signups.forget_traces", signups_jobs.forget_traces, every=dt.timedelta(days=1)),
    Job("sql.forget_queries", sql_jobs.forget_queries, every=dt.timedelta(days=1)),
    Job("sql.keep_copy", sql_jobs.keep_copy, every=5 * MINUTE, outside=True),
    Job("trials.expire_trials", trials_jobs.expire_trials, every=dt.timedelta(seconds=5)),
    Job("trials.send_reminders", trials_jobs.send_reminders, every=MINUTE),
    Job("upgrades.charge_cards", upgrades_jobs.charge_cards, every=dt.timedelta(seconds=2), outside=True),
    Job("usage.fill_meters", usage_jobs.fill_meters, every=SECOND),
    Job("usage.free_expired", usage_jobs.free_expired, every=SECOND),
    Job("webhooks.deliver_webhooks", webhooks_jobs.deliver_webhooks, every=SECOND, outside=True),
    Job("webhooks.forget_deliveries", webhooks_jobs.forget_deliveries, every=60 * MINUTE),
]

# --- the product folder, in the order in which it is applied ----------------------------------------
SECTIONS: list[Section] = [
    plans_folder.section,
    growth_folder.section,
    segments_folder.section,
    attention_folder.section,
    offers_folder.section,
    receipt_config.section,
    signups_folder.section,
]

# --- what is known of a person ----------------------------------------------------------------------
PERSONAL_DATA: list[PersonalData] = [
    *people_data.DECLARED,
    *accounts_data.DECLARED,
    *access_data.DECLARED,
    *attention_data.DECLARED,
    *billing_data.DECLARED,
    *messaging_data.DECLARED,
    *offers_data.DECLARED,
    *openid_data.DECLARED,
    *segments_data.DECLARED,
    *signups_data.DECLARED,
    *upgrades_data.DECLARED,
    *webhooks_data.DECLARED,
]

PERSONAL_COPIES: list[PersonalCopy] = [*growth_data.COPIES, *exports_data.COPIES, *sql_data.COPIES]


def wings_of(app: Flask) -> Sequence[Wing]:
    return app.extensions["plg.wings"]


def subscriptions_of(app: Flask) -> list[Subscription]:
    return [*SUBSCRIPTIONS, *(s for wing in wings_of(app) for s in wing.subscriptions)]


def jobs_of(app: Flask) -> list[Job]:
    return [*JOBS, *(job for wing in wings_of(app) for job in wing.jobs)]


def sections_of(app: Flask) -> list[Section]:
    return [*SECTIONS, *(section for wing in wings_of(app) for section in wing.sections)]


def personal_data_of(app: Flask) -> list[PersonalData]:
    return [*PERSONAL_DATA, *(data for wing in wings_of(app) for data in wing.personal_data)]


def runner_of(app: Flask) -> Runner:
    settings: Settings = app.extensions["plg.settings"]
    return Runner(subscriptions_of(app), identities.canonical, settings.worker_batch, settings.worker_cursors)


def connect_gateways(app: Flask, settings: Settings) -> None:
    """The outside world, one gateway each."""
    app.extensions["plg.dns"] = dns.connect(settings)
    app.extensions["plg.posthog"] = posthog.connect(settings)
    app.extensions["plg.sign_in_providers"] = sign_in_providers.connect(settings)
    app.extensions["plg.smtp"] = SmtpGateway(settings.smtp_url)
    app.extensions["plg.stripe"] = stripe_gateway.connect(settings)
    app.extensions["plg.webhooks"] = webhook_sender.connect(app, settings)


def form_targets(settings: Settings) -> list[str]:
    """Hosts that a form of ours may lead to by a redirect: the checkout and the host product."""
    stripe = (
        settings.stripe_api_base
        or "https://checkout.stripe.com https://billing.stripe.com https://invoice.stripe.com"
    )
    return [stripe, *([settings.product_url] if settings.product_url else [])]


def reader_locale() -> str | None:
    return current_caller().locale if current_app else None
