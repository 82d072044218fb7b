"""Onboarding flows: checklists that what people do in the product ticks off, for a person or a whole account; and
what comes up by itself: tours, banners, announcements.

Owns published flows and drafts, enrolments, completed steps, showings, experiments, and moving people between
versions.
Records what `event_names` lists. Hears every event.
"""

import datetime as dt
from pathlib import Path

from onboarding_flows import (
    endpoints,
    experiment_endpoints,
    jobs,
    lifecycle_endpoints,
    personal_data,
    prompt_endpoints,
    server_endpoints,
    staff_acts,
    staff_drafts,
    staff_editor,
    staff_pages,
    staff_people,
    staff_preview,
    staff_trying,
    subscribers,
)
from onboarding_flows.event_names import MEANINGS
from onboarding_flows.folder import section
from plg.events.subscribers import Subscription
from plg.kit.wing import Job, NavItem, Wing
from plg.web.i18n import N_

wing = Wing(
    name="onboarding_flows",
    blueprints=[
        endpoints.api,
        server_endpoints.api,
        lifecycle_endpoints.api,
        experiment_endpoints.api,
        experiment_endpoints.bp,
        endpoints.widget,
        prompt_endpoints.widget,
        staff_pages.bp,
        staff_acts.bp,
        staff_drafts.bp,
        staff_editor.bp,
        staff_people.bp,
        staff_preview.bp,
        staff_trying.bp,
    ],
    subscriptions=[
        Subscription("onboarding_flows", subscribers.on_events),
        Subscription("onboarding_flows.rewards", subscribers.on_steps_settled, hears=subscribers.SETTLED),
    ],
    jobs=[
        Job("onboarding_flows.enrol", jobs.enrol_those_who_were_there, every=dt.timedelta(seconds=5)),
        Job("onboarding_flows.follow_rules", jobs.follow_rules, every=dt.timedelta(seconds=60)),
        Job("onboarding_flows.migrate", jobs.migrate, every=dt.timedelta(seconds=5)),
    ],
    sections=[section],
    personal_data=personal_data.DECLARED,
    nav=[
        NavItem(N_("Flows"), "staff_flows.index"),
        NavItem(N_("Flows"), "staff_flow_people.show", area="staff_person"),
    ],
    event_names=MEANINGS,
    widget_state=endpoints.widget_state,
    cli={"flows": ("onboarding_flows.cli", "Checklists: versions, drafts, going back, moving people.")},
    translations=Path(__file__).parent / "translations",
)
