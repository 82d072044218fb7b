"""Awards: what they say, until when they hold, and how that changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import flask_migrate
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from academy import certificates, prerequisites
from academy.admission import Prerequisite
from academy.certificate_models import CertificateStanding
from academy.certificate_policy import CertificatePolicy, earlier, end_of, last_day, later
from academy.certificates.standings import (
    CertificateNotSuspended,
    CertificateRevoked,
    CertificateSuspended,
    ReasonFaulty,
)
from academy.course_folder import course_files, read_course
from academy.models import Certificate, Enrolment, Immutable
from academy.schemas import Course
from plg.accounts.models import Account
from plg.kit.db import db
from tests.academy.conftest import KEY
from tests.academy.samples import course, read
from tests.support.story import make_account

TWO_YEARS = {"valid_for": "2y", "renew_from": "60d", "grace": "30d", "reminders": [30, 7]}
NOON = dt.datetime(2023, 1, 31, 18, tzinfo=dt.UTC)


def certified(school, **policy):
    """Somebody who passed at noon; their person and the code of their certificate."""
    school.publish(certificate=TWO_YEARS | policy)
    person = school.ready()
    with time_machine.travel(NOON, tick=False):
        attempt = school.pass_quiz(person)
    with school.turn():
        return person, certificates.of_attempt(school.attempt(attempt)).code


def facts(school, code):
    with school.turn():
        return certificates.facts_of(certificates.find(code))


def act(school, verb, code, reason="Because"):
    with school.turn():
        verb(certificates.find(code), reason, by="staff:1")


def test_it_holds_until_the_end_of_the_same_day_in_the_holders_workspace(app, school):
    school.publish(certificate={"valid_for": "1 month"})
    person = school.ready()
    at_home = make_account(app, (person, "owner"))
    with school.turn():
        db.session.execute(update(Account).values(timezone="America/Mexico_City"))
        db.session.execute(update(Enrolment).values(account_id=at_home))
    with time_machine.travel(NOON, tick=False):
        attempt = school.pass_quiz(person)
    with school.turn():
        told = certificates.facts_of(certificates.of_attempt(school.attempt(attempt)))
    assert (told.issued_on, told.expires_on) == (dt.date(2023, 1, 31), dt.date(2023, 2, 28))
    assert told.expires_at == dt.datetime(2023, 3, 1, 6, tzinfo=dt.UTC)


def test_facts_tell_how_it_stands_now(school):
    person, code = certified(school)
    with time_machine.travel(NOON):
        told = facts(school, code)
        assert (told.status, told.kind, told.edition, told.reason) == ("valid", "first", 1, None)
        assert told.policy.grace == "30d" and told.chain == told.code
        act(school, certificates.suspend, code, "Somebody else sat it")
        told = facts(school, code)
        assert (told.status, told.reason) == ("suspended", "Somebody else sat it") and told.changed_at
        act(school, certificates.reinstate, code, "It was her twin")
        assert (facts(school, code).status, facts(school, code).reason) == ("valid", None)
    with time_machine.travel(NOON.replace(year=2025) + dt.timedelta(days=1)):
        assert facts(school, code).status == "expired"
        act(school, certificates.revoke, code, "It was not")
        assert (facts(school, code).status, facts(school, code).reason) == ("revoked", "It was not")
    names = [name for name in school.events(person) if name.startswith("Certificate ")]
    assert [name.split()[1] for name in names] == ["Issued", "Suspended", "Reinstated", "Revoked"]


def test_what_makes_no_sense_is_refused(school):
    _, code = certified(school)
    for verb, refusal in ((certificates.reinstate, CertificateNotSuspended),):
        with pytest.raises(refusal):
            act(school, verb, code)
    for reason in ("", "   ", "x" * 501):
        with pytest.raises(ReasonFaulty):
            act(school, certificates.suspend, code, reason)
    act(school, certificates.suspend, code)
    with pytest.raises(CertificateSuspended):
        act(school, certificates.suspend, code)
    act(school, certificates.revoke, code)
    for verb in (certificates.revoke, certificates.suspend, certificates.reinstate):
        with pytest.raises(CertificateRevoked):
            act(school, verb, code)


def test_of_many_who_suspend_it_at_once_one_does(school):
    _, code = certified(school)
    held = [lambda: certificates.suspend(certificates.find(code), "At once", by="staff:1").number] * 4
    assert sorted(map(str, school.at_once(held))) == ["1", *["certificate_suspended"] * 3]


def test_a_course_that_asks_for_a_certificate_asks_for_one_that_holds(school):
    person, code = certified(school)
    needs = Prerequisite(course=KEY, certified=True)
    wanting = read(course(requires=[needs.model_dump()]))

    def lacks():
        with school.turn():
            return bool(prerequisites.missing(person, wanting))

    with time_machine.travel(NOON):
        assert not lacks()
        act(school, certificates.suspend, code)
        assert lacks()
        act(school, certificates.reinstate, code)
        assert not lacks()
    with time_machine.travel(NOON.replace(year=2025) + dt.timedelta(days=1)):
        assert lacks()


def test_neither_an_award_nor_how_it_stood_is_ever_changed(school):
    _, code = certified(school)
    act(school, certificates.suspend, code)
    for model, name in ((Certificate, "person_name"), (CertificateStanding, "reason")):
        with pytest.raises(Immutable), school.turn():
            setattr(db.session.query(model).first(), name, "Somebody Else")
            db.session.flush()


def test_the_database_takes_no_second_award_for_an_attempt_and_no_second_successor(school):
    certified(school)

    def copy(code, replaces_id):
        with school.turn():
            row = db.session.query(Certificate).first()
            values = {column.name: getattr(row, column.name) for column in Certificate.__table__.columns}
            del values["id"]
            changes = {"code": code, "replaces_id": replaces_id and row.id}
            db.session.execute(Certificate.__table__.insert().values(values | changes))

    with pytest.raises(IntegrityError):
        copy("0" * 20, None)
    copy("1" * 20, True)
    with pytest.raises(IntegrityError):
        copy("2" * 20, True)


def test_the_api_tells_the_facts(school, client, secret_key):
    _, code = certified(school)
    auth = {"Authorization": f"Bearer {secret_key}"}
    told = client.get(f"/v1/academy/certificates/{code}", headers=auth).get_json()
    assert (told["kind"], told["edition"], told["expires_on"]) == ("first", 1, "2025-01-31")
    assert told["expires_at"] == "2025-02-01T00:00:00Z" and told["previous"] is told["next"] is None


def test_a_course_says_how_long_its_certificates_hold_and_reads_back_what_was_written():
    whole = read(course(certificate=TWO_YEARS | {"valid_for": "18 months", "renewal": {"questions": 2}}))
    assert whole.certificate.valid_for == "18m" and whole.certificate.renewal.questions == 2
    assert read_course(course_files(whole)) == whole


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"valid_for": "soon"}, "is no time such as"),
        ({"valid_for": "0d"}, "is no time such as"),
        ({"valid_for": "101y"}, "more than 100 years"),
        ({"valid_for": 2}, "is no time such as"),
        ({"reminders": [30]}, "needs `valid_for`"),
        ({"grace": "30d"}, "needs `valid_for`"),
        ({"valid_for": "1y", "reminders": [7, 7]}, "twice on the same day"),
        ({"renewal": {"tags": ["none"], "questions": 1}}, "draws 1 questions of 0"),
        ({"renewal": {"questions": 5}}, "draws 5 questions of 4"),
        ({"unknown": "gold"}, "Extra inputs"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_a_fault(policy, said):
    with pytest.raises(ValidationError, match=said):
        Course.model_validate(course(certificate=policy))


DAYS = st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2090, 1, 1))
TERMS = st.builds("{}{}".format, st.integers(1, 40), st.sampled_from("dmy"))
ZONES = st.sampled_from(["UTC", "America/Santiago", "Asia/Beirut", "Pacific/Kiritimati", "Pacific/Apia"])


@given(DAYS, TERMS)
def test_a_term_keeps_the_day_of_the_month_or_takes_the_last_one(day, term):
    there = later(day, term)
    assert earlier(there, term) <= day < there
    if term[-1] != "d":
        assert there.day == day.day or (there.day < day.day and (there + dt.timedelta(days=1)).day == 1)


@given(DAYS, ZONES)
def test_the_end_of_a_day_is_the_first_moment_of_the_next_one(day, name):
    zone = ZoneInfo(name)
    end = end_of(day, zone)
    if day == dt.date(2011, 12, 29) and name == "Pacific/Apia":
        return  # the next day was left out there
    assert end.astimezone(zone).date() == day + dt.timedelta(days=1)
    assert last_day(end, zone) == day


def test_a_policy_without_words_holds_for_ever():
    assert CertificatePolicy().valid_for is None


def test_certificates_of_before_come_through_the_migration_forward_and_back(app, school):
    _, code = certified(school)
    act(school, certificates.revoke, code, "The key was wrong")
    with app.app_context():
        flask_migrate.downgrade(revision="0022")
        rows = db.session.execute(text("SELECT reason, revoked_by FROM certificate_revocations")).all()
        assert rows == [("The key was wrong", "staff:1")]
        db.session.rollback()
        flask_migrate.upgrade()
        told = certificates.facts_of(certificates.find(code))
    assert (told.status, told.reason, told.chain, told.edition) == (
        "revoked",
        "The key was wrong",
        told.code,
        1,
    )
