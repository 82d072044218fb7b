"""Cloze: a text with gaps, each chosen from a few words, written as a word, or as a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, Strict, model_validator

from academy.draw import shuffled
from academy.markdown import block_html
from academy.questions.choice import Flag, Option, key_at, must_differ
from academy.questions.fields import FieldsQuestion, Values
from academy.questions.kind import Answer, AnswerError, Say
from academy.questions.numbers import AcceptedNumber, first_near, read_number, written
from academy.questions.wording import AcceptedText, first_match, guessed, plain
from academy.texts import LANGUAGES, Key, Shape, Text

MARK: Final = re.compile(r"\[\[([a-z0-9-]+)\]\]")


class Gap(Shape):
    """A place in the text, written `[[key]]` there; weight: how much it counts beside the others."""

    key: Key
    weight: Annotated[int, Strict(), Field(ge=1, le=100)] = 1


class ChoiceGap(Gap):
    """One of a few words; exactly one is right."""

    kind: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _one_is_right(self) -> Self:
        must_differ("options", "key", (option.key for option in self.options))
        if sum(option.correct for option in self.options) != 1:
            raise ValueError("a gap needs exactly one correct option")
        return self

    def grade(self, given: str) -> Fraction:
        """The share that an option's key earns."""
        option = next((each for each in self.options if each.key == given), None)
        if option is None:
            raise AnswerError(f"has no option {given!r}")
        return Fraction(1) if option.correct else Fraction(option.weight or 0) / 100

    def best(self) -> str:
        """The right option."""
        return next(option.key for option in self.options if option.correct)

    def guess(self) -> Fraction:
        """The mean over the options."""
        return sum((self.grade(option.key) for option in self.options), Fraction(0)) / len(self.options)


class TextGap(Gap):
    """A word, as in a short text."""

    kind: Literal["text"]
    answers: Annotated[tuple[AcceptedText, ...], Field(min_length=1, max_length=50)]
    case: Flag = False

    def grade(self, given: str) -> Fraction:
        """The weight of the first accepted text that matches."""
        place = first_match(self.answers, given, case=self.case)
        return Fraction(0) if place is None else Fraction(self.answers[place].weight) / 100

    def best(self) -> str:
        """A word of full weight, or the best there is."""
        return plain(max(self.answers, key=lambda each: each.weight).text)

    def guess(self) -> Fraction:
        """See ShortText."""
        return guessed(self.answers)


class NumberGap(Gap):
    """A number, as in a numeric question."""

    kind: Literal["number"]
    answers: Annotated[tuple[AcceptedNumber, ...], Field(min_length=1, max_length=50)]

    def grade(self, given: str) -> Fraction:
        """The weight of the first accepted number that is near enough."""
        place = first_near(self.answers, read_number(given))
        return Fraction(0) if place is None else Fraction(self.answers[place].weight) / 100

    def best(self) -> str:
        """The number of most weight."""
        return written(max(self.answers, key=lambda each: each.weight).value)

    def guess(self) -> Fraction:
        """See Numeric."""
        return Fraction(0)


