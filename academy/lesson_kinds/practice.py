"""Something to do in the product itself, seen by the events that it leaves."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from academy.lesson_kinds.facts import Facts
from academy.lesson_kinds.kind import BaseLessonKind, Say
from academy.questions.product_task import Task, tasks_done
from academy.texts import Text
from plg.kit import rules
from plg.kit.rules import EventLeaf


class Practice(BaseLessonKind):
    """Done when every task is, by real events of the learner, or of anybody in their workspace (`by: account`).

    since: `enrolment` counts what happened since the course was begun, `ever` all that ever did; by the time of the
    events, not of their arrival. url: where in the product it is done.
    """

    kind: Literal["practice"]
    tasks: Annotated[tuple[Task, ...], Field(min_length=1, max_length=10)]
    since: Literal["enrolment", "ever"] = "ever"
    url: (
        Annotated[str, Field(max_length=500, pattern=r"^(https://[^\s\"<>\\]+|/[^\s\"<>\\/][^\s\"<>\\]*)$")]
        | None
    ) = None

    @cached_property
    def leaves(self) -> dict[str, EventLeaf]:
        """See BaseLessonKind; by the tasks' keys."""
        return {task.key: leaf for task in self.tasks for leaf in rules.event_leaves(rules.parse(task.when))}

    def faults(self) -> list[str]:
        """See BaseLessonKind."""
        return [] if len(self.leaves) == len(self.tasks) else ["two tasks have the same key"]

    def texts(self) -> dict[str, Text]:
        """See BaseLessonKind; `tasks.<key>`."""
        return {f"tasks.{task.key}": task.text for task in self.tasks}

    def done(self, facts: Facts) -> bool:
        """See BaseLessonKind."""
        return all(tasks_done(self.leaves, facts.counts).values())

    def shown(self, facts: Facts, say: Say) -> dict[str, Any]:
        """See BaseLessonKind; each task says how often it was seen, and whether that is enough."""
        done = tasks_done(self.leaves, facts.counts)
        tasks = [
            {
                "html": say(f"tasks.{task.key}"),
                "found": facts.counts.get(task.key, 0),
                "done": done[task.key],
            }
            for task in self.tasks
        ]
        return {"tasks": tasks, "url": self.url}
