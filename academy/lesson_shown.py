"""What pages and API show of a lesson's work and of how far somebody is in it."""

from __future__ import annotations

from typing import Any

from academy import course_media
from academy.courses import PublishedCourse
from academy.lesson_kinds import Facts, Practice, Video
from academy.schemas import Lesson


def work(published: PublishedCourse, lesson: Lesson, facts: Facts, language: str) -> dict[str, Any]:
    """What is to be done beside reading; each file with its name, size and address."""
    told = lesson.work.shown(facts, published.say_work(lesson.key, language))
    shown: dict[str, Any] = _with_files({"kind": lesson.work.kind} | told, published)
    return shown


def facts(lesson: Lesson, known: Facts, *, completed: bool) -> dict[str, Any]:
    """How far somebody is in a lesson."""
    told: dict[str, Any] = {
        "completed": completed,
        "opened_at": known.opened_at,
        "seconds": known.present_ms / 1_000,
        "scrolled": known.scrolled,
    }
    if isinstance(lesson.work, Video):
        percent = min(100, known.watched_ms // (10 * lesson.work.seconds))
        told |= {"watched_seconds": known.watched_ms / 1_000, "watched_percent": percent}
        told["position_seconds"] = known.position_ms / 1_000
    if isinstance(lesson.work, Practice):
        told["events"] = dict(known.counts)
    return told


def _with_files(value: Any, published: PublishedCourse) -> Any:
    if isinstance(value, list):
        return [_with_files(inner, published) for inner in value]
    if not isinstance(value, dict):
        return value
    shown = {key: _with_files(inner, published) for key, inner in value.items()}
    if isinstance(value.get("file"), str):
        about = published.course.files[value["file"]]
        shown["size"] = about.size
        shown["media_type"] = course_media.media_type(value["file"])
        shown["address"] = course_media.address(published.key, value["file"], about.digest)
    return shown
