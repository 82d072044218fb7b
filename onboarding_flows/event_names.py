"""The events that onboarding flows record, each with one line of meaning."""

from __future__ import annotations

from typing import Final

STEP_COMPLETED: Final = "Onboarding Step Completed"
STEP_SKIPPED: Final = "Onboarding Step Skipped"
COMPLETED: Final = "Onboarding Completed"
DISMISSED: Final = "Onboarding Dismissed"
STEP_RESET: Final = "Onboarding Step Reset"
FORM_ANSWERED: Final = "Onboarding Form Answered"
POINTS_EARNED: Final = "Onboarding Points Earned"
POINTS_TAKEN_BACK: Final = "Onboarding Points Taken Back"
STEP_UNDONE: Final = "Onboarding Step Undone"
RESET: Final = "Onboarding Reset"
ENROLLED: Final = "Onboarding Enrolled"
RESUMED: Final = "Onboarding Resumed"
SHOWN: Final = "Onboarding Shown"
STARTED: Final = "Onboarding Started"
SNOOZED: Final = "Onboarding Snoozed"
ANCHOR_MISSING: Final = "Onboarding Anchor Missing"
VERSION_CHANGED: Final = "Onboarding Version Changed"
MIGRATED: Final = "Onboarding Flow Migrated"

MEANINGS: Final = {
    STEP_COMPLETED: "A step of a flow was completed (flow, version, step, cause_event_id).",
    STEP_SKIPPED: "A step of a flow was left out (flow, version, step).",
    COMPLETED: "Every step of a flow was completed, or skipped (flow, version, steps, skipped); or a tour ended, a "
    "banner or an announcement was acted on.",
    SHOWN: "A flow came on a person's screen (flow, version, kind, times).",
    STARTED: "A person is to be shown a flow because it was asked for (flow, version, by).",
    SNOOZED: "A person put a flow off (flow, version, until).",
    ANCHOR_MISSING: "What a step of a tour points at is not on a page (flow, version, step, path).",
    VERSION_CHANGED: "An enrolment was moved to another version of its flow (flow, version, from_version, by).",
    MIGRATED: "Everybody on a version was moved to another one (flow, version, from_version, moved, by).",
    STEP_RESET: "What was done of a step was taken back; only what comes later counts (flow, version, step, by).",
    FORM_ANSWERED: "A person filled in the form of a step (flow, version, step, answers).",
    POINTS_EARNED: "A step earned points; total: all of that flow (flow, version, step, points, total).",
    POINTS_TAKEN_BACK: "Points of a step are taken back, as it is done no more (flow, version, step, points, total).",
    STEP_UNDONE: "What did a step holds no more, and the flow says that it is open then (flow, version, step).",
    RESET: "A flow begins anew (flow, version, steps_done, steps, by).",
    ENROLLED: "A server let somebody begin a flow (flow, version, by).",
    RESUMED: "A person is shown a flow again that they had put away (flow, version).",
    DISMISSED: "A person put a flow away (flow, version, steps_done, steps).",
}
