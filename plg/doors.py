"""Every door of the core: who may ask what, where the staff and the workspace find it."""

from __future__ import annotations

from flask import Blueprint

from plg.accounts import endpoints as accounts_api
from plg.accounts import people_endpoints as people_api
from plg.attention import endpoints as attention_api
from plg.billing import change_endpoints as billing_changes_api
from plg.billing import change_pages as billing_change_pages
from plg.billing import endpoints as billing_doors
from plg.billing import pages as billing_pages
from plg.billing import refund_endpoints as billing_refunds_api
from plg.billing import tax_pages as billing_tax_pages
from plg.billing.add_ons import endpoints as billing_add_ons_api
from plg.billing.add_ons import pages as billing_add_on_pages
from plg.capture.endpoints import posthog_doors, posthog_v1_doors, segment_doors
from plg.exports import endpoints as exports_api
from plg.exports import pages as exports_pages
from plg.growth import builder_pages as growth_builder
from plg.growth import cohort_endpoints as cohorts_api
from plg.growth import cohort_pages
from plg.growth import endpoints as growth_api
from plg.growth import pages as growth_pages
from plg.growth import people_pages as growth_people
from plg.kit.wing import NavItem
from plg.messaging import endpoints as messaging_pages
from plg.offers import endpoints as offers_api
from plg.openid import endpoints as openid_doors
from plg.plans import endpoints as plans_api
from plg.segments import endpoints as segments_api
from plg.signups import endpoints as signups_api
from plg.sql import endpoints as sql_api
from plg.sql import pages as sql_pages
from plg.trials import endpoints as trials_api
from plg.upgrades import case_pages as upgrade_cases
from plg.upgrades import endpoints as upgrades_api
from plg.upgrades import pages as upgrades_pages
from plg.upgrades import receipt_pages
from plg.upgrades.widget import widget_state as upgrades_widget
from plg.usage import endpoints as usage_api
from plg.usage import ofrep
from plg.web import health, invitations_api, widget
from plg.web.auth import endpoints as auth_api
from plg.web.auth import factors as auth_factors_api
from plg.web.auth import providers as auth_providers_api
from plg.web.i18n import N_
from plg.web.pages import (
    api_reference,
    change_address,
    factors,
    host_product,
    invitations,
    inviting,
    joining,
    members,
    passkey_sign_in,
    proof,
    provider_sign_up,
    providers,
    second_step,
    security,
    sign_in,
    sign_in_link,
    sign_up,
    staff,
    staff_offer_editor,
    staff_offers,
    staff_payments,
    staff_plan_editor,
    staff_plans,
    staff_rules,
    staff_signups,
    staff_trials,
    staff_usage,
    staff_webhooks,
    trial,
    welcome,
    workspace,
    workspace_domains,
    workspace_settings,
    workspaces,
)
from plg.web.pages import openid as openid_pages
from plg.web.widget import StatePart
from plg.webhooks import endpoints as webhooks_api

BLUEPRINTS: list[Blueprint] = [
    accounts_api.api,
    people_api.api,
    api_reference.bp,
    attention_api.api,
    auth_api.api,
    auth_factors_api.api,
    auth_providers_api.api,
    billing_add_ons_api.api,
    billing_add_on_pages.bp,
    billing_changes_api.api,
    billing_doors.api,
    billing_doors.bp,
    billing_change_pages.bp,
    billing_pages.bp,
    billing_refunds_api.api,
    billing_tax_pages.bp,
    change_address.bp,
    factors.bp,
    cohorts_api.api,
    exports_api.api,
    exports_pages.bp,
    cohort_pages.bp,
    growth_api.api,
    growth_builder.bp,
    growth_pages.bp,
    growth_people.bp,
    health.bp,
    host_product.bp,
    invitations.bp,
    invitations_api.api,
    inviting.bp,
    joining.bp,
    members.bp,
    messaging_pages.bp,
    offers_api.api,
    offers_api.widget,
    openid_doors.bp,
    openid_pages.bp,
    ofrep.bp,
    passkey_sign_in.bp,
    plans_api.api,
    posthog_doors,
    posthog_v1_doors,
    provider_sign_up.bp,
    providers.bp,
    proof.bp,
    second_step.bp,
    security.bp,
    segment_doors,
    segments_api.api,
    sign_in.bp,
    sign_in_link.bp,
    sign_up.bp,
    signups_api.api,
    staff.bp,
    staff_offer_editor.bp,
    staff_offers.bp,
    staff_payments.bp,
    staff_plan_editor.bp,
    staff_plans.bp,
    staff_rules.bp,
    staff_trials.bp,
    staff_usage.bp,
    trial.bp,
    staff_signups.bp,
    staff_webhooks.bp,
    sql_api.api,
    sql_pages.bp,
    trials_api.api,
    upgrade_cases.bp,
    upgrades_api.api,
    upgrades_pages.bp,
    receipt_pages.bp,
    usage_api.api,
    webhooks_api.api,
    welcome.bp,
    widget.bp,
    workspace.bp,
    workspace_domains.bp,
    workspace_settings.bp,
    workspaces.bp,
]

WIDGET_PARTS: list[StatePart] = [upgrades_widget]

NAV: list[NavItem] = [
    NavItem(N_("Home"), "staff.home"),
    NavItem(N_("People"), "staff.people_list"),
    NavItem(N_("Sign-ups"), "staff_signups.listing"),
    NavItem(N_("Trials"), "staff_trials.index"),
    NavItem(N_("Plans"), "staff_plans.index"),
    NavItem(N_("Offers"), "staff_offers.index"),
    NavItem(N_("Payments"), "staff_payments.index"),
    NavItem(N_("Segments"), "staff_rules.index"),
    NavItem(N_("Growth"), "growth.page"),
    NavItem(N_("API keys"), "staff.key_list"),
    NavItem(N_("Webhooks"), "staff_webhooks.index"),
    NavItem(N_("Workspace"), "workspace.home", area="workspace"),
    NavItem(N_("Members"), "members.show", area="workspace"),
    NavItem(N_("Plans"), "upgrades.choose", area="workspace"),
    NavItem(N_("Settings"), "workspace_settings.show", area="workspace"),
    NavItem(N_("Security"), "security.show", area="workspace"),
]
