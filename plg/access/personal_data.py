"""The personal data that access holds."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("credentials", ("person_id", "email"), "How a person signs in"),
    PersonalData(
        "sessions", ("person_id", "user_agent", "ip_address"), "Browsers a person is signed in with"
    ),
    PersonalData("one_time_tokens", ("person_id", "email"), "Links sent to a person"),
    PersonalData("passkeys", ("person_id", "name"), "Passkeys of a person"),
    PersonalData("totp_secrets", ("person_id",), "The authenticator app of a person"),
    PersonalData("recovery_codes", ("person_id",), "Recovery codes of a person"),
    PersonalData(
        "provider_identities", ("person_id", "email"), "Accounts elsewhere that a person signs in with"
    ),
    PersonalData("staff_members", ("email", "name"), "Staff of the firm that runs plg"),
)
