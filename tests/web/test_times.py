"""Days and times on pages are those of the reader's workspace; where there is none they say UTC."""

import datetime as dt
import re

import pytest
from sqlalchemy import select, update

from plg.access import credentials
from plg.accounts.models import Account, Invitation
from plg.kit.clock import is_zone, now, zone
from plg.kit.db import db
from plg.people.models import Person
from plg.trials.models import Trial
from tests.support.browser import PHONE
from tests.support.story import at
from tests.web.visits import PASSWORD, SIGN_UP, mails, sign_up, signed_up, visitor

FAR = "Pacific/Kiritimati"  # UTC+14


def account(app):
    with app.app_context():
        return db.session.scalars(select(Account)).one()


def set_all(app, model, **values):
    with app.app_context():
        db.session.execute(update(model).values(**values))
        db.session.commit()


def where_it_is_noon():
    """A zone in which it is about noon at this moment, so that five hours from now is today."""
    east = 12 - now().hour
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("America/Bogota", "America/Bogota"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("America", "UTC"),
        ("x" * 5000, "UTC"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_browsers_zone_becomes_the_workspaces_unless_it_is_none(house, told, kept):
    sign_up(house, timezone=told)

    assert account(house).timezone == kept


def test_the_form_works_in_a_browser_that_tells_no_zone(house):
    form = visitor(house).read("/signup").text
    assert '<input type="hidden" name="timezone" data-timezone>' in form

    sign_up(house)

    assert account(house).timezone == "UTC"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_real_browser_tells_its_zone_with_the_form(live_app, open_page):
    page = open_page("es", PHONE, timezone_id=FAR)
    page.goto(f"{live_app.url}/signup")
    for name, value in SIGN_UP.items():
        page.fill(f"[name={name}]", value if name != "email" else f"{'a' * 60}@acme.example")
    page.locator("main form button.primary").click()
    page.wait_for_url("**/signup/sent")

    assert account(live_app.app).timezone == FAR
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) == 0, "a long address makes the page wider than the phone"


@pytest.mark.parametrize(
    ("language", "zone_name", "written"),
    [
        ("en", "Pacific/Kiritimati", "June 2, 2027"),
        ("es", "Pacific/Kiritimati", "2 de junio de 2027"),
        ("en", "Pacific/Honolulu", "June 1, 2027"),
        ("es", "Pacific/Honolulu", "1 de junio de 2027"),
    ],
)
def test_a_trials_last_day_is_the_one_of_the_workspaces_calendar(house, language, zone_name, written):
    ana = signed_up(house, timezone=zone_name)
    ana.language = language
    set_all(house, Person, locale=language)
    set_all(house, Trial, ends_at=at("2027-06-01 12:00"))

    page = ana.read("/workspace").text

    assert f'<time datetime="2027-06-01T12:00:00+00:00">{written}</time>' in page


def test_the_days_left_are_those_until_the_day_that_is_named(house):
    ana = signed_up(house, timezone=FAR)
    noon_there = dt.datetime.combine(_today(FAR) + dt.timedelta(days=6), dt.time(12), zone(FAR))
    set_all(house, Trial, ends_at=noon_there)

    page = ana.read("/workspace").text

    assert "Your trial runs for 6 more days" in page
    assert re.search(r'aria-label="6 days left"', page)


def test_the_last_two_days_are_named_tomorrow_and_today(house):
    ana = signed_up(house, timezone=where_it_is_noon())

    set_all(house, Trial, ends_at=now() + dt.timedelta(hours=20))
    assert "Your trial ends tomorrow" in ana.read("/workspace").text

    ends_at = now() + dt.timedelta(hours=5)
    set_all(house, Trial, ends_at=ends_at)
    today = ana.read("/workspace").text
    assert "Your trial ends today at" in today
    assert f"{ends_at.astimezone(zone(account(house).timezone)):%H:%M}" in ana.read("/workspace?lang=es").text


def test_invitations_are_valid_until_a_day_of_the_workspaces_calendar(house):
    ana = signed_up(house, timezone=FAR)
    ana.submit("/workspace/members", email="juan@acme.example", role="member")
    set_all(house, Invitation, expires_at=at("2027-06-01 12:00"))

    assert ">Jun 2, 2027</time>" in ana.read("/workspace/members").text


def test_staff_who_stand_in_no_workspace_read_utc_and_are_told_so(house):
    signed_up(house, timezone=FAR)
    set_all(house, Person, created_at=at("2027-06-01 12:00"))
    with house.app_context():
        credentials.add_staff("marta@example.com", "Marta Ruiz", PASSWORD)
        db.session.commit()
    marta = visitor(house)
    marta.submit("/staff/login", email="marta@example.com", password=PASSWORD)

    page = marta.read("/staff/people").text.replace("\u202f", " ")

    assert '<time datetime="2027-06-01T12:00:00+00:00">Jun 1, 2027, 12:00 PM UTC</time>' in page
    assert "1 jun 2027, 12:00 UTC" in marta.read("/staff/people?lang=es").text


def test_mails_name_spans_of_time_which_are_the_same_everywhere(house):
    sign_up(house, timezone=FAR)
    ana = signed_up(house, timezone=FAR, email="bea@acme.example")
    ana.submit("/workspace/members", email="juan@acme.example", role="member")

    told = [mail.text for to in (SIGN_UP["email"], "juan@acme.example") for mail in mails(house, to)]

    assert len(told) == 2
    assert not any(re.search(r"\d{1,2}:\d{2}|\b20\d\d\b", _without_links(text)) for text in told)


def _without_links(text):
    return re.sub(r"https?://\S+", "", text)


def _today(name):
    return now().astimezone(zone(name)).date()


@pytest.mark.parametrize("name", ["UTC", "Europe/Madrid", "America/Argentina/Ushuaia"])
def test_zones_are_known_by_their_iana_names(name):
    assert is_zone(name)
    assert str(zone(name)) == name


@pytest.mark.parametrize("name", ["", "europe/madrid", "America", "/etc/passwd", "\0"])
def test_anything_else_is_no_zone_and_read_as_utc(name):
    assert not is_zone(name)
    assert zone(name) is dt.UTC
