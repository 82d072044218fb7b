"""The personal data that sign-ups hold. Traces are keyed hashes, of an account."""

from plg.kit.wing import PersonalData

DECLARED = (PersonalData("signups", ("person_id",), "That somebody signed up, how, and what was decided"),)
