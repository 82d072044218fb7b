"""The personal data that onboarding flows hold."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("flow_enrolments", ("person_id",), "Flows a person began"),
    PersonalData(
        "flow_step_completions", ("person_id",), "Steps a person did, for themselves or their account"
    ),
    PersonalData("flow_counted_events", ("person_id",), "Events of a person that count for a step"),
    PersonalData("flow_rewards", ("person_id",), "What a person's steps earned: points and days of a trial"),
    PersonalData("flow_dismissals", ("person_id",), "Flows a person put away"),
    PersonalData(
        "flow_showings", ("person_id",), "How often a person was shown a flow, and when they put it off"
    ),
)
