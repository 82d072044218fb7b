"""The personal data that offers hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData(
        "offer_people", ("person_id",), "Which offers a person was shown, and what they did with them"
    ),
    PersonalData("offer_exposures", ("person_id",), "Who of an account was the first to meet an offer"),
)
