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
CERTIFICATE_REVOKED: Final = "Certificate Revoked"
QUIZ_EXTENDED: Final = "Quiz Extended"
QUESTION_PRACTISED: Final = "Question Practised"

MEANINGS: Final = {
    COURSE_STARTED: "A person began a course (course, version).",
    LESSON_COMPLETED: "A person finished a lesson (course, version, lesson).",
    SURVEY_ANSWERED: "A person answered a survey (course, version, lesson, anonymous); never what they said.",
    COURSE_COMPLETED: "A person finished every lesson and passed the quiz, if any (course, version).",
    QUIZ_ATTEMPT_STARTED: "A person began an attempt at a quiz (course, version, attempt, number).",
    QUIZ_PASSED: "An attempt reached the pass mark (course, version, attempt, number, score_percent).",
    QUIZ_FAILED: "An attempt stayed below the pass mark (course, version, attempt, number, score_percent).",
    QUIZ_AWAITS_MARKS: "An attempt ended, and people have to mark (course, version, attempt, number, answers).",
    QUIZ_ANSWER_MARKED: "One of the staff marked an answer (course, version, attempt, question, marker, decided).",
    CERTIFICATE_ISSUED: "A person earned a certificate (course, version, certificate, score_percent).",
    QUIZ_REGRADED: (
        "An attempt was marked again by a corrected version (course, version, attempt, number, old_score_percent,"
        " score_percent, passed, reason, by)."
    ),
    CERTIFICATE_REVOKED: "A certificate holds no more (course, version, certificate, reason, by).",
    QUIZ_EXTENDED: (
        "Staff gave a person more time or attempts at a quiz (course, version, extra_minutes, extra_attempts, reason,"
        " by)."
    ),
    QUESTION_PRACTISED: "A person answered a question to practise it (course, version, question, right, turn).",
}
