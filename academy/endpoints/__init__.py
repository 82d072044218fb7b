"""The academy's doors: the API, and the hosted pages."""

from academy.endpoints import (
    api,
    certificate_pages,
    course_pages,
    file_pages,
    invitation_pages,
    journey_api,
    learners_api,
    learners_pages,
    marking_pages,
    path_pages,
    quiz_api,
    quiz_pages,
    staff_pages,
)

BLUEPRINTS = (
    api.api,
    quiz_api.api,
    course_pages.bp,
    quiz_pages.bp,
    certificate_pages.bp,
    marking_pages.bp,
    file_pages.bp,
    staff_pages.bp,
    journey_api.api,
    learners_api.api,
    path_pages.bp,
    invitation_pages.bp,
    learners_pages.bp,
)
