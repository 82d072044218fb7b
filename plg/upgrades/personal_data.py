"""The personal data that upgrades hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("upgrade_requests", ("person_id", "decided_by_id"), "Who asked whom for an upgrade"),
)
