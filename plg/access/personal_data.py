"""The personal data that access holds."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("credentials", ("person_id", "email"), "How a person signs in"),
    PersonalData("sessions", ("person_id", "user_agent"), "Browsers a person is signed in with"),
    PersonalData("one_time_tokens", ("person_id", "email"), "Links sent to a person"),
    PersonalData("staff_members", ("email", "name"), "Staff of the firm that runs plg"),
)
