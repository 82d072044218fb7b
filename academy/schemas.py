"""The shape of a course as authors write it and as it is published: lessons, and a quiz with its bank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, Self

from markdown_it import MarkdownIt
from pydantic import (
    AfterValidator,
    AwareDatetime,
    Discriminator,
    Field,
    Strict,
    StringConstraints,
    Tag,
    model_validator,
)

from academy.admission import Audience, Condition, Opening, Prerequisite, faults_of_openings
from academy.alignment import Alignment
from academy.bank import Band, Bank, PassMark, Rule, Section, counts, keys
from academy.certificate_policy import CertificatePolicy
from academy.lesson_kinds import JUST_READ, LessonKind
from academy.markdown import pointed_at
from academy.questions import Question
from academy.texts import LANGUAGES, FileName, Key, Shape, Text, printable, unix_lines
from plg.kit.errors import Unprocessable

Whole = Annotated[int, Strict()]
Minutes = Annotated[Whole, Field(ge=1, le=525_600)]


def _utc(moment: dt.datetime) -> dt.datetime:
    if not 1970 <= moment.year <= 9000:
        raise ValueError("lies outside of the years 1970 to 9000")
    return moment.astimezone(dt.UTC)


def _one_heading(body: str) -> str:
    """A lesson starts with its title, a level-1 heading, and has no other."""
    tokens = MarkdownIt("commonmark").parse(body)
    headings = [
        place for place, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"
    ]
    if headings != [0] or not tokens[1].content:
        raise ValueError("starts with one '# Title' and has no other heading of level 1")
    return body.strip("\n") + "\n"


Body = Annotated[
    str,
    Strict(),
    StringConstraints(min_length=1, max_length=200_000),
    AfterValidator(unix_lines),
    AfterValidator(printable),
    AfterValidator(_one_heading),
]
"""The Markdown of a lesson in one language, at most 200,000 characters."""


class Bodies(Shape):
    """A lesson's Markdown in every language."""

    es: Body
    en: Body

    def in_language(self, language: str) -> str:
        """See Text."""
        return self.es if language == "es" else self.en


class Lesson(Shape):
    """One lesson. Its files are named `<number>-<key>.<language>.md`, the number with two digits; what is to be done
    beside reading them, its `work`, stands in `<number>-<key>.yaml`."""

    number: Annotated[Whole, Field(ge=1, le=99)]
    key: Key
    body: Bodies
    work: LessonKind = JUST_READ

    def files(self) -> set[str]:
        """The files of the course that its texts and its work point at."""
        pointers = {each for language in LANGUAGES for each in pointed_at(self.body.in_language(language))}
        return {each.removeprefix("files/") for each in pointers if each.startswith("files/")} | {
            *self.work.files()
        }

    def title(self, language: str) -> str:
        """The words of the heading that the lesson starts with, without its Markdown marks."""
        inline = MarkdownIt("commonmark").parse(self.body.in_language(language))[1]
        return "".join(token.content for token in inline.children or ()).strip()


Part = Literal["attempt", "marks", "correctness", "feedback", "answer"]
"""What can be told about an attempt: its questions with one's answers, its score and what each answer earned, which
were right, the feedback, the right answers."""


class Review(Shape):
    """What is told about an attempt while it runs, in the first minutes after its end, later, and when the quiz has
    closed. Whatever is told while it runs is told of answers that were saved, which cannot change from then on."""

    during: tuple[Part, ...] = ()
    just_after: tuple[Part, ...] = ()
    later: tuple[Part, ...] = ()
    after_close: tuple[Part, ...] = ()

    @model_validator(mode="after")
    def _told_with_the_attempt(self) -> Self:
        for phase in ("just_after", "later", "after_close"):
            parts = getattr(self, phase)
            if {"correctness", "feedback", "answer"} & set(parts) and "attempt" not in parts:
                raise ValueError(f"{phase} tells something about answers, so it tells the 'attempt', too")
        return self


class Practice(Shape):
    """What learners may practise: what they missed in attempts whose right answers they are told (`missed`), and
    `banks`, which are best kept for it: what the exam may ask is practised only where it was missed and is told."""

    missed: Annotated[bool, Strict()] = True
    banks: Annotated[tuple[Key, ...], Field(max_length=50)] = ()


