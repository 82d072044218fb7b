"""The academy's API: a server acts on behalf of a person, or a signed user for themselves."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for
from flask_openapi3 import Tag

from academy import (
    access,
    attempts,
    catalogue,
    certificates,
    courses,
    enrolments,
    evidence,
    lesson_facts,
    lesson_shown,
    lessons,
    shown,
)
from academy.catalogue import Wish
from academy.certificates import CertificateFacts
from academy.endpoints.journey_shapes import CatalogueQuery
from academy.endpoints.shapes import (
    Answers,
    AttemptOut,
    AttemptPath,
    ByPerson,
    CertificateList,
    CertificateOut,
    CertificatePath,
    CourseList,
    CourseOut,
    CoursePath,
    EnrolmentList,
    EnrolmentOut,
    LessonOut,
    LessonPath,
    LocaleQuery,
    NewAttempt,
    NewEnrolment,
    PersonQuery,
    SavedAnswers,
)
from academy.models import Attempt, Certificate, Enrolment
from plg.accounts import memberships
from plg.kit.api import APIBlueprint
from plg.kit.caller import current_caller, requires
from plg.kit.errors import Fault, Unprocessable
from plg.people import people

ACTORS: list[dict[str, list[str]]] = [{"secret": []}, {"publishable": [], "user": []}]

api = APIBlueprint(
    "academy_api", __name__, url_prefix="/v1/academy", abp_tags=[Tag(name="Academy")], abp_security=ACTORS
)


class PersonNeeded(Unprocessable):
    """A server says for whom it acts."""


class QuestionTwice(Unprocessable):
    """Two answers to one question: which one counts is not for us to guess."""


def learner(given: str | None) -> tuple[int, int | None]:
    """Person and account that this call is about: the signed user's own, or those that a server names."""
    caller = current_caller()
    if caller.kind == "user" and caller.person_id is not None:
        return caller.person_id, caller.account_id
    if given is None:
        raise PersonNeeded(errors=[Fault("person", "is needed with a secret key")])
    person = people.find(given).id
    return person, memberships.only_account([person]).get(person)


@api.get("/courses", summary="The catalogue", responses={200: CourseList})
@requires("secret", "user")
def list_courses(query: CatalogueQuery) -> dict[str, Any]:
    """The courses that a person may see; all that are live, for a server that names nobody."""
    asked_for_all = current_caller().kind == "secret" and query.person is None
    found = catalogue.all_live() if asked_for_all else catalogue.entries(*learner(query.person))
    wish = Wish(query.q, query.state, query.max_minutes, query.certificate)
    return {"data": [shown.course(each.published) for each in catalogue.search(found, wish)]}


@api.get("/courses/<course>", summary="One course of the catalogue", responses={200: CourseOut})
@requires("secret", "user")
def get_course(path: CoursePath) -> dict[str, Any]:
    if current_caller().kind == "secret":
        return shown.course(courses.live(path.course))
    return shown.course(access.of(*learner(None), path.course).published)


