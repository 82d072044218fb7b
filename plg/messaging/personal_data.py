"""The personal data that messaging holds."""

from plg.kit.wing import PersonalData

DECLARED = (PersonalData("outgoing_mails", ("person_id", "email"), "Which mails went to a person"),)
