"""The events that the academy records, each with one line of meaning."""

from __future__ import annotations

from typing import Final

COURSE_STARTED: Final = "Course Started"
LESSON_COMPLETED: Final = "Lesson Completed"
SURVEY_ANSWERED: Final = "Survey Answered"
COURSE_COMPLETED: Final = "Course Completed"
QUIZ_ATTEMPT_STARTED: Final = "Quiz Attempt Started"
QUIZ_PASSED: Final = "Quiz Passed"
QUIZ_FAILED: Final = "Quiz Failed"
QUIZ_AWAITS_MARKS: Final = "Quiz Awaits Marks"
QUIZ_ANSWER_MARKED: Final = "Quiz Answer Marked"
CERTIFICATE_ISSUED: Final = "Certificate Issued"
QUIZ_REGRADED: Final = "Quiz Regraded"
CERTIFICATE_RENEWED: Final = "Certificate Renewed"
CERTIFICATE_CORRECTED: Final = "Certificate Corrected"
CERTIFICATE_EXPIRED: Final = "Certificate Expired"
CERTIFICATE_SHORTENED: Final = "Certificate Shortened"
CERTIFICATE_REVOKED: Final = "Certificate Revoked"
CERTIFICATE_SUSPENDED: Final = "Certificate Suspended"
CERTIFICATE_REINSTATED: Final = "Certificate Reinstated"
QUIZ_EXTENDED: Final = "Quiz Extended"
QUESTION_PRACTISED: Final = "Question Practised"
LEARNING_PATH_STARTED: Final = "Learning Path Started"
LEARNING_PATH_COMPLETED: Final = "Learning Path Completed"
COURSE_INVITATION_SENT: Final = "Course Invitation Sent"
COURSE_VERSION_CHANGED: Final = "Course Version Changed"
COURSE_MIGRATED: Final = "Course Migrated"

MEANINGS: Final = {
    COURSE_STARTED: "A person began a course (course, version, by: learner, invitation or rule).",
    LESSON_COMPLETED: "A person finished a lesson (course, version, lesson).",
    SURVEY_ANSWERED: "A person answered a survey (course, version, lesson, anonymous); never what they said.",
    COURSE_COMPLETED: "A person finished every lesson and passed the quiz, if any (course, version).",
    QUIZ_ATTEMPT_STARTED: "A person began an attempt at a quiz (course, version, attempt, number).",
    QUIZ_PASSED: "An attempt reached the pass mark (course, version, attempt, number, score_percent).",
    QUIZ_FAILED: "An attempt stayed below the pass mark (course, version, attempt, number, score_percent).",
    QUIZ_AWAITS_MARKS: "An attempt ended, and people have to mark (course, version, attempt, number, answers).",
    QUIZ_ANSWER_MARKED: "One of the staff marked an answer (course, version, attempt, question, marker, decided).",
    CERTIFICATE_ISSUED: (
        "A person earned a certificate (course, version, certificate, kind, score_percent, expires_at)."
    ),
    QUIZ_REGRADED: (
        "An attempt was marked again by a corrected version (course, version, attempt, number, old_score_percent,"
        " score_percent, passed, reason, by)."
    ),
    CERTIFICATE_RENEWED: (
        "A person renewed a certificate (course, version, certificate, renews, score_percent, expires_at)."
    ),
    CERTIFICATE_CORRECTED: (
        "A certificate was made anew with another name or title (course, version, certificate, edition, reason, by)."
    ),
    CERTIFICATE_EXPIRED: "A certificate came to its end (course, version, certificate, expires_at).",
    CERTIFICATE_SHORTENED: (
        "A certificate ends sooner, since its course changed (course, version, certificate, to_version, expires_at,"
        " reason, by)."
    ),
    CERTIFICATE_REVOKED: "A certificate holds no more (course, version, certificate, reason, by).",
    CERTIFICATE_SUSPENDED: "A certificate does not hold for now (course, version, certificate, reason, by).",
    CERTIFICATE_REINSTATED: "A suspended certificate holds again (course, version, certificate, reason, by).",
    QUIZ_EXTENDED: (
        "Staff gave a person more time or attempts at a quiz (course, version, extra_minutes, extra_attempts, reason,"
        " by)."
    ),
    QUESTION_PRACTISED: "A person answered a question to practise it (course, version, question, right, turn).",
    LEARNING_PATH_STARTED: "A person began a learning path (path, version).",
    LEARNING_PATH_COMPLETED: "A person completed every course of a path that is not optional (path, version).",
    COURSE_INVITATION_SENT: "Somebody was asked by mail to take a course (course, version, by).",
    COURSE_VERSION_CHANGED: "A learner was moved to another version of a course (course, version, from_version, by).",
    COURSE_MIGRATED: "All learners of a course were moved to a version (course, version, moved, by).",
}