Draw = Annotated[
    Annotated[Whole, Field(ge=1), Tag("<count>")]
    | Annotated[tuple[Rule, ...], Field(min_length=1, max_length=50), Tag("<rules>")],
    Discriminator(lambda value: "<rules>" if isinstance(value, list | tuple) else "<count>"),
]
"""A number of the quiz's own questions, or rules."""


class Quiz(Shape):
    """A certification quiz. Every question carries the same mark.

    `pass_mark` is the percentage of all marks that is needed; the cool-down runs from the end of an attempt to the
    start of the next. `draw` is how many of the quiz's own questions one attempt holds (all, where absent), or rules
    that draw from banks; `sections` are such rules under headings. `wrong_costs` is the percentage of a question's
    mark that an answer takes which earns nothing. `bands` are what is said about the score.
    From `closes_at` on no attempt begins, and those that run end. `evidence`: how long each answer took, from which
    network and how often the page was left is kept, and learners are told so. `practice`: see there.
    """

    title: Text
    pass_mark: PassMark
    time_limit_minutes: Annotated[Whole, Field(ge=1, le=1_440)] | None = None
    max_attempts: Annotated[Whole, Field(ge=1, le=1_000)] | None = None
    cool_down_minutes: Minutes | None = None
    wrong_costs: Annotated[Whole, Field(ge=0, le=100)] = 0
    draw: Draw | None = None
    closes_at: Annotated[AwareDatetime, AfterValidator(_utc)] | None = None
    review: Review | None = None
    evidence: Annotated[bool, Strict()] = False
    practice: Practice | None = None
    sections: Annotated[tuple[Section, ...], Field(max_length=50)] = ()
    bands: Annotated[tuple[Band, ...], Field(max_length=20)] = ()
    questions: Annotated[tuple[Question, ...], Field(max_length=1_000)] = ()
    banks: Annotated[dict[Key, Bank], Field(max_length=50)] = {}

    @model_validator(mode="after")
    def _banks_hold_the_draw(self) -> Self:
        _no_twins("questions", (question.key for question in self.all_questions))
        if self.sections and self.draw is not None:
            raise ValueError("draws by sections or by `draw`, not by both")
        named = [rule.bank for rule in self.rules if rule.bank is not None]
        for bank in [*named, *(self.practice.banks if self.practice else ())]:
            if bank not in self.banks:
                raise ValueError(f"there is no bank {bank!r}")
        if isinstance(self.draw, int) and self.draw > len(self.questions):
            raise ValueError(f"draws {self.draw} questions from a bank of {len(self.questions)}")
        self.rule_counts  # noqa: B018 - raises where the banks do not hold the draw
        return self

    @property
    def length(self) -> int:
        """How many questions one attempt holds."""
        return sum(self.rule_counts)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the draw, in the order of the paper."""
        if self.sections:
            return tuple(rule for section in self.sections for rule in section.draw)
        return self.draw if isinstance(self.draw, tuple) else (Rule(count=self.draw),)

    @cached_property
    def rule_counts(self) -> list[int]:
        """How many questions each rule draws."""
        pools = [keys(self.pool(rule)) for rule in self.rules]
        return counts(pools, [rule.count for rule in self.rules])

    def pool(self, rule: Rule) -> list[Question]:
        """What the rule may draw."""
        bank = self.questions if rule.bank is None else self.banks[rule.bank].questions
        return [question for question in bank if rule.takes(question)]

    def question(self, key: str) -> Question:
        """The question with this key, of whichever bank; KeyError when there is none."""
        return self._by_key[key]

    def band(self, score: Fraction) -> int | None:
        """The place of what is said about a score (0 to 1), from 0."""
        reached = [place for place, band in enumerate(self.bands) if score * 100 >= band.at_least]
        return max(reached, key=lambda place: self.bands[place].at_least, default=None)

    def has(self, key: str) -> bool:
        """Whether there is a question with this key."""
        return key in self._by_key

    @property
    def drawable(self) -> list[Question]:
        """Every question that an attempt may hold."""
        return list({each.key: each for rule in self.rules for each in self.pool(rule)}.values())

    def tagged(self, tags: Collection[str]) -> list[Question]:
        """What an attempt may hold with one of these tags; all of it, where there are none."""
        return [each for each in self.drawable if not tags or set(tags) & set(each.tags)]

    @cached_property
    def _by_key(self) -> dict[str, Question]:
        return {question.key: question for question in self.all_questions}

    @property
    def all_questions(self) -> list[Question]:
        """Every question, of whichever bank."""
        return [*self.questions, *(each for bank in self.banks.values() for each in bank.questions)]


class CourseFaulty(Unprocessable):
    """A definition that is no sound course; the errors name every fault."""


class CourseFile(Shape):
    """A file of a course: its SHA-256, and its size in bytes."""

    digest: Annotated[str, Strict(), StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[Whole, Field(ge=0)]


class Module(Shape):
    """A part of a course under a title. It goes from its `first` lesson to the first one of the next module."""

    title: Text
    first: Key


class Course(Shape):
    """A whole course. `minutes` is the time it takes an ordinary learner, as the author estimates it.

    `enrol_when`: whoever this holds for when they do something is enrolled by that. `certificate`: how long that of
    the quiz holds, and how it is renewed.
    """

    title: Text
    summary: Text
    minutes: Minutes | None = None
    modules: Annotated[tuple[Module, ...], Field(max_length=30)] = ()
    lessons: Annotated[tuple[Lesson, ...], Field(min_length=1, max_length=99)]
    files: Annotated[dict[FileName, CourseFile], Field(max_length=500)] = {}
    quiz: Quiz | None = None
    audience: Audience = Audience()
    requires: Annotated[tuple[Prerequisite, ...], Field(max_length=50)] = ()
    opens: Annotated[tuple[Opening, ...], Field(max_length=99)] = ()
    enrol_when: Condition | None = None
    certificate: CertificatePolicy | None = None
    alignment: Annotated[tuple[Alignment, ...], Field(max_length=8)] = ()

    @model_validator(mode="after")
    def _opens_all(self) -> Self:
        _no_twins("requirements", (each.course for each in self.requires))
        lessons = [lesson.key for lesson in self.lessons]
        if said := faults_of_openings(self.opens, lessons, quiz=self.quiz is not None):
            raise ValueError(f"opens: {said}")
        return self

    @model_validator(mode="after")
    def _aligned_once(self) -> Self:
        _no_twins("alignment", (each.url for each in self.alignment))
        return self

    @model_validator(mode="after")
    def _renewals_can_be_drawn(self) -> Self:
        renewal = self.certificate.renewal if self.certificate else None
        if self.certificate and self.quiz is None:
            raise ValueError("certificate: needs a quiz that it certifies")
        if renewal and self.quiz and (there := len(self.quiz.tagged(renewal.tags))) < renewal.questions:
            raise ValueError(f"certificate.renewal: draws {renewal.questions} questions of {there}")
        return self

    @model_validator(mode="after")
    def _lessons_differ(self) -> Self:
        _no_twins("lessons", (lesson.key for lesson in self.lessons))
        numbers = [lesson.number for lesson in self.lessons]
        if numbers != sorted(set(numbers)):
            raise ValueError("lessons need different numbers, in order")
        return self

    @model_validator(mode="after")
    def _modules_in_order(self) -> Self:
        keys_, firsts = [lesson.key for lesson in self.lessons], [module.first for module in self.modules]
        if firsts and (firsts[0] != keys_[0] or [key for key in keys_ if key in firsts] != firsts):
            raise ValueError("modules begin at the first lesson, and go on at lessons in their order")
        return self

    @model_validator(mode="after")
    def _files_are_there(self) -> Self:
        for lesson in self.lessons:
            for name in lesson.files():
                if name not in self.files:
                    raise ValueError(f"the lesson {lesson.key!r} needs files/{name}, which is not there")
        for question in self.quiz.all_questions if self.quiz else ():
            for name in question.files() - self.files.keys():
                raise ValueError(f"the question {question.key!r} needs files/{name}, which is not there")
        return self

    def lesson(self, key: str) -> Lesson | None:
        """The lesson with this key."""
        return next((lesson for lesson in self.lessons if lesson.key == key), None)


def _no_twins(what: str, keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"two {what} have the key {key!r}")
        seen.add(key)
