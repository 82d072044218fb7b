"""The personal data that attention holds."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("attention_ledger", ("person_id",), "What came up on a person's screen by itself"),
    PersonalData("attention_held_back", ("person_id",), "What was held back from a person, and why"),
)
