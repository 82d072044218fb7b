"""Attempts at a quiz, all of them held by the server: begun, answered, ended, looked up.

Whoever holds an enrolment and an attempt takes the enrolment first: two who wait for each other would wait for ever.
"""

from academy.attempts.answering import (
    MAX_STEPS,
    AnswersFaulty,
    AnswerTold,
    AttemptExpired,
    AttemptFinished,
    StaleAnswers,
    TooManySteps,
    autosave,
    save,
)
from academy.attempts.beginning import (
    AlreadyPassed,
    AttemptLimitReached,
    CoolDownRunning,
    LessonsIncomplete,
    MarksAwaited,
    QuizClosed,
    check_may_start,
    start,
)
from academy.attempts.ending import close_due, finish, settle, submit
from academy.attempts.extending import (
    MOST_ATTEMPTS,
    MOST_MINUTES,
    MOST_REASON,
    ExtensionFaulty,
    NobodyEnrolled,
    extend,
    extend_account,
    extensions,
)
from academy.attempts.rows import GRACE, AttemptNotFound, find, hold, is_over, of_enrolment, slots_of

__all__ = [
    "GRACE",
    "MAX_STEPS",
    "MOST_ATTEMPTS",
    "MOST_MINUTES",
    "MOST_REASON",
    "AlreadyPassed",
    "AnswerTold",
    "AnswersFaulty",
    "AttemptExpired",
    "AttemptFinished",
    "AttemptLimitReached",
    "AttemptNotFound",
    "CoolDownRunning",
    "ExtensionFaulty",
    "LessonsIncomplete",
    "MarksAwaited",
    "NobodyEnrolled",
    "QuizClosed",
    "StaleAnswers",
    "TooManySteps",
    "autosave",
    "check_may_start",
    "close_due",
    "extend",
    "extend_account",
    "extensions",
    "find",
    "finish",
    "hold",
    "is_over",
    "of_enrolment",
    "save",
    "settle",
    "slots_of",
    "start",
    "submit",
]
