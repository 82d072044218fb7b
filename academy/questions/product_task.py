"""Product task: something to do in the product itself, marked from the learner's own events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from academy.questions.kind import Answer, AnswerError, BaseQuestion, Say
from academy.texts import Key, Shape, Text
from plg.kit import rules
from plg.kit.rules import EventLeaf, RuleFaulty

_NO_TIME: Final = dt.datetime(
    2000, 1, 1, tzinfo=dt.UTC
)  # a count is compared with numbers, never with a time


def _event_leaf(definition: dict[str, Any]) -> dict[str, Any]:
    try:
        rule = rules.parse(definition)
    except RuleFaulty as refusal:
        faults = "; ".join(f"{each.field}: {each.message}" for each in refusal.errors)
        raise ValueError(faults) from refusal
    if not isinstance(rule, EventLeaf):
        raise ValueError("is not a rule about an event")
    return rules.dump(rule)


class Task(Shape):
    """One thing to do; done when the rule about an event holds: `{event: "Invoice Sent", count: {gte: 3}, by: …}`."""

    key: Key
    text: Text
    when: Annotated[dict[str, Any], AfterValidator(_event_leaf)]


class _Found:
    """The count of one event, as rules ask for it."""

    def __init__(self, count: int) -> None:
        self._count = count

    def field(self, name: str) -> Any:
        raise AssertionError("a task asks of events alone")

    def count(self, leaf: EventLeaf) -> int:
        return self._count


def tasks_done(leaves: Mapping[str, EventLeaf], counts: Mapping[str, int]) -> dict[str, bool]:
    """Which tasks are done when their events happened so often; both by the tasks' keys."""
    return {key: rules.holds(leaf, _Found(counts.get(key, 0)), _NO_TIME) for key, leaf in leaves.items()}


class ProductTask(BaseQuestion):
    """Nothing to fill in: when the attempt ends, the server counts. The answer maps each task to its count.

    since: `attempt` counts what happened since the attempt began, `ever` all that ever did. The share is that of the
    tasks that are done.
    """

    kind: Literal["product_task"]
    tasks: Annotated[tuple[Task, ...], Field(min_length=1, max_length=10)]
    since: Literal["attempt", "ever"] = "attempt"

    @cached_property
    def leaves(self) -> dict[str, EventLeaf]:
        """What each task counts."""
        return {task.key: leaf for task in self.tasks for leaf in rules.event_leaves(rules.parse(task.when))}

    def texts(self) -> dict[str, Text]:
        """See BaseQuestion; `tasks.<key>`."""
        return {**super().texts(), **{f"tasks.{task.key}": task.text for task in self.tasks}}

    def arrange(self, seed: str) -> tuple[str, ...]:
        """See BaseQuestion: tasks stand as the author wrote them."""
        return ()

    def shown(self, order: tuple[str, ...], say: Say) -> dict[str, Any]:
        """See BaseQuestion."""
        tasks = [{"html": say(f"tasks.{task.key}")} for task in self.tasks]
        return {"kind": self.kind, "html": say("text"), "tasks": tasks}

    def reviewed(self, order: tuple[str, ...], answer: Answer, say: Say, *, with_key: bool) -> dict[str, Any]:
        """See BaseQuestion; each task says how often it was seen, and whether that is enough."""
        page = self.shown(order, say)
        done = self.done(answer)
        for task, told in zip(self.tasks, page["tasks"], strict=True):
            told["found"], told["done"] = (answer or {}).get(task.key, 0), done[task.key]
        page["feedback_html"] = say("feedback") if self.feedback else None
        return page

    def read_form(self, values: list[str]) -> object:
        """See BaseQuestion."""
        return values or None

    def read(self, raw: object, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion: nobody can say what they did; the server looks."""
        if raw is not None:
            raise AnswerError("is answered by doing it in the product")

    def chosen(self, answer: Answer, order: tuple[str, ...]) -> object:
        """See BaseQuestion."""
        return None

    def grade(self, answer: Answer) -> Fraction:
        """See BaseQuestion."""
        if answer is None:
            return Fraction(0)
        return Fraction(sum(self.done(answer).values()), len(self.tasks))

    def done(self, answer: Answer) -> dict[str, bool]:
        """Which tasks are done with these counts."""
        done = tasks_done(self.leaves, answer or {})
        return {key: answer is not None and held for key, held in done.items()}

    def best(self, order: tuple[str, ...]) -> Answer:
        """See BaseQuestion: it is not for an answer to say."""

    def guess(self) -> None:
        """See BaseQuestion: there is nothing to guess."""

    def summary(self, answer: Answer, language: str) -> str:
        """See BaseQuestion."""
        found: Mapping[str, int] = answer or {}
        said = (
            f"{task.text.in_language(language)}: {found[task.key]}"
            for task in self.tasks
            if task.key in found
        )
        return "; ".join(said)
