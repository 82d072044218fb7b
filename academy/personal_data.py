"""The personal data that the academy holds."""

from plg.kit.wing import PersonalData

DECLARED = (
    PersonalData("enrolments", ("person_id",), "Courses a person began, and how far they are"),
    PersonalData("path_enrolments", ("person_id",), "Learning paths a person began, and completed"),
    PersonalData("course_invitations", ("person_id", "email"), "Which courses somebody was invited to"),
    PersonalData(
        "lesson_facts", ("person_id",), "How long a person looked at lessons and watched their videos"
    ),
    PersonalData(
        "scorm_runs", ("person_id",), "What SCORM lessons keep about a person: status, score, answers"
    ),
    PersonalData("survey_answers", ("person_id",), "A person's answers to surveys that are not anonymous"),
    PersonalData("quiz_attempts", ("person_id",), "Quizzes a person took, with answers and score"),
    PersonalData(
        "xapi_statements", ("person_id",), "What a learning record store is still to be told of a person"
    ),
    PersonalData("certificates", ("person_id", "person_name"), "Certificates a person earned"),
    PersonalData(
        "badges", ("recipient", "salt"), "Whom the credential of a certificate names, as a salted hash"
    ),
)
