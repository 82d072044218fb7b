"""The personal data that accounts hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("memberships", ("person_id",), "Which accounts a person belongs to"),
    PersonalData("invitations", ("email", "invited_by_id", "accepted_by_id"), "Who was invited by whom"),
    PersonalData("invitation_links", ("created_by_id",), "Who made a link that invites"),
    PersonalData("join_requests", ("person_id", "email", "decided_by_id"), "Who asked to join, who answered"),
)
