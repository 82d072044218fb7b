"""The modules and lessons of a draft, and what adding, renaming, moving and removing one does to its files.

Lessons stand in files such as `02-first-invoice.es.md`; whatever else is named like one goes with it. Modules
stand in `course.yaml`, each with the lesson that it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from academy.course_folder import COURSE, KEY
from academy.draft_settings import readable
from academy.texts import LANGUAGES
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.kit.yaml_edits import rewritten

Files = dict[str, str]
MAX_LESSONS: Final = 99
NEW: Final = -1
_OF_LESSON: Final = re.compile(r"(?P<number>\d\d)-(?P<key>[a-z0-9]+(?:-[a-z0-9]+)*)(?P<rest>\..+)")
_TITLE: Final = re.compile(r"\A\s*#[ \t]+(?P<title>[^\n]*?)[ \t#]*(?:\n|\Z)")


class LessonNotFound(NotFound):
    pass


class LessonKeyInvalid(Unprocessable):
    pass


class TooManyLessons(Conflict):
    pass


class ModuleNotFound(NotFound):
    pass


class ModuleEmpty(Conflict):
    """A module would be left without a lesson."""


class OutlineUnreadable(Unprocessable):
    """Modules stand in the settings, which cannot be read as they are."""


@dataclass(frozen=True)
class Line:
    """One lesson. titles: by language, "" where it has none. names: its files."""

    number: int
    key: str
    titles: dict[str, str]
    names: tuple[str, ...]

    def body_name(self, language: str) -> str:
        """The file with its text in a language, whether it is there or not."""
        return f"{self.number:02d}-{self.key}.{language}.md"


@dataclass(frozen=True)
class Module:
    """Lessons under a title, from the `first` on. number: its place in the settings, from 0, or NEW."""

    number: int
    titles: dict[str, str]
    first: str


def lines(files: Files) -> list[Line]:
    """Every lesson, in order."""
    named: dict[tuple[int, str], list[str]] = {}
    for name in sorted(files):
        if match := _OF_LESSON.fullmatch(name):
            named.setdefault((int(match["number"]), match["key"]), []).append(name)
    return [
        Line(
            number,
            key,
            {language: _title(files, number, key, language) for language in LANGUAGES},
            tuple(names),
        )
        for (number, key), names in sorted(named.items())
    ]


def line(files: Files, key: str) -> Line:
    """The lesson with this key."""
    found = next((each for each in lines(files) if each.key == key), None)
    if found is None:
        raise LessonNotFound(f"There is no lesson {key!r}.")
    return found


def modules(files: Files) -> list[Module]:
    """The modules that the settings name, in their order; none where they have not the form of such."""
    listed = (readable(files, COURSE) or {}).get("modules")
    found = []
    for number, told in enumerate(listed if isinstance(listed, list) else []):
        title = told.get("title") if isinstance(told, dict) else None
        if not isinstance(title, dict) or not isinstance(told.get("first"), str):
            return []
        found.append(Module(number, {lang: str(title.get(lang) or "") for lang in LANGUAGES}, told["first"]))
    return found


def module(files: Files, number: int) -> Module:
    """The module of this number, from 0."""
    found = next((each for each in modules(files) if each.number == number), None)
    if found is None:
        raise ModuleNotFound("There is no such module.")
    return found


def entries(files: Files) -> list[Line | Module]:
    """Lessons, each module before its first one."""
    begin = {each.first: each for each in modules(files)}
    return [
        each
        for lesson in lines(files)
        for each in ((begin[lesson.key], lesson) if lesson.key in begin else (lesson,))
    ]


def unnumbered(name: str) -> str:
    """What a lesson's file is called without its number; any other name as it is."""
    return name[3:] if _OF_LESSON.fullmatch(name) else name


def _title(files: Files, number: int, key: str, language: str) -> str:
    return title_of(files.get(f"{number:02d}-{key}.{language}.md", ""))


def title_of(body: str) -> str:
    """The heading that a lesson's text begins with; "" where it has none."""
    match = _TITLE.match(body)
    return match["title"].strip() if match else ""


