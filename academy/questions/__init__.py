"""The kinds of question. A new kind is one file and one name in the table; its contract test finds it."""

from __future__ import annotations

from typing import Annotated, Final, get_args

from pydantic import Field

from academy.questions.calculated import Calculated
from academy.questions.categorise import Categorise
from academy.questions.cloze import Cloze
from academy.questions.essay import Essay
from academy.questions.file_upload import FileUpload
from academy.questions.hot_spot import HotSpot
from academy.questions.kind import Answer, AnswerError, BaseQuestion, Say
from academy.questions.matching import Matching
from academy.questions.multiple import MultipleChoice
from academy.questions.numeric import Numeric
from academy.questions.ordering import Ordering
from academy.questions.product_task import ProductTask
from academy.questions.rubric import RubricQuestion
from academy.questions.short_text import ShortText
from academy.questions.single import SingleChoice
from academy.questions.true_false import TrueFalse

Question = Annotated[
    SingleChoice
    | MultipleChoice
    | TrueFalse
    | Numeric
    | ShortText
    | Matching
    | Ordering
    | Cloze
    | Categorise
    | HotSpot
    | Calculated
    | Essay
    | FileUpload
    | ProductTask,
    Field(discriminator="kind"),
]
"""The table of kinds."""

KINDS: Final[tuple[type[BaseQuestion], ...]] = get_args(get_args(Question)[0])

__all__ = [
    "KINDS",
    "Answer",
    "AnswerError",
    "BaseQuestion",
    "FileUpload",
    "ProductTask",
    "Question",
    "RubricQuestion",
    "Say",
]