@api.get("/courses/<course>/lessons/<lesson>", summary="A lesson to read", responses={200: LessonOut})
@requires("secret", "user")
def get_lesson(path: LessonPath, query: LocaleQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    enrolment = enrolments.of(person, path.course)
    lesson = lessons.lesson_of(enrolment, path.lesson)
    published = courses.published(enrolment.version_id)
    known = lesson_facts.of(enrolment, lesson)
    return {
        "course": published.key,
        "version": published.version,
        "key": lesson.key,
        "title": lesson.title(query.locale),
        "html": published.lesson_html(lesson.key, query.locale),
        "work": lesson_shown.work(published, lesson, known, query.locale),
        "completed": lesson.key in enrolments.progress([enrolment])[enrolment.id].lessons_done,
    }


@api.post(
    "/courses/<course>/lessons/<lesson>/complete", summary="Finish a lesson", responses={200: EnrolmentOut}
)
@requires("secret", "user")
def complete_lesson(path: LessonPath, body: ByPerson) -> dict[str, Any]:
    """409 `lesson_not_done` while its video, practice, survey or reading time is not done."""
    person, _ = learner(body.person)
    return _enrolment(lessons.complete(person, path.course, path.lesson))


@api.post("/enrolments", summary="Begin a course", responses={200: EnrolmentOut})
@requires("secret", "user")
def create_enrolment(body: NewEnrolment) -> dict[str, Any]:
    person, account = learner(body.person)
    return _enrolment(enrolments.enrol(person, body.course, account_id=account))


@api.get("/enrolments", summary="A person's courses", responses={200: EnrolmentList})
@requires("secret", "user")
def list_enrolments(query: PersonQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    found = enrolments.all_of(person)
    progress = enrolments.progress(found)
    return {"data": [shown.enrolment(each, progress[each.id]) for each in found]}


@api.post("/attempts", summary="Begin an attempt at a course's quiz", responses={200: AttemptOut})
@requires("secret", "user")
def start_attempt(query: LocaleQuery, body: NewAttempt) -> dict[str, Any]:
    """While an attempt is open, it is given back instead of a new one."""
    person, _ = learner(body.person)
    # A host's server calls from its own network, which says nothing about the learner's.
    network = evidence.network(request.remote_addr) if current_caller().kind == "user" else None
    return attempt_out(attempts.start(person, body.course, network=network), query.locale)


@api.get("/attempts/<attempt>", summary="An attempt as it stands", responses={200: AttemptOut})
@requires("secret", "user")
def get_attempt(path: AttemptPath, query: LocaleQuery) -> dict[str, Any]:
    return attempt_out(attempts.find(path.attempt, person_id=owner(query.person)), query.locale)


@api.post("/attempts/<attempt>/answers", summary="Save answers", responses={200: AttemptOut})
@requires("secret", "user")
def save_answers(path: AttemptPath, query: LocaleQuery, body: SavedAnswers) -> dict[str, Any]:
    """409 `stale_answers` with the current `sequence` when something was saved since the attempt was read."""
    answers = _by_question(body)
    keep = attempts.autosave if body.draft else attempts.save
    saved = keep(path.attempt, answers, body.sequence, person_id=owner(body.person))
    return attempt_out(saved, query.locale)


@api.post(
    "/attempts/<attempt>/submit", summary="Save answers and end the attempt", responses={200: AttemptOut}
)
@requires("secret", "user")
def submit_attempt(path: AttemptPath, query: LocaleQuery, body: Answers) -> dict[str, Any]:
    """Sent again, it gives the same result. After the deadline, what was saved before it is marked."""
    answers = _by_question(body)
    done = attempts.submit(path.attempt, answers, body.sequence, person_id=owner(body.person))
    return attempt_out(done, query.locale)


@api.get("/certificates", summary="A person's certificates", responses={200: CertificateList})
@requires("secret", "user")
def list_certificates(query: PersonQuery) -> dict[str, Any]:
    person, _ = learner(query.person)
    held = certificates.facts_of_all(certificates.of_person(person))
    return {"data": [_certificate(each) for each in held]}


@api.get(
    "/certificates/<code>",
    summary="Verify a certificate",
    responses={200: CertificateOut},
    security=[*ACTORS, {"publishable": []}],
)
@requires("secret", "user", "publishable")
def get_certificate(path: CertificatePath) -> dict[str, Any]:
    return told(certificates.find(path.code))


def owner(given: str | None) -> int | None:
    """Whose attempt it has to be; a server that names nobody may touch everybody's."""
    if current_caller().kind == "secret" and given is None:
        return None
    return learner(given)[0]


def _by_question(body: Answers) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for place, each in enumerate(body.answers):
        if each.question in found:
            fault = Fault(f"answers.{place}.question", f"question {each.question} is answered twice")
            raise QuestionTwice(errors=[fault])
        found[each.question] = each.answer
    return found


def _enrolment(row: Enrolment) -> dict[str, Any]:
    return shown.enrolment(row, enrolments.progress([row])[row.id])


def attempt_out(row: Attempt, locale: str) -> dict[str, Any]:
    """As `AttemptOut`."""
    told = shown.attempt(row, locale)
    if row.passed:
        certificate = certificates.of_attempt(row)
        told["certificate"] = certificates.grouped(certificate.code) if certificate else None
    return told


def told(certificate: Certificate) -> dict[str, Any]:
    """As `CertificateOut`."""
    return _certificate(certificates.facts_of(certificate))


def _certificate(facts: CertificateFacts) -> dict[str, Any]:
    public = current_app.extensions["plg.settings"].public_url
    page = url_for("academy_certificates.show", code=facts.code)
    file = url_for("academy_certificate_files.pdf", code=facts.code)
    return shown.certificate(facts) | {"url": public + page, "pdf_url": public + file}
