"""The events that onboarding flows record, each with one line of meaning."""

from __future__ import annotations

from typing import Final

STEP_COMPLETED: Final = "Onboarding Step Completed"
STEP_SKIPPED: Final = "Onboarding Step Skipped"
COMPLETED: Final = "Onboarding Completed"
DISMISSED: Final = "Onboarding Dismissed"

MEANINGS: Final = {
    STEP_COMPLETED: "A step of a flow was completed (flow, version, step, cause_event_id).",
    STEP_SKIPPED: "A step of a flow was left out (flow, version, step).",
    COMPLETED: "Every step of a flow was completed, or skipped (flow, version, steps, skipped).",
    DISMISSED: "A person put a flow away (flow, version, steps_done, steps).",
}
