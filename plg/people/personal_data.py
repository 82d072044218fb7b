"""The personal data that this floor and the spine hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("events", ("person_id", "distinct_id"), "What a person did"),
    PersonalData("people", ("id", "email", "name", "merged_into_id"), "Who a person is"),
    PersonalData("identities", ("distinct_id", "person_id"), "The ids a person is known by"),
    PersonalData("person_merges", ("from_person_id", "into_person_id"), "Which records were one person"),
)
