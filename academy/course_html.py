"""The texts of a course as HTML, made once, when it is published."""

from __future__ import annotations

from collections.abc import Mapping

from academy import course_media
from academy.markdown import block_html, inline_html, lesson_html
from academy.schemas import Course
from academy.texts import LANGUAGES


def render_course(key: str, course: Course) -> dict[str, str]:
    """Every text of the course that is Markdown, as HTML by its path and language.

    Paths: `lessons.<key>.<language>`, `lessons.<key>.<path in its work>.<language>`,
    `questions.<key>.<path in the question>.<language>`, `sections.<place from 0>.<language>`,
    `bands.<place from 0>.<language>`.
    """
    files = {f"files/{name}": course_media.address(key, name, f.digest) for name, f in course.files.items()}
    pages = _lessons(course, files)
    quiz = course.quiz
    for question in quiz.all_questions if quiz else ():
        for path, text in question.texts().items():
            is_block = path.partition(".")[0] in ("text", "feedback")
            for language in LANGUAGES:
                words = text.in_language(language)
                html = block_html(words, files) if is_block else inline_html(words)
                pages[f"questions.{question.key}.{path}.{language}"] = html
    for part, items, to_html in (
        ("sections", [each.title for each in quiz.sections] if quiz else [], inline_html),
        ("bands", [each.text for each in quiz.bands] if quiz else [], block_html),
    ):
        for place, text in enumerate(items):
            for language in LANGUAGES:
                pages[f"{part}.{place}.{language}"] = to_html(text.in_language(language))
    return pages


def _lessons(course: Course, files: Mapping[str, str]) -> dict[str, str]:
    pages = {}
    for lesson in course.lessons:
        for language in LANGUAGES:
            pages[f"lessons.{lesson.key}.{language}"] = lesson_html(lesson.body.in_language(language), files)
            for path, text in lesson.work.texts().items():
                pages[f"lessons.{lesson.key}.{path}.{language}"] = inline_html(text.in_language(language))
    return pages
