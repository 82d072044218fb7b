"""The academy's doors: the API, and the hosted pages."""

from academy.endpoints import (
    api,
    certificate_pages,
    course_pages,
    extension_pages,
    file_api,
    file_pages,
    lesson_api,
    lesson_pages,
    marking_pages,
    practice_api,
    practice_pages,
    quiz_api,
    quiz_pages,
    regrade_pages,
    staff_pages,
    survey_pages,
)

BLUEPRINTS = (
    api.api,
    quiz_api.api,
    lesson_api.api,
    practice_api.api,
    file_api.api,
    course_pages.bp,
    quiz_pages.bp,
    practice_pages.bp,
    certificate_pages.bp,
    marking_pages.bp,
    file_pages.bp,
    staff_pages.bp,
    lesson_pages.bp,
    survey_pages.bp,
    regrade_pages.bp,
    extension_pages.bp,
)
