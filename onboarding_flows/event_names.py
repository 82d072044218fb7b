"""The events that onboarding flows record, each with one line of meaning."""

from __future__ import annotations

from typing import Final

STEP_COMPLETED: Final = "Onboarding Step Completed"
COMPLETED: Final = "Onboarding Completed"
DISMISSED: Final = "Onboarding Dismissed"

MEANINGS: Final = {
    STEP_COMPLETED: "A step of a flow was completed (flow, version, step, cause_event_id).",
    COMPLETED: "Every step of a flow was completed (flow, version, steps).",
    DISMISSED: "A person put a flow away (flow, version, steps_done, steps).",
}
