"""The personal data that billing holds."""

from plg.kit.wing import PersonalData

DECLARED = (PersonalData("billing_checkouts", ("person_id",), "Who opened a checkout for an account"),)
