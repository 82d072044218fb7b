"""The domains of a workspace: claimed, proved by DNS or by a mail to the domain's own mailbox, given back."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, current_app, flash, render_template
from flask_babel import gettext
from werkzeug import Response

from plg.access import one_time
from plg.access.models import OneTimeToken
from plg.access.one_time import LinkExpired
from plg.accounts import accounts, domains
from plg.accounts.dns import DnsGateway, DnsUnavailable
from plg.accounts.domains import DomainNotAllowed, DomainNotFound, DomainTaken, TooManyDomains
from plg.accounts.models import AccountDomain
from plg.kit.caller import requires
from plg.kit.db import end_transaction
from plg.kit.rate_limits import limiter
from plg.web.pages import checks, workspace_letters
from plg.web.pages.own_workspace import confirmed_address, here
from plg.web.pages.workspace_settings import Page, back, page

bp = Blueprint("workspace_domains", __name__)

PURPOSE = "prove-domain"
LIFE = dt.timedelta(days=3)


@bp.post("/workspace/domains")
@limiter.limit("20/hour")
@requires("person")
def claim() -> Page:
    account, reader = here("domains.manage")
    typed = checks.typed("domain")
    try:
        claimed = domains.claim(account.id, typed, address=confirmed_address(), by=reader)
    except DomainNotAllowed:
        fault = gettext(
            "Enter your company's own domain, such as example.com; those of mail providers do not count."
        )
        return page({"domain": typed}, {"domain": fault}), 422
    except TooManyDomains:
        return page({"domain": typed}, {"domain": gettext("There are too many domains here already.")}), 409
    if claimed.verified_at is not None:
        flash(gettext("%(domain)s belongs to this workspace.", domain=claimed.domain), "ok")
    else:
        flash(gettext("Now show that %(domain)s is yours.", domain=claimed.domain), "info")
    return back()


@bp.post("/workspace/domains/<public_id>/dns")
@limiter.limit("20/hour")
@requires("person")
def look_up(public_id: str) -> Response:
    """Ask the DNS, with no transaction open meanwhile."""
    account, reader = here("domains.manage")
    claimed = domains.get(account.id, public_id)
    name, challenge, account_id = domains.record_name(claimed), claimed.challenge, account.id
    end_transaction()
    gateway: DnsGateway = current_app.extensions["plg.dns"]
    try:
        found = challenge in [text.strip() for text in gateway.texts(name)]
    except DnsUnavailable:
        flash(gettext("The DNS does not answer at the moment. Try again in a few minutes."), "warn")
        return back()
    if not found:
        flash(gettext("The record is not there yet. New records take up to an hour to be seen."), "warn")
        return back()
    here("domains.manage")
    return _proved(domains.get(account_id, public_id), "dns", reader)


@bp.post("/workspace/domains/<public_id>/mail")
@limiter.limit("10/hour")
@requires("person")
def write(public_id: str) -> Response:
    account, reader = here("domains.manage")
    claimed = domains.get(account.id, public_id)
    mailbox = checks.typed("mailbox")
    if mailbox not in domains.MAILBOXES:
        raise DomainNotFound("There is no such mailbox to write to.")
    address = f"{mailbox}@{claimed.domain}"
    data = {"account": account.id, "claim": claimed.public_id}
    token = one_time.issue(PURPOSE, address, person_id=reader, life=LIFE, data=data)
    workspace_letters.ask_mailbox(address, claimed, token, account)
    flash(gettext("We have written to %(email)s.", email=address), "ok")
    return back()


@bp.post("/workspace/domains/<public_id>/policy")
@requires("person")
def set_policy(public_id: str) -> Response:
    account, reader = here("domains.manage")
    domains.set_policy(account.id, public_id, checks.typed("policy"), by=reader)
    flash(gettext("Saved."), "ok")
    return back()


@bp.post("/workspace/domains/<public_id>/drop")
@requires("person")
def drop(public_id: str) -> Response:
    account, reader = here("domains.manage")
    domains.drop(account.id, public_id, by=reader)
    flash(gettext("The domain was given back."), "ok")
    return back()


def _proved(claimed: AccountDomain, proof: str, reader: int | None) -> Response:
    try:
        domains.prove(claimed, proof, by=reader)
        flash(gettext("%(domain)s belongs to this workspace.", domain=claimed.domain), "ok")
    except DomainTaken:
        flash(gettext("Another workspace has shown before that this domain is theirs."), "warn")
    return back()


@bp.get("/domains/<token>")
@requires("anonymous")
def proof(token: str) -> Page:
    """Only a page: mail scanners that open links prove nothing."""
    try:
        link = one_time.look_at(PURPOSE, token)
        return _proof_page(_claim_of(link), done=False)
    except (LinkExpired, DomainNotFound):
        return _expired()


@bp.post("/domains/<token>")
@limiter.limit("20/minute")
@requires("anonymous")
def proved(token: str) -> Page:
    try:
        claimed = _claim_of(one_time.use(PURPOSE, token))
        domains.prove(claimed, "mail", by=None)
        return _proof_page(claimed, done=True)
    except (LinkExpired, DomainNotFound, DomainTaken):
        return _expired()


def _claim_of(link: OneTimeToken) -> AccountDomain:
    return domains.get(link.data["account"], link.data["claim"])


def _proof_page(claimed: AccountDomain, *, done: bool) -> str:
    account = accounts.get(claimed.account_id)
    return render_template("pages/prove_domain.html", claimed=claimed, account=account, done=done)


def _expired() -> tuple[str, int]:
    end_transaction()
    text = gettext("Links in our mails work once and expire. Whoever asked for it can send a new one.")
    return render_template("pages/link_expired.html", text=text, again_url=""), 410
