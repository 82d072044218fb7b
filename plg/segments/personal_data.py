"""The personal data that segments hold."""

from plg.kit.wing import PersonalData

DECLARED = (PersonalData("cohort_members", ("person_id",), "Which lists of people a person is on"),)
