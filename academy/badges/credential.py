"""The credential of a certificate: an Open Badges 3.0 AchievementCredential with its proof."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid
from typing import Any, Final

from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy import func, select

from academy import courses
from academy.badges import canonical, issuer, keys, proof, status_lists
from academy.badges.models import Badge
from academy.certificates import CertificateFacts, facts_of
from academy.models import Certificate
from academy.schemas import Course
from academy.texts import LANGUAGES
from plg.kit.db import db, insert, writing
from plg.people import people
from plg.people.models import Person

TRIES: Final = 8
"""When so many places in a row are taken, the list is full enough: the next one begins."""


def credential_of(certificate: Certificate) -> dict[str, Any]:
    """The same at every call, while its key is not withdrawn. The first call writes, in the caller's transaction:
    doors that only read use `published`."""
    badge = prepare(certificate)
    key = keys.private(badge.key)
    if key is None:
        raise RuntimeError("a key that cannot sign was chosen")
    told, method = _unsigned(certificate, badge), issuer.method(badge.key.multikey)
    return proof.signed(told, key, method, valid_from(certificate))


def published(certificate: Certificate) -> dict[str, Any]:
    """`credential_of` for doors that only read: what the first call decides is kept at once."""
    if not _is_ready(db.session.get(Badge, certificate.code)):
        with writing():
            prepare(certificate)
            db.session.commit()
    return credential_of(certificate)


def language_of(certificate: Certificate) -> str:
    """That of the credential, once it was asked for."""
    badge = db.session.get(Badge, certificate.code)
    return badge.locale if badge else _language(people.get(certificate.person_id))


def prepare(certificate: Certificate) -> Badge:
    """Decide once what the credential says beyond the certificate."""
    found = db.session.get(Badge, certificate.code)
    if found is None:
        return _allot(certificate)
    if not _is_ready(found):
        found.key = keys.current()
        db.session.flush()
    return found


def _is_ready(badge: Badge | None) -> bool:
    return badge is not None and keys.private(badge.key) is not None


def _allot(certificate: Certificate) -> Badge:
    """A place that nobody can guess, in the newest list; of two that come at once for the same certificate, the first
    one decides."""
    row = {"code": certificate.code, "key_id": keys.current().id} | _recipient(certificate)
    number = db.session.scalar(select(func.coalesce(func.max(Badge.status_list), 1))) or 1
    for tried in range(1, 10 * TRIES):
        place = {"status_list": number, "status_place": secrets.randbelow(status_lists.SIZE)}
        db.session.execute(insert(Badge).values(row | place).on_conflict_do_nothing())
        found = db.session.get(Badge, certificate.code, populate_existing=True)
        if found is not None:
            return found
        number += tried % TRIES == 0
    raise RuntimeError("no place is free in the status lists")


def _recipient(certificate: Certificate) -> dict[str, str]:
    """The holder's e-mail address, else plg's own id of them, as a salted hash."""
    person, salt = people.get(certificate.person_id), secrets.token_hex(16)
    kind, known = ("emailAddress", person.email) if person.email else ("systemId", person.public_id)
    return {
        "locale": _language(person),
        "recipient_kind": kind,
        "recipient": hashlib.sha256(f"{known}{salt}".encode()).hexdigest(),
        "salt": salt,
    }


def _language(person: Person) -> str:
    locale = person.locale or current_app.extensions["plg.settings"].default_locale
    return locale if locale in LANGUAGES else "en"


def _unsigned(certificate: Certificate, badge: Badge) -> dict[str, Any]:
    facts, ends = facts_of(certificate), certificate.expires_at
    told = {
        "@context": [canonical.CREDENTIALS, canonical.OPEN_BADGES],
        "id": issuer.address(f"/certificates/{facts.code}"),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": issuer.profile(),
        "validFrom": proof.stamp(valid_from(certificate)),
        "awardedDate": proof.stamp(facts.issued_at),
        "name": facts.title[badge.locale],
        "credentialSubject": _subject(certificate, facts, badge),
        "credentialStatus": status_lists.entry(badge.status_list, badge.status_place),
    }
    return told | ({"validUntil": proof.stamp(ends)} if ends else {})


def valid_from(certificate: Certificate) -> dt.datetime:
    """What the credential says. Of two with the same id the later one counts: so a correction is known as such."""
    return certificate.issued_at if certificate.edition == 1 else certificate.made_at


def _subject(certificate: Certificate, facts: CertificateFacts, badge: Badge) -> dict[str, Any]:
    identity = {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${badge.recipient}",
        "identityType": badge.recipient_kind,
        "salt": badge.salt,
    }
    achievement = _achievement(certificate, facts, badge.locale)
    result = {
        "type": ["Result"],
        "resultDescription": achievement["resultDescription"][0]["id"],
        "status": "Completed",
        "value": _number(facts.score),
    }
    return {
        "type": ["AchievementSubject"],
        "identifier": [identity],
        "achievement": achievement,
        "result": [result],
    }


def _achievement(certificate: Certificate, facts: CertificateFacts, locale: str) -> dict[str, Any]:
    """What the course certifies, in one language; `related` names the same in the others."""
    course = courses.published(certificate.version_id).course
    pass_mark = _number(facts.pass_mark)
    with force_locale(locale):
        criteria = gettext(
            "Complete all lessons of “%(course)s” (version %(version)s) and pass its quiz with at least %(share)s%%.",
            course=facts.title[locale],
            version=facts.course_version,
            share=pass_mark,
        )
        score = gettext("Score in the quiz")
    return {
        "id": _urn(facts, locale),
        "type": ["Achievement"],
        "achievementType": "Certification",
        "inLanguage": locale,
        "version": str(facts.course_version),
        "name": facts.title[locale],
        "description": course.summary.in_language(locale),
        "criteria": {"narrative": criteria},
        "image": {"id": issuer.address(f"/certificates/{facts.code}/image.png"), "type": "Image"},
        "resultDescription": [
            {
                "id": _urn(facts, f"{locale}/score"),
                "type": ["ResultDescription"],
                "name": score,
                "resultType": "Percent",
                "requiredValue": pass_mark,
                "valueMin": "0",
                "valueMax": "100",
            }
        ],
        "related": [
            {"id": _urn(facts, other), "type": ["Related"], "inLanguage": other}
            for other in LANGUAGES
            if other != locale
        ],
        **_alignment(course, locale),
    }


def _alignment(course: Course, locale: str) -> dict[str, Any]:
    told = [
        {"type": ["Alignment"], "targetName": each.name.in_language(locale), "targetUrl": each.url}
        | ({"targetFramework": each.framework} if each.framework else {})
        | ({"targetCode": each.code} if each.code else {})
        for each in course.alignment
    ]
    return {"alignment": told} if told else {}


def _urn(facts: CertificateFacts, part: str) -> str:
    """A name that is always the same for this part of this version of the course, and tells nothing of others."""
    name = f"{issuer.did()}/{facts.course_key}/{facts.course_version}/{part}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _number(value: float) -> str:
    """A percentage as text, with a point, and rounded down: `92.5`."""
    return f"{int(value * 100 + 1e-6) / 100:g}"
