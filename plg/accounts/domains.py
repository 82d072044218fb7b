"""Company domains: an account proves that one is its own, and says what colleagues with an address there may do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import select

from plg.accounts import accounts, rights
from plg.accounts.models import Account, AccountDomain
from plg.events import log, names
from plg.kit import addresses
from plg.kit.clock import now
from plg.kit.db import db, insert, lock
from plg.kit.errors import Conflict, Fault, NotFound, Unprocessable
from plg.kit.ids import new_id

POLICIES = ("off", "ask", "join")
PROOFS = ("address", "dns", "mail")
"""The weakest first: somebody has an address there; they write its DNS records; they read its postmaster's mail."""
MAILBOXES = ("admin", "postmaster", "hostmaster", "webmaster")
MAX_DOMAINS = 20
RECORD = "_plg-challenge"


class DomainNotAllowed(Unprocessable):
    """It is no domain, or not one company's: consumer and disposable mail providers never count."""


class DomainTaken(Conflict):
    """Another workspace has proved that the domain is its own."""


class DomainNotFound(NotFound):
    pass


class TooManyDomains(Conflict):
    pass


class UnknownPolicy(Unprocessable):
    pass


@dataclass(frozen=True)
class Joinable:
    """A workspace that takes in people with an address of its domain. how: `ask` or `join`."""

    account: Account
    domain: str
    how: str


def joinable(address: str) -> list[Joinable]:
    """The workspaces that whoever owns this address may join, or ask to. address: a confirmed one."""
    domain = addresses.domain_of(address)
    if not addresses.is_company_domain(domain):
        return []
    query = select(Account, AccountDomain.policy).join(AccountDomain, AccountDomain.account_id == Account.id)
    query = query.where(AccountDomain.domain == domain, AccountDomain.verified_at.is_not(None))
    query = query.where(AccountDomain.policy != "off", Account.delete_at.is_(None))
    found = db.session.execute(query.where(Account.deleted_at.is_(None)))
    return [Joinable(account, domain, policy) for account, policy in found]


def of_account(account_id: int) -> list[AccountDomain]:
    query = select(AccountDomain).where(AccountDomain.account_id == account_id)
    return list(db.session.scalars(query.order_by(AccountDomain.id)))


def get(account_id: int, public_id: str) -> AccountDomain:
    """A claim of this account."""
    query = select(AccountDomain).where(AccountDomain.account_id == account_id)
    row = db.session.scalar(query.where(AccountDomain.public_id == public_id))
    if row is None:
        raise DomainNotFound("This workspace claims no such domain.")
    return row


def claim(account_id: int, domain: str, *, address: str, by: int) -> AccountDomain:
    """Claim a domain; repeated or in parallel, one claim. address: a confirmed one of `by`: where it lies in the
    domain, that is proof enough, unless another workspace holds the domain already."""
    rights.require(account_id, by, "domains.manage")
    name = addresses.domain_of(f"@{domain.strip().removeprefix('@')}")
    if not addresses.is_company_domain(name) or len(name) > 255:
        fault = Fault("domain", "must be a company's own domain such as example.com")
        raise DomainNotAllowed(errors=[fault])
    lock(f"domains:{account_id}")
    if len(of_account(account_id)) >= MAX_DOMAINS:
        raise TooManyDomains(f"A workspace claims at most {MAX_DOMAINS} domains.")
    row = {"public_id": new_id("dom"), "account_id": account_id, "domain": name, "policy": "ask"}
    row |= {"challenge": f"plg-domain-verification={secrets.token_hex(16)}"}
    made = insert(AccountDomain).values(**row, created_at=now()).on_conflict_do_nothing()
    db.session.execute(made)
    query = select(AccountDomain).where(AccountDomain.account_id == account_id, AccountDomain.domain == name)
    found = db.session.scalars(query).one()
    lock(f"domain:{name}")
    if addresses.domain_of(address) == name and _holder(name) is None:
        prove(found, "address", by=by)
    return found


def prove(claimed: AccountDomain, proof: str, *, by: int | None) -> None:
    """The claim is proved. Of two accounts the one with the stronger proof holds the domain, and of equal proofs the
    first. Raises DomainTaken. by: the person who proved it; None where a link in a mail did."""
    accounts.check_open(claimed.account_id)
    lock(f"domain:{claimed.domain}")
    db.session.refresh(claimed)
    holder = _holder(claimed.domain)
    if holder is not None and holder.id != claimed.id:
        if (holder.proof, proof == "address") != ("address", False):
            raise DomainTaken("Another workspace holds this domain already.")
        _lose(holder)
    if claimed.verified_at is not None and proof == "address":
        return
    claimed.verified_at, claimed.proof = claimed.verified_at or now(), proof
    db.session.flush()
    properties = {"domain": claimed.domain, "proof": proof}
    log.record(names.DOMAIN_VERIFIED, person_id=by, account_id=claimed.account_id, properties=properties)


def _holder(domain: str) -> AccountDomain | None:
    query = select(AccountDomain).where(
        AccountDomain.domain == domain, AccountDomain.verified_at.is_not(None)
    )
    return db.session.scalar(query.execution_options(populate_existing=True))


def _lose(holder: AccountDomain) -> None:
    holder.verified_at = holder.proof = None
    db.session.flush()
    properties = {"domain": holder.domain}
    log.record(names.DOMAIN_LOST, account_id=holder.account_id, properties=properties)


def set_policy(account_id: int, public_id: str, policy: str, *, by: int) -> None:
    """What colleagues may do from now on: nothing (`off`), `ask`, or `join` by themselves."""
    rights.require(account_id, by, "domains.manage")
    if policy not in POLICIES:
        raise UnknownPolicy(errors=[Fault("policy", f"must be one of {', '.join(POLICIES)}")])
    get(account_id, public_id).policy = policy


def drop(account_id: int, public_id: str, *, by: int) -> None:
    """Give the domain back."""
    rights.require(account_id, by, "domains.manage")
    db.session.delete(get(account_id, public_id))


def record_name(claimed: AccountDomain) -> str:
    """Where in the DNS the TXT record with the claim's challenge has to stand."""
    return f"{RECORD}.{claimed.domain}"
