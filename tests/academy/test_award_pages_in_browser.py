"""Staff pages of certificates in a real browser: on a phone and on a desktop, for assistive technology."""

from __future__ import annotations

import pytest
import time_machine

from academy import certificates
from plg.access import credentials
from plg.kit.clock import now
from tests.academy.conftest import KEY, School
from tests.academy.samples import quiz
from tests.academy.test_authoring_in_browser import browse  # noqa: F401 - a fixture
from tests.academy.test_award_renewals import QUESTIONS, SHORT
from tests.academy.test_certificates_in_browser import look_at
from tests.support.browser import DESKTOP, PHONE
from tests.support.story import make_account

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def held(live_app):
    """Person, staff and code: renewed once, then suspended; and somebody else's older one."""
    school = School(live_app.app)
    rewards = [{"feature": "export"}, {"trial_days": 7}, {"percent_off": 20, "months": 3}]
    school.publish(certificate={"valid_for": "20d", "renew_from": "30d", "rewards": rewards})
    person = school.ready("Íñigo Fernández-Echeverría y Álvarez de Toledo")
    make_account(live_app.app, (person, "owner"))
    for moment in (now().replace(year=now().year - 1), now()):
        with time_machine.travel(moment):
            school.pass_quiz(person)
    school.pass_quiz(school.ready("Eva Sanz"))
    with school.turn():
        code = certificates.grouped(certificates.of_person(person)[0].code)
        member = credentials.add_staff("eva@firm.example", "Eva Sanz", "a long enough pass phrase").id
        certificates.suspend(certificates.find(code), "Somebody else sat the exam", by=f"staff:{member}")
    school.publish(quiz=quiz(questions=QUESTIONS), certificate={"valid_for": "2y"} | SHORT)
    return person, member, code


@pytest.mark.parametrize(("locale", "viewport"), [("es", PHONE), ("en", DESKTOP)])
def test_the_pages_are_sound(live_app, held, browse, assert_accessible, locale, viewport):  # noqa: F811
    person, member, code = held
    page = browse(locale, viewport, staff_id=member)
    shown = {
        "list": "/staff/certificates",
        "one": f"/staff/certificates/{code}",
        "catch-up": f"/staff/academy/learners/{KEY}/catch-up",
        "settings": f"/staff/courses/{KEY}/draft/settings",
    }
    for name, path in shown.items():
        page.goto(live_app.url + path)
        if name == "catch-up":
            page.locator("[name=within]").fill("10d")
            page.locator("button[value=try]").click()
        assert_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport[0]
        look_at(page, f"award-{name}")
    page = browse(locale, viewport, person_id=person)
    for name, path in {"course": f"/academy/{KEY}", "rules": f"/academy/{KEY}/quiz"}.items():
        page.goto(live_app.url + path)
        assert_accessible(page)
        look_at(page, f"award-{name}")