class Cloze(FieldsQuestion):
    """The answer maps gaps to what is in them. Its share is the mean over the gaps by their weights, as in Moodle's
    multianswer; none of them takes from another. Both languages have the gaps in the order in which they are listed.
    """

    kind: Literal["cloze"]
    gaps: Annotated[
        tuple[Annotated[ChoiceGap | TextGap | NumberGap, Field(discriminator="kind")], ...],
        Field(min_length=1, max_length=30),
    ]

    @model_validator(mode="after")
    def _gaps_stand_in_the_text(self) -> Self:
        must_differ("gaps", "key", (gap.key for gap in self.gaps))
        keys = [gap.key for gap in self.gaps]
        for language in LANGUAGES:
            html = block_html(self.text.in_language(language))
            if not MARK.findall(html) == MARK.findall(re.sub(r"<[^>]*>", "", html)) == keys:
                marks = ", ".join(f"[[{key}]]" for key in keys)
                raise ValueError(f"the {language} text needs each gap once, in this order: {marks}")
        for gap in self.gaps:
            if gap.grade(gap.best()) != 1:
                raise ValueError(f"nothing earns the whole of the gap {gap.key!r}")
        return self

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `gaps.<gap>.<option>`."""
        options = {f"gaps.{gap}.{key}": option.text for (gap, key), option in self._options().items()}
        return {**super().texts(), **options}

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: the options of every gap, shuffled within it."""
        choices = [gap for gap in self.gaps if isinstance(gap, ChoiceGap)]
        return tuple(
            f"gaps.{gap.key}.{key}"
            for gap in choices
            for key in shuffled((option.key for option in gap.options), seed, f"{self.key}.{gap.key}")
        )

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion. In the text `[[1]]` is where the first field stands; `pieces_html`: what is between."""
        places = {gap.key: number for number, gap in enumerate(self.gaps, 1)}
        text = say("text")
        return {
            "kind": self.kind,
            "html": MARK.sub(lambda mark: f"[[{places[mark[1]]}]]", text),
            "pieces_html": MARK.split(text)[::2],
            "fields": [self._field(gap, order, say) for gap in self.gaps],
        }

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion."""
        given: Mapping[str, str] = answer or {}
        strange = given.keys() - {gap.key for gap in self.gaps}
        if strange:
            raise AnswerError(f"has no gap {min(strange)!r}")
        earned = sum(
            (gap.weight * gap.grade(given[gap.key]) for gap in self.gaps if gap.key in given), Fraction(0)
        )
        return max(Fraction(-1), earned / sum(gap.weight for gap in self.gaps))

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion."""
        return {gap.key: gap.best() for gap in self.gaps}

    def guess(self) -> Fraction:
        """See BaseQuestion: the mean of what guessing earns in each gap."""
        earned = sum((gap.weight * gap.guess() for gap in self.gaps), Fraction(0))
        return earned / sum(gap.weight for gap in self.gaps)

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion."""
        options = self._options()
        said = []
        for gap in self.gaps:
            given = (answer or {}).get(gap.key)
            option = options.get((gap.key, given)) if given else None
            said.append(option.text.in_language(language) if option else given or "–")
        return "; ".join(said) if answer else ""

    def width(self, order: tuple[str, ...]) -> int:
        """See FieldsQuestion."""
        return len(self.gaps)

    def of_values(self, values: Values, order: tuple[str, ...]) -> Answer:
        """See FieldsQuestion."""
        pairs = [(gap, value) for gap, value in zip(self.gaps, values, strict=True) if value]
        return {
            gap.key: key_at(v, _keys(gap, order)) if isinstance(gap, ChoiceGap) else v for gap, v in pairs
        }

    def values_of(self, answer: Answer, order: tuple[str, ...]) -> Values:
        """See FieldsQuestion."""
        return [_place(gap, answer.get(gap.key), order) for gap in self.gaps]

    def told(self, answer: Answer, order: tuple[str, ...], say: Say) -> list[str | None]:
        """See FieldsQuestion."""
        found: list[str | None] = []
        for gap in self.gaps:
            given = (answer or {}).get(gap.key)
            found.append(say(f"gaps.{gap.key}.{given}") if given and isinstance(gap, ChoiceGap) else given)
        return found

    def _options(self) -> dict[tuple[str, str], Option]:
        gaps = [gap for gap in self.gaps if isinstance(gap, ChoiceGap)]
        return {(gap.key, option.key): option for gap in gaps for option in gap.options}

    def _field(
        self, gap: ChoiceGap | TextGap | NumberGap, order: tuple[str, ...], say: Say
    ) -> dict[str, Any]:
        if not isinstance(gap, ChoiceGap):
            return {"type": "line" if isinstance(gap, TextGap) else "number"}
        keys = enumerate(_keys(gap, order), 1)
        options = [{"place": str(place), "html": say(f"gaps.{gap.key}.{key}")} for place, key in keys]
        return {"type": "select", "options": options}


def _keys(gap: ChoiceGap, order: tuple[str, ...]) -> tuple[str, ...]:
    """The options of a gap as they are shown."""
    start = f"gaps.{gap.key}."
    return tuple(each.removeprefix(start) for each in order if each.startswith(start))


def _place(gap: ChoiceGap | TextGap | NumberGap, given: str | None, order: tuple[str, ...]) -> str | None:
    if given is None or not isinstance(gap, ChoiceGap):
        return given
    return str(_keys(gap, order).index(given) + 1)
