"""The personal data that webhooks hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData(
        "webhook_deliveries", ("person_id",), "What the host product was told of a person, for 30 days"
    ),
)
