"""What a package holds, in the terms of a course, and the files of a draft that say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from academy import course_media
from academy.course_folder import COURSE, QUIZ
from academy.interchange.escaping import escaped, printed
from academy.packages.cc_questions import Assessment
from academy.packages.report import Report
from academy.schemas import CourseFile
from academy.texts import LANGUAGES
from plg.kit.strict_yaml import write_yaml
from plg.web.i18n import N_

MAX_LESSONS: Final = 99
MAX_MODULES: Final = 30
MAX_BODY: Final = 190_000
PASS_MARK: Final = 80


@dataclass
class Lesson:
    """body: its Markdown below the title. work: what its YAML file says, for other kinds than texts."""

    key: str
    title: str
    body: str = ""
    work: dict[str, Any] | None = None
    module: str = ""


@dataclass
class Content:
    """media: the files of the course by name, each with its name in the package. package: the name under which the
    package itself is kept, "" where it is not. pictures: files of the course that stand inside of others."""

    title: str
    summary: str
    report: Report
    lessons: list[Lesson] = field(default_factory=list)
    media: dict[str, str] = field(default_factory=dict)
    banks: dict[str, Assessment] = field(default_factory=dict)
    package: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)


def files(content: Content, kept: Mapping[str, CourseFile]) -> dict[str, str]:
    """The files of the draft. kept: of its media, as they are kept."""
    content.report.note(
        N_("Every text stands in both languages as the package has it: translate one of them.")
    )
    found = {COURSE: write_yaml(_course(content))}
    for number, lesson in enumerate(content.lessons, 1):
        name = f"{number:02d}-{lesson.key}"
        for language in LANGUAGES:
            found[f"{name}.{language}.md"] = f"# {title_line(lesson.title)}\n\n{lesson.body}".rstrip() + "\n"
        if lesson.work:
            found[f"{name}.yaml"] = write_yaml(lesson.work)
    for key, bank in content.banks.items():
        found[f"banks/{key}.yaml"] = write_yaml({"questions": bank.questions})
    if content.banks:
        found[QUIZ] = write_yaml(_quiz(content))
    if kept:
        found[course_media.LIST] = write_yaml({name: about.model_dump() for name, about in kept.items()})
    return found


def in_both(text: str) -> dict[str, str]:
    """The text of a package stands in both languages until somebody translates it."""
    return dict.fromkeys(LANGUAGES, " ".join(printed(text).split())[:4_000])


def title_line(title: str) -> str:
    """A title as the words of a heading."""
    return escaped(" ".join(printed(title).split())[:300]).strip() or "…"


def _course(content: Content) -> dict[str, Any]:
    title = in_both(content.title)
    return {
        "title": title,
        "summary": in_both(content.summary) if content.summary.strip() else title,
        **({"modules": found} if (found := _modules(content)) else {}),
    }


def _modules(content: Content) -> list[dict[str, Any]]:
    """One where the name around a lesson changes; the first one begins at the first lesson."""
    found: list[dict[str, Any]] = []
    last = ""
    if not any(lesson.module for lesson in content.lessons):
        return found
    for lesson in content.lessons:
        if not found or lesson.module != last:
            found.append({"title": in_both(lesson.module or content.title), "first": lesson.key})
        last = lesson.module
    for each in found[MAX_MODULES:]:
        content.report.lose(
            "module", each["title"]["en"], N_("a course has at most {most} modules"), most=MAX_MODULES
        )
    return found[:MAX_MODULES]


def _quiz(content: Content) -> dict[str, Any]:
    """One paper with a section for each assessment."""
    banks, report = content.banks, content.report
    quiz: dict[str, Any] = {"title": in_both(content.title), "pass_mark": PASS_MARK}
    report.note(N_("The pass mark of the quiz is {mark} %, because packages say none."), mark=PASS_MARK)
    if len(banks) == 1:
        (only,) = banks.values()
        quiz |= {"max_attempts": only.attempts} if only.attempts else {}
        quiz |= {"time_limit_minutes": min(only.minutes, 1_440)} if only.minutes else {}
    else:
        for each in banks.values():
            if each.attempts or each.minutes:
                report.lose("limits", each.title, N_("the course has one quiz, with limits of its own"))
    quiz["sections"] = [
        {"title": in_both(bank.title or key), "draw": [{"from": key}]} for key, bank in banks.items()
    ]
    return quiz
