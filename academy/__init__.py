"""The academy: courses, learning paths, lessons, quizzes and certificates.

Owns courses, their drafts and paths, enrolments, invitations, attempts and certificates. Records what `event_names`
lists. Hears every event: by rule it enrols people, and practice in the product finishes lessons.
"""

import datetime as dt
from pathlib import Path

from academy import jobs, personal_data, subscribers, teaching, xapi
from academy.endpoints import BLUEPRINTS
from academy.event_names import COURSE_COMPLETED, MEANINGS
from academy.path_section import PATHS
from academy.section import SECTION
from academy.xapi.jobs import send_statements
from plg.events import names
from plg.events.subscribers import Subscription
from plg.kit.wing import Job, NavItem, Wing
from plg.web.i18n import N_

wing = Wing(
    name="academy",
    blueprints=BLUEPRINTS,
    subscriptions=[
        Subscription("academy", subscribers.on_people_merged, frozenset({names.PEOPLE_MERGED})),
        Subscription("academy.enrolling", subscribers.on_any_event),
        Subscription("academy.paths", subscribers.on_courses_completed, frozenset({COURSE_COMPLETED})),
        Subscription("academy.xapi", xapi.on_achievements, xapi.HEARD),
        Subscription("academy.rewards", subscribers.on_certificates_changed, subscribers.STANDING),
        Subscription("academy.practice", subscribers.on_product_events),
    ],
    jobs=[
        Job("academy.close_due_attempts", jobs.close_due_attempts, every=dt.timedelta(seconds=10)),
        Job(
            "academy.do_certificate_tasks",
            jobs.do_certificate_tasks,
            every=dt.timedelta(seconds=2),
            outside=True,
        ),
        Job("academy.move_learners", jobs.move_learners, every=dt.timedelta(seconds=5)),
        Job("academy.send_statements", send_statements, every=dt.timedelta(seconds=2), outside=True),
    ],
    sections=[SECTION, PATHS],
    personal_data=personal_data.DECLARED,
    nav=[
        NavItem(N_("Academy"), "academy.catalogue", area="workspace"),
        NavItem(N_("Courses"), "academy_authoring.index"),
        NavItem(N_("Quizzes"), "staff_quizzes.index"),
        NavItem(N_("Surveys"), "academy_surveys.index"),
        NavItem(N_("Marking"), "academy_marking.index"),
        NavItem(N_("Learners"), "academy_learners.index"),
        NavItem(N_("Certificates"), "academy_awards.index"),
    ],
    event_names=MEANINGS,
    cli={
        "academy": (
            "academy.cli",
            "Item analysis, regrading, extensions, moving learners, importing courses and questions.",
        )
    },
    learning=teaching.LEARNING,
    translations=Path(__file__).parent / "translations",
)
