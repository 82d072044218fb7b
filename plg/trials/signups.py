"""Self-serve sign-up: a person, an account, a trial; in parallel with the same address, one of each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from email_validator import EmailNotValidError

from plg.access import credentials, one_time
from plg.access.hashing import hash_password
from plg.accounts import accounts, memberships
from plg.accounts.models import Account
from plg.events import log, names
from plg.kit.db import end_transaction, lock
from plg.kit.errors import Conflict, Fault, Unprocessable
from plg.kit.texts import normal_address
from plg.people import identities, people
from plg.people.models import Person
from plg.plans import catalogue
from plg.trials import trials
from plg.trials.models import Trial

CONFIRM = "confirm-email"
CONFIRM_LIFE = dt.timedelta(hours=48)


class BadSignUp(Unprocessable):
    """Something in the form is missing or not right."""


class AddressKnown(Conflict):
    """The address has an account already. Only told to the host product's server, never on a page."""


@dataclass(frozen=True)
class SignUp:
    """person, account and trial are None where the address was known already: nothing was made. token: for
    the link that confirms the address."""

    email: str
    person: Person | None = None
    account: Account | None = None
    trial: Trial | None = None
    token: str | None = None


def sign_up(
    email: str,
    password: str,
    name: str,
    company: str,
    *,
    locale: str | None = None,
    timezone: str = "UTC",
) -> SignUp:
    """Make a person, their account and its trial. timezone: the IANA name of the account's calendar. Faults of
    all fields are told at once."""
    faults = faults_of(email=email, password=password, name=name, company=company)
    if faults:
        raise BadSignUp("The sign-up has faults.", errors=faults)
    address = normal_address(email)
    end_transaction()  # hashing takes long; no lock waits for it
    hashed = hash_password(password)
    lock(f"sign-up:{address}")
    if credentials.find(address) is not None:
        return SignUp(address)
    person = people.add(email=address, name=name.strip(), locale=locale, by="sign-up")
    identities.claim(person.id, address)
    credentials.create(person.id, address, hashed)
    properties = {"email": address, "name": person.name, "locale": locale}
    log.record(names.SIGNED_UP, person_id=person.id, properties=properties)
    account = accounts.open(company.strip(), timezone=timezone, locale=locale, by=person.id)
    memberships.add(account.id, person.id, "owner", by="sign-up")
    trial = None
    if catalogue.live().trial is not None:
        trial = trials.start(account.id, person_id=person.id, by="sign-up")
    token = one_time.issue(CONFIRM, address, person_id=person.id, life=CONFIRM_LIFE)
    return SignUp(address, person, account, trial, token)


def confirm(token: str) -> Person:
    """Use up the link of the mail; the address is confirmed."""
    used = one_time.use(CONFIRM, token)
    credential = credentials.find(used.email)
    if credential is None:
        raise one_time.LinkExpired("This link does not work any more. Sign up again.")
    credentials.confirm_email(credential)
    return people.get(credential.person_id)


def faults_of(**fields: str) -> list[Fault]:
    """What is wrong with these fields of the form: any of email, password, name, company."""
    faults = list(credentials.password_faults(fields["password"])) if "password" in fields else []
    if "email" in fields:
        try:
            normal_address(fields["email"])
        except EmailNotValidError as error:
            faults.append(Fault("email", str(error)))
    for field in ("name", "company"):
        if field in fields and not 0 < len(fields[field].strip()) <= 200:
            faults.append(Fault(field, "must have 1 to 200 characters"))
    return faults
