"""The events that flows record, with ids that make each of them happen once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from onboarding_flows import event_names
from onboarding_flows.enrolled import Enrolled
from plg.events.log import NewEvent
from plg.kit.clock import now
from plg.kit.ids import new_event_id


@dataclass(frozen=True)
class Telling:
    """What is told about one enrolment; the person is who did it, the account is where. Of who is held out of a flow
    nothing is told but that they are: nobody shall answer to what they do in a flow that they are not shown."""

    enrolled: Enrolled
    person_id: int | None
    account_id: int | None

    def step_completed(self, step_key: str, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        return self._event(
            event_names.STEP_COMPLETED, f"onboarding-step:{self.enrolled.id}:{step_key}", facts, at
        )

    def step_skipped(self, step_key: str, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        return self._event(
            event_names.STEP_SKIPPED, f"onboarding-skip:{self.enrolled.id}:{step_key}", facts, at
        )

    def form_answered(self, step_key: str, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        return self._event(
            event_names.FORM_ANSWERED, f"onboarding-answers:{self.enrolled.id}:{step_key}", facts, at
        )

    def completed(self, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        return self._event(event_names.COMPLETED, f"onboarding-completed:{self.enrolled.id}", facts, at)

    def dismissed(self, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        return self.told(event_names.DISMISSED, facts, at)

    def told(self, name: str, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        """What may happen again and again; whoever tells it has made sure that it happened."""
        return self._event(name, new_event_id(), facts, at)

    def moved(self, migration_id: int, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        return self._event(
            event_names.VERSION_CHANGED, f"onboarding-moved:{self.enrolled.id}:{migration_id}", facts, at
        )

    def _event(self, name: str, id: str, facts: dict[str, Any], at: dt.datetime) -> list[NewEvent]:
        flow = self.enrolled.flow
        if flow.held_out:
            return []
        event: NewEvent = {
            "id": f"{id}:{self.enrolled.reopened}" if self.enrolled.reopened else id,
            "name": name,
            "person_id": self.person_id,
            "account_id": self.account_id,
            "distinct_id": None,
            "occurred_at": at,
            "received_at": now(),
            "properties": {"flow": flow.key, "version": flow.version, **facts},
            "context": {},
            "source": "plg",
        }
        return [event]
