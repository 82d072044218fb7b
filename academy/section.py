"""The academy's part of the product folder: `academy/<course>/`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from flask import g

from academy import course_media, courses, drafts, prerequisites, publishing
from academy.course_folder import read_courses, read_folder, write_courses
from academy.models import CourseVersion
from academy.prerequisites import PrerequisiteCircle
from academy.schemas import Course
from plg.kit import versions
from plg.kit.errors import Fault, FolderFaults
from plg.kit.wing import Section

FOLDER = "academy"
BROUGHT = "academy.brought"


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Every course of a product folder as it would be published; FolderFaults names all faults."""
    found = read_courses(folder / FOLDER)
    reserved = sorted(courses.RESERVED & found.keys())
    if reserved:
        raise FolderFaults(errors=[Fault(f"{FOLDER}/{key}", "is a reserved name") for key in reserved])
    return {key: courses.definition_of(found[key]) for key in _in_order(found)}


def _in_order(found: dict[str, Course]) -> list[str]:
    """Those first that others require: published one after the other, none asks for what is not there."""
    try:
        return prerequisites.in_order({key: course.requires for key, course in found.items()})
    except PrerequisiteCircle as refusal:
        raise FolderFaults(errors=[Fault(f"{FOLDER}/{f.field}", f.message) for f in refusal.errors]) from None


def bring(folder: Path, keys: Collection[str]) -> None:
    """Keep the files that these courses show, and remember their texts until they are published."""
    for key in keys:
        course_media.keep_all(folder / FOLDER / key)
        g.setdefault(BROUGHT, {})[key] = read_folder(folder / FOLDER / key)


def live() -> dict[str, dict[str, Any]]:
    """What is published, by key."""
    return {key: row.definition for key, row in versions.all_live(CourseVersion).items()}


def publish(key: str, definition: dict[str, Any], by: str) -> None:
    """Make this the live version, with the texts of the folder where they alone say it."""
    source = g.get(BROUGHT, {}).get(key)
    says_it = source is not None and _definition(source) == definition
    row = courses.publish(key, definition, by=by, source=source if says_it else None)
    drafts.note(key, "published", [str(row.version)], by=by)


def _definition(files: dict[str, str]) -> dict[str, Any] | None:
    """What a course's own files say; None where they draw from banks that several courses share."""
    checked = drafts.check(files)
    return courses.definition_of(checked.course) if checked.course else None


def retire(key: str, by: str) -> None:
    """Take the course out of the catalogue."""
    publishing.retire(key, by=by)


def write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """The inverse of `read`."""
    found = {key: Course.model_validate(definition) for key, definition in definitions.items()}
    write_courses(folder / FOLDER, found, publishing.live_sources())


SECTION = Section("academy", read, live, publish, retire, write, bring)
