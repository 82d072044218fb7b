"""The personal data that billing holds."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("billing_changes", ("person_id",), "Who asked what another plan costs, and changed to it"),
    PersonalData("billing_checkouts", ("person_id",), "Who opened a checkout for an account"),
)
