"""What staff see of a survey, in a real browser: accessible, and within the screen."""

from __future__ import annotations

import pytest

from academy import courses, enrolments, surveys
from tests.academy.conftest import KEY, School
from tests.academy.lesson_samples import SAID, lesson
from tests.academy.samples import course
from tests.support.browser import DESKTOP, PHONE
from tests.support.visitors import visitor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_results_of_a_survey_are_accessible_and_fit_the_screen(live_app, open_page, assert_accessible):
    school = School(live_app.app)
    with school.turn():
        courses.publish(KEY, course(lessons=[lesson(1, "survey")]), by="tests")
    person = school.person()
    with school.turn():
        enrolments.enrol(person, KEY)
        surveys.answer(person, KEY, "survey", SAID)
    cookie = visitor(live_app.app, "staff", None).client.get_cookie("plg_session")
    for locale, size in (("es", PHONE), ("en", DESKTOP)):
        page = open_page(locale, size)
        page.context.add_cookies([{"name": "plg_session", "value": cookie.value, "url": live_app.url}])
        page.goto(f"{live_app.url}/staff/surveys?lang={locale}")
        assert_accessible(page)
        page.get_by_role("link", name="survey").last.click()
        assert_accessible(page)
        assert "Gracias" in page.locator("main").inner_text()
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0