def with_title(body: str, title: str) -> str:
    """The text under another heading."""
    heading = f"# {' '.join(title.split())}\n"
    if _TITLE.match(body):
        return _TITLE.sub(lambda _: heading, body, count=1)
    return f"{heading}\n{body}" if body else heading


def add(files: Files, key: str, titles: dict[str, str]) -> Files:
    """The files with one lesson more, as the last one."""
    there = lines(files)
    _check_key(key, there)
    if len(there) >= MAX_LESSONS:
        raise TooManyLessons(f"A course has at most {MAX_LESSONS} lessons.")
    new = {
        f"{len(there) + 1:02d}-{key}.{language}.md": with_title("", titles.get(language) or key)
        for language in LANGUAGES
    }
    return arranged(files, entries(files)) | new


def rename(files: Files, key: str, new_key: str) -> Files:
    """The files with a lesson under another key."""
    there, old = lines(files), line(files, key)
    if new_key == key:
        return files
    _check_key(new_key, there)
    renamed = _renamed(files, {name: name.replace(f"-{key}.", f"-{new_key}.", 1) for name in old.names})
    firsts = [new_key if module.first == key else module.first for module in modules(files)]
    return _with_firsts(renamed, firsts)


def move(files: Files, key: str, by: int) -> Files:
    """The files with a lesson a place later, or earlier where `by` is negative, into the next module where one
    begins there; the same files where there is no place to go to."""
    found = entries(files)
    place = found.index(line(files, key))
    for _step in range(abs(by)):
        other = place + (1 if by > 0 else -1)
        if not 0 <= other < len(found) or (other == 0 and isinstance(found[0], Module)):
            break
        found[place], found[other] = found[other], found[place]
        place = other
    return arranged(files, found)


def remove(files: Files, key: str) -> Files:
    """The files without a lesson."""
    gone = line(files, key)
    left = {name: text for name, text in files.items() if name not in gone.names}
    return arranged(left, [each for each in entries(files) if each != gone])


def arranged(files: Files, found: list[Line | Module]) -> Files:
    """The files with lessons numbered from 1 in this order, and modules that begin where they stand."""
    there = [each for each in found if isinstance(each, Line)]
    names = {name: f"{number:02d}{name[2:]}" for number, each in enumerate(there, 1) for name in each.names}
    renamed = _renamed(files, names)
    if not any(isinstance(each, Module) for each in found) and not modules(files):
        return renamed
    held = readable(renamed, COURSE)
    if held is None:
        raise OutlineUnreadable(f"{COURSE} cannot be read, so it is mended as text first.")
    written = [_written(each, after, held) for each, after in zip(found, [*found[1:], None], strict=True)]
    new = held | {"modules": [each for each in written if each is not None]}
    if not new["modules"]:
        del new["modules"]
    return renamed | {COURSE: rewritten(renamed[COURSE], new)}


def _written(
    module: Line | Module, after: Line | Module | None, held: dict[str, Any]
) -> dict[str, Any] | None:
    """A module as the file says it, with whatever else it says of it; None for a lesson."""
    if isinstance(module, Line):
        return None
    if not isinstance(after, Line):
        raise ModuleEmpty("A module has at least one lesson.")
    was = {} if module.number == NEW else held["modules"][module.number]
    return was | {"title": module.titles, "first": after.key}


def _with_firsts(files: Files, firsts: list[str]) -> Files:
    held = readable(files, COURSE)
    if not firsts or held is None:
        return files
    new = held | {
        "modules": [was | {"first": first} for was, first in zip(held["modules"], firsts, strict=True)]
    }
    return files | {COURSE: rewritten(files[COURSE], new)}


def _renamed(files: Files, names: dict[str, str]) -> Files:
    return {names.get(name, name): text for name, text in files.items()}


def _check_key(key: str, there: Iterable[Line]) -> None:
    if len(key) > 64 or not KEY.fullmatch(key):
        raise LessonKeyInvalid(errors=[Fault("key", "needs small letters, digits and single hyphens")])
    if any(each.key == key for each in there):
        raise LessonKeyInvalid(errors=[Fault("key", "another lesson has this key")])
