"""The kinds of question. A new kind is one file and one name in the table; its contract test finds it."""

from __future__ import annotations

from typing import Annotated, Final, get_args

from pydantic import Field

from academy.questions.kind import Answer, AnswerError, BaseQuestion, Say
from academy.questions.multiple import MultipleChoice
from academy.questions.single import SingleChoice

Question = Annotated[
    SingleChoice | MultipleChoice,
    Field(discriminator="kind"),
]
"""The table of kinds."""

KINDS: Final[tuple[type[BaseQuestion], ...]] = get_args(get_args(Question)[0])

__all__ = ["KINDS", "Answer", "AnswerError", "BaseQuestion", "Question", "Say"]
