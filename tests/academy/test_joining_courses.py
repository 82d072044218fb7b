"""How people come into courses: by a rule, by invitation, on a learning path; each once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from academy import enrolments, invitations, lessons, paths
from academy.endpoints.letters import send_invitations
from academy.invitations import AddressesFaulty, InvitationUsed
from academy.journey_models import CourseInvitation, PathEnrolment
from academy.models import Enrolment
from academy.path_section import PATHS
from academy.paths import PathFaulty
from plg.accounts import accounts, memberships
from plg.events import log, subscribers
from plg.events.models import Event
from plg.kit.db import db
from plg.kit.errors import FolderFaults
from plg.messaging.models import OutgoingMail
from plg.people import people
from tests.academy.conftest import KEY
from tests.academy.samples import text

SHORT = {"quiz": None}
STARTED = {"event": "Trial Started", "by": "account"}


@pytest.fixture
def acme(school):
    """Ana and Bob in Acme."""
    ana, bob = (school.person(name) for name in ("Ana", "Bob"))
    with school.turn():
        account = accounts.open("Acme", key="acme", by=ana)
        for person in (ana, bob):
            memberships.add(account.id, person, "member", by="tests")
        db.session.flush()
    return account.id, ana, bob


def happens(school, name: str, account: int, person: int | None = None) -> None:
    with school.turn():
        log.record(name, person_id=person, account_id=account)


def learners(school, key: str) -> list[int]:
    with school.turn():
        query = select(Enrolment.person_id).where(Enrolment.course_key == key).order_by(Enrolment.person_id)
        return list(db.session.scalars(query))


def finish(school, person: int, key: str) -> None:
    with school.turn():
        for lesson in ("first", "second"):
            lessons.complete(person, key, lesson)


# --- by rule --------------------------------------------------------------------------------------


def test_a_rule_enrols_whom_it_holds_for_once_and_who_lacks_a_prerequisite_when_they_have_it(
    school, acme, worker
):
    account, ana, bob = acme
    school.publish("welcome", **SHORT, enrol_when=STARTED)
    school.publish("mine", **SHORT, enrol_when={"event": "Invoice Sent", "count": {"gte": 2}})
    school.publish("after", **SHORT, enrol_when=STARTED, requires=[{"course": "welcome"}])
    worker()
    assert learners(school, "welcome") == []

    happens(school, "Trial Started", account)
    happens(school, "Invoice Sent", account, ana)
    worker()
    assert learners(school, "welcome") == [ana, bob]
    assert learners(school, "mine") == learners(school, "after") == []
    happens(school, "Invoice Sent", account, ana)
    finish(school, bob, "welcome")
    worker()
    assert (learners(school, "mine"), learners(school, "after")) == ([ana], [bob])

    with school.turn():
        before = db.session.scalar(select(func.max(Event.position)))
        subscribers.replay("academy.enrolling")
    worker()
    with school.turn():
        assert db.session.scalar(select(func.max(Event.position))) == before
        started = select(Event.properties).where(Event.name == "Course Started", Event.person_id == bob)
        assert [each["by"] for each in db.session.scalars(started)] == ["rule", "rule"]
        assert enrolments.of(ana, "mine").account_id == account


# --- by invitation --------------------------------------------------------------------------------


def test_many_are_invited_at_once_and_nobody_is_mailed_twice(school, client, secret_key):
    with school.turn():
        people.add(email="luz@example.com", name="Luz", locale="es", by="tests")
    head = {"Authorization": f"Bearer {secret_key}"}
    address = f"/v1/academy/courses/{KEY}/invitations"

    def invite(*emails: str, status: int = 200):
        answer = client.post(address, json={"emails": list(emails)}, headers=head)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    assert invite("Luz@example.com", "max@example.com", "max@example.com") == {
        "invited": ["luz@example.com", "max@example.com"],
        "already_invited": [],
    }
    assert invite("max@example.com", "eve@example.com") == {
        "invited": ["eve@example.com"],
        "already_invited": ["max@example.com"],
    }
    faulty = invite("new@example.com", "nobody", "a b@example.com", status=422)
    assert [each["field"] for each in faulty["errors"]] == ["emails.1", "emails.2"]
    with school.turn():
        mails = {each.email: each for each in db.session.scalars(select(OutgoingMail))}
        assert sorted(mails) == ["eve@example.com", "luz@example.com", "max@example.com"]
        assert mails["luz@example.com"].subject == "Te invitan al curso Course (es)"
        assert mails["max@example.com"].subject == "You are invited to the course Course (en)"
        sent = select(func.count()).where(Event.name == "Course Invitation Sent")
        assert db.session.scalar(sent) == 3
    page = client.get(f"{address}?limit=2", headers=head).get_json()
    rest = client.get(f"{address}?limit=2&after={page['next']}", headers=head).get_json()
    assert (len(page["data"]), len(rest["data"]), rest["next"]) == (2, 1, None)


def test_two_who_invite_at_the_same_moment_send_one_mail(school):
    def invite():
        found = invitations.invite_all(KEY, ["ana@example.com", "bob@example.com"], by="tests")
        with school.app.test_request_context():
            send_invitations(KEY, found, "en")
        return len(found)

    assert sorted(school.at_once([invite, invite])) == [0, 2]
    with school.turn():
        assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 2
        with pytest.raises(AddressesFaulty):
            invitations.invite_all(KEY, [f"p{n}@example.com" for n in range(501)], by="tests")


def test_an_invitation_opens_a_course_that_is_for_others_to_the_first_who_follows_it(school, sign_in):
    school.publish("basis", **SHORT)
    school.publish("closed", **SHORT, audience={"roles": ["owner"]}, requires=[{"course": "basis"}])
    ana, bob = school.person("Ana"), school.person("Bob")
    with school.turn(), school.app.test_request_context():
        send_invitations("closed", invitations.invite_all("closed", ["x@example.com"], by="tests"), "es")
        mail = db.session.scalars(select(OutgoingMail)).one()
    path = re.search(r"/academy/invitations/[\w-]+", mail.text).group()
    visitor, guest, other = (school.app.test_client() for _ in range(3))
    assert "Sign in to begin" in visitor.get(path).get_data(as_text=True)
    token = sign_in(guest, person_id=ana)

    assert "Another course comes first." in guest.get(path).get_data(as_text=True)
    assert guest.post(path, data={"csrf_token": token}).headers["Location"].endswith(path)
    with school.turn():
        enrolments.enrol(ana, "basis")
    finish(school, ana, "basis")
    for _ in range(2):
        answer = guest.post(path, data={"csrf_token": token})
        assert answer.headers["Location"].endswith("/academy/closed")
    assert learners(school, "closed") == [ana]
    sign_in(other, person_id=bob)
    assert other.get(path).status_code == 400
    assert visitor.get("/academy/invitations/none").status_code == 404
    with school.turn():
        row = db.session.scalars(select(CourseInvitation)).one()
        assert (row.person_id, row.accepted_at is not None, row.token_hash in path) == (ana, True, False)


def test_of_two_who_follow_one_link_at_the_same_moment_one_begins(school):
    two = [school.person(name) for name in ("Ana", "Bob")]
    with school.turn():
        token = invitations.invite_all(KEY, ["x@example.com"], by="tests")[0].token

    results = school.at_once([lambda p=p: invitations.accept(token, by=p, account_id=None).id for p in two])

    assert results.count("invitation_used") == 1 and len(learners(school, KEY)) == 1
    with school.turn(), pytest.raises(InvitationUsed):
        invitations.look_at(token, None)


# --- learning paths -------------------------------------------------------------------------------


def path(*keys, **changes):
    return {"title": text("Path"), "summary": text("All"), "courses": list(keys)} | changes


def test_a_path_is_completed_by_its_courses_in_the_version_in_which_it_was_begun(
    school, worker, client, secret_key
):
    for key in ("one", "two", "more"):
        school.publish(key, **SHORT)
    ana = school.person()
    with school.turn():
        paths.publish("way", path("one", "two", {"course": "more", "optional": True}), by="tests")
        name = people.get(ana).public_id
    head = {"Authorization": f"Bearer {secret_key}"}

    def told(**body: str):
        if body:
            answer = client.post("/v1/academy/paths/way/start", json=body, headers=head)
        else:
            answer = client.get(f"/v1/academy/paths/way?person={name}", headers=head)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    assert told()["started_at"] is None
    assert told(person=name) == told(person=name) == told()
    with school.turn():
        paths.publish("way", path("one", "more"), by="tests")
    for key, percent in (("more", 0), ("one", 50), ("two", 100)):
        with school.turn():
            enrolments.enrol(ana, key)
        finish(school, ana, key)
        worker()
        assert (told()["progress"]["percent"], told()["version"]) == (percent, 1)
    assert told()["completed_at"] is not None
    assert school.events(ana).count("Learning Path Completed") == 1
    bob = school.person("Bob")
    with school.turn():
        merged = db.session.scalars(select(PathEnrolment)).one()
        assert paths.begin(bob, "way").completed_at is None
        retired = paths.retire("way")
    assert (merged.path_key, retired) == ("way", None)
    listed = client.get(f"/v1/academy/paths?person={name}", headers=head).get_json()["data"]
    assert [each["key"] for each in listed] == ["way"]
    assert client.post("/v1/academy/paths/way/start", json={"person": name}, headers=head).status_code == 200


def test_who_has_completed_the_courses_before_completes_the_path_by_beginning_it(school):
    school.publish("one", **SHORT)
    ana = school.person()
    with school.turn():
        enrolments.enrol(ana, "one")
        paths.publish("way", path("one"), by="tests")
    finish(school, ana, "one")
    results = school.at_once([lambda: paths.begin(ana, "way").id] * 2)
    assert results[0] == results[1]
    events = school.events(ana)
    assert events.count("Learning Path Started") == events.count("Learning Path Completed") == 1


def test_paths_are_files_of_the_product_folder_and_every_fault_is_named(school, tmp_path):
    with school.turn():
        paths.publish("way", path(KEY), by="tests")
        PATHS.write(tmp_path, PATHS.live())
        assert PATHS.read(tmp_path) == PATHS.live()
    folder = tmp_path / "academy" / "paths"
    (folder / "Bad Name.yaml").write_text("x: 1")
    (folder / "empty.yaml").write_text("title: {es: A, en: A}\nsummary: {es: A, en: A}\ncourses: []\n")
    (folder / "twice.yaml").write_text("title: {es: A}\nsummary: {es: A, en: A}\ncourses: [a, a]\n")
    with pytest.raises(FolderFaults) as refusal:
        PATHS.read(tmp_path)
    named = " ".join(fault.field for fault in refusal.value.errors)
    assert "Bad Name.yaml" in named and "empty.yaml: courses" in named and "twice.yaml: title.en" in named
    with school.turn(), pytest.raises(PathFaulty) as faulty:
        paths.publish("way", path("nowhere"), by="tests")
    assert faulty.value.errors[0].field == "courses.0.course"
