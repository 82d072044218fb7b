"""The personal data that accounts hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("memberships", ("person_id",), "Which accounts a person belongs to"),
    PersonalData("invitations", ("email", "invited_by_id", "accepted_by_id"), "Who was invited by whom"),
)
