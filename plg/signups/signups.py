"""Self-serve sign-up: a person, an account, a trial; in parallel with the same address, one of each."""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError

from plg.access import credentials, one_time
from plg.access.hashing import hash_password
from plg.accounts import accounts, memberships
from plg.accounts.models import Account
from plg.events import log, names
from plg.kit import addresses
from plg.kit.db import db, end_transaction
from plg.kit.errors import Conflict, Fault, Unprocessable
from plg.kit.texts import normal_address
from plg.people import identities, people
from plg.people.models import Person
from plg.signups import cases, traces
from plg.signups.cases import Applicant
from plg.signups.models import Case
from plg.signups.traces import Evidence
from plg.trials import trials
from plg.trials.models import Trial

CONFIRM = "confirm-email"
CONFIRM_LIFE = dt.timedelta(hours=48)
UNTOLD = Evidence()


class BadSignUp(Unprocessable):
    """Something in the form is missing or not right."""


class AddressKnown(Conflict):
    """The address has an account already. Only told to the host product's server, never on a page."""


@dataclass(frozen=True)
class SignUp:
    """All but the address are None where it was known already: nothing was made. trial: None, too, where it waits
    (see `case`) or none is offered. token: for the link that confirms the address; None where it is confirmed."""

    email: str
    person: Person | None = None
    account: Account | None = None
    trial: Trial | None = None
    token: str | None = None
    case: Case | None = None


@dataclass(frozen=True)
class _Form:
    """A sign-up without faults. hashed: of the password, None without one."""

    applicant: Applicant
    hashed: str | None
    way: str
    confirmed: bool
    locale: str | None
    timezone: str
    plan: str | None


def sign_up(
    email: str,
    password: str | None,
    name: str,
    company: str,
    *,
    way: str | None = None,
    confirmed: bool = False,
    locale: str | None = None,
    timezone: str = "UTC",
    plan: str | None = None,
    evidence: Evidence = UNTOLD,
) -> SignUp:
    """Make a person, their account and its trial, which waits where the decision about the sign-up says so.

    password: None signs up without one: the link of the mail signs in. way: how they came (`password`, `link`, a
    provider's name). confirmed: somebody trustworthy vouches for the address. timezone: the IANA name of the
    account's calendar. plan: the one that they came for. Faults of all fields are told at once. A known address
    costs as long as a new one: only the answer tells."""
    fields = {"email": email, "name": name, "company": company}
    if faults := faults_of(**fields, **({} if password is None else {"password": password})):
        raise BadSignUp("The sign-up has faults.", errors=faults)
    end_transaction()  # hashing takes long; no lock waits for it
    hashed = None if password is None else hash_password(password)
    applicant = Applicant(normal_address(email), name.strip(), company.strip(), evidence)
    way = way or ("link" if password is None else "password")
    form = _Form(applicant, hashed, way, confirmed, locale, timezone, plan)
    traces.hold(applicant.traces())
    if credentials.find(applicant.address) is not None:
        _rehearse(form)
        return SignUp(applicant.address)
    return _make(form)


def _make(form: _Form) -> SignUp:
    applicant, address = form.applicant, form.applicant.address
    person = people.add(email=address, name=applicant.name, locale=form.locale, by="sign-up")
    identities.claim(person.id, address)
    credential = credentials.create(person.id, address, form.hashed)
    told = {"email": address, "name": person.name, "locale": form.locale, "way": form.way}
    log.record(names.SIGNED_UP, person_id=person.id, properties=told)
    if form.confirmed:
        credentials.confirm_email(credential)
    account = accounts.open(applicant.company, timezone=form.timezone, locale=form.locale, by=person.id)
    memberships.add(account.id, person.id, "owner", by="sign-up")
    case = cases.open(
        applicant, person.id, account.id, way=form.way, plan=form.plan, confirmed=form.confirmed
    )
    token = None
    if not form.confirmed:
        token = one_time.issue(CONFIRM, address, person_id=person.id, life=CONFIRM_LIFE)
    return SignUp(address, person, account, trials.of_account(account.id), token, case)


class _TakenBack(Exception):  # noqa: N818 - ends a savepoint
    pass


def _rehearse(form: _Form) -> None:
    """Do for a known address what a new one costs, and take it back: the time of the answer tells nothing."""
    nobody = f"{secrets.token_hex(8)}@{addresses.domain_of(form.applicant.address)}"
    with contextlib.suppress(_TakenBack), db.session.begin_nested():
        _make(replace(form, applicant=replace(form.applicant, address=nobody)))
        raise _TakenBack


def confirm(token: str) -> Person:
    """Use up the link of the mail; the address is confirmed."""
    used = one_time.use(CONFIRM, token)
    credential = credentials.find(used.email)
    if credential is None or credential.person_id != used.person_id:
        raise one_time.LinkExpired("This link does not work any more. Sign up again.")
    credentials.confirm_email(credential)
    cases.address_confirmed(credential.person_id)
    return people.get(credential.person_id)


def faults_of(**fields: str) -> list[Fault]:
    """What is wrong with these fields of the form: any of email, password, name, company. A password is held against
    the others: it must not be one of them."""
    faults = []
    if "password" in fields:
        context = [text for field, text in fields.items() if field != "password"]
        faults += credentials.password_faults(fields["password"], context)
    if "email" in fields:
        try:
            normal_address(fields["email"])
        except EmailNotValidError as error:
            faults.append(Fault("email", str(error)))
    for field in ("name", "company"):
        if field in fields and not 0 < len(fields[field].strip()) <= 200:
            faults.append(Fault(field, "must have 1 to 200 characters"))
    return faults
