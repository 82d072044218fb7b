"""Company domains: proved by an address, by DNS or by a mail, held by one workspace, and never everybody's."""

import pytest

from plg.accounts import accounts, deletion, domains
from plg.accounts.dns import DnsGateway, DnsUnavailable
from plg.accounts.domains import DomainNotAllowed, DomainNotFound, DomainTaken, TooManyDomains, UnknownPolicy
from plg.accounts.memberships import NotAMember
from plg.accounts.models import AccountDomain
from plg.events.models import Event
from plg.kit.db import db
from tests.support.dns_server import dns_server
from tests.support.story import in_parallel, make_account, make_person
from tests.web.visits import count

DOMAIN = "acme-corp.com"
OLGA = f"olga@{DOMAIN}"


@pytest.fixture
def owner(app):
    return make_person(app, OLGA, "Olga")


@pytest.fixture
def account(app, owner):
    return make_account(app, (owner, "owner"))


def claim(app, account, by, domain=DOMAIN, address=OLGA):
    with app.app_context():
        found = domains.claim(account, domain, address=address, by=by)
        db.session.commit()
        return found


def policy(app, account, by, new):
    with app.app_context():
        domains.set_policy(account, domains.of_account(account)[0].public_id, new, by=by)
        db.session.commit()


def joinable(app, address):
    with app.app_context():
        return [(one.account.name, one.how) for one in domains.joinable(address)]


def test_ones_own_confirmed_address_proves_its_domain(app, account, owner):
    claimed = claim(app, account, owner, f"@{DOMAIN.upper()}.")

    assert (claimed.domain, claimed.proof) == (DOMAIN, "address")
    assert count(app, Event, Event.name == "Domain Verified", Event.account_id == account) == 1
    assert joinable(app, f"BEA@{DOMAIN}") == [("Acme", "ask")]


def test_another_domain_than_ones_own_waits_for_its_proof(app, account, owner):
    claimed = claim(app, account, owner, "acme-labs.com")

    assert claimed.verified_at is None
    assert joinable(app, "bea@acme-labs.com") == []


@pytest.mark.parametrize(
    "domain", ["gmail.com", "GMAIL.com", "mailinator.com", "com", "co.uk", "", "10.0.0.1", "x"]
)
def test_what_is_not_one_companys_is_never_claimed(app, account, owner, domain):
    with app.app_context(), pytest.raises(DomainNotAllowed):
        domains.claim(account, domain, address=f"olga@{domain}", by=owner)


def test_consumer_addresses_join_nowhere_even_if_a_row_says_so(app, account, owner):
    claim(app, account, owner)
    with app.app_context():
        domains.of_account(account)[0].domain = "gmail.com"
        db.session.commit()

    assert joinable(app, "bea@gmail.com") == []


def test_only_addresses_of_the_very_domain_are_colleagues(app, account, owner):
    claim(app, account, owner)

    for address in (
        f"eve@evil-{DOMAIN}",
        f"eve@mail.{DOMAIN}",
        f"eve@{DOMAIN}.evil.com",
        f"{DOMAIN}@evil.com",
    ):
        assert joinable(app, address) == []


@pytest.mark.parametrize(("chosen", "told"), [("off", []), ("ask", ["ask"]), ("join", ["join"])])
def test_the_policy_says_what_colleagues_may_do(app, account, owner, chosen, told):
    claim(app, account, owner)
    policy(app, account, owner, chosen)

    assert [how for _, how in joinable(app, f"bea@{DOMAIN}")] == told


def test_a_workspace_that_is_about_to_be_deleted_takes_nobody_in(app, account, owner):
    claim(app, account, owner)
    with app.app_context():
        deletion.request(account, "Acme", by=owner)
        db.session.commit()

    assert joinable(app, f"bea@{DOMAIN}") == []


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_workspaces_that_claim_a_domain_at_once_one_gets_it(app, attempt):
    people = [make_person(app, f"p{i}@{DOMAIN}") for i in range(6)]
    claims = [make_account(app, (person, "owner"), name=f"W{i}") for i, person in enumerate(people)]

    answers = in_parallel(
        app, 6, lambda i: domains.claim(claims[i], DOMAIN, address=f"p{i}@{DOMAIN}", by=people[i])
    )

    assert all(isinstance(answer, AccountDomain) for answer in answers)
    assert count(app, AccountDomain) == 6
    assert count(app, AccountDomain, AccountDomain.verified_at.is_not(None)) == 1
    assert len(joinable(app, f"bea@{DOMAIN}")) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_proofs_by_dns_at_once_the_first_counts(app, attempt):
    people = [make_person(app, f"p{i}@other.com") for i in range(4)]
    accounts_ = [make_account(app, (person, "owner")) for person in people]
    ids = [claim(app, accounts_[i], people[i], address="p@other.com").public_id for i in range(4)]

    answers = in_parallel(
        app, 4, lambda i: domains.prove(domains.get(accounts_[i], ids[i]), "dns", by=people[i])
    )

    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, DomainTaken) for answer in answers) == 3


def test_claimed_many_times_at_once_it_is_one_claim(app, account, owner):
    in_parallel(app, 6, lambda _: domains.claim(account, DOMAIN, address=OLGA, by=owner))

    assert count(app, AccountDomain) == 1
    assert count(app, Event, Event.name == "Domain Verified") == 1


def test_who_writes_the_dns_takes_the_domain_from_who_only_has_an_address_there(app, account, owner):
    claim(app, account, owner)
    boss = make_person(app, "boss@elsewhere.com")
    whole = make_account(app, (boss, "owner"), name="Whole company")
    theirs = claim(app, whole, boss, address="boss@elsewhere.com")

    with app.app_context():
        domains.prove(domains.get(whole, theirs.public_id), "dns", by=boss)
        db.session.commit()

    assert [name for name, _ in joinable(app, f"bea@{DOMAIN}")] == ["Whole company"]
    assert count(app, Event, Event.name == "Domain Lost", Event.account_id == account) == 1
    with app.app_context(), pytest.raises(DomainTaken):
        domains.prove(domains.of_account(account)[0], "mail", by=owner)


def test_a_domain_is_given_back(app, account, owner):
    claimed = claim(app, account, owner)
    with app.app_context():
        domains.drop(account, claimed.public_id, by=owner)
        db.session.commit()

    assert joinable(app, f"bea@{DOMAIN}") == []


def test_members_and_strangers_claim_and_change_nothing(app, account, owner):
    claimed = claim(app, account, owner)
    bea = make_person(app, f"bea@{DOMAIN}")
    foreign = make_account(app, (bea, "owner"))
    with app.app_context():
        accounts.get(account)
        for refused in (
            lambda: domains.claim(account, "acme-labs.com", address=f"bea@{DOMAIN}", by=bea),
            lambda: domains.set_policy(account, claimed.public_id, "join", by=bea),
            lambda: domains.drop(account, claimed.public_id, by=bea),
        ):
            with pytest.raises(NotAMember):
                refused()
        with pytest.raises(DomainNotFound):
            domains.set_policy(foreign, claimed.public_id, "join", by=bea)


def test_unknown_policies_and_too_many_domains_are_refused(app, account, owner, monkeypatch):
    claimed = claim(app, account, owner)
    with app.app_context(), pytest.raises(UnknownPolicy):
        domains.set_policy(account, claimed.public_id, "all", by=owner)
    monkeypatch.setattr(domains, "MAX_DOMAINS", 1)
    with app.app_context(), pytest.raises(TooManyDomains):
        domains.claim(account, "acme-labs.com", address=OLGA, by=owner)


def test_the_gateway_reads_txt_records_over_real_dns():
    with dns_server() as zone:
        zone.texts = {"_plg-challenge.acme-corp.com": ["one", "two"], "empty.com": []}
        gateway = DnsGateway((zone.address,))

        assert sorted(gateway.texts("_plg-challenge.acme-corp.com")) == ["one", "two"]
        assert gateway.texts("empty.com") == gateway.texts("unknown.com") == []


def test_a_name_server_that_is_silent_is_said_so(monkeypatch):
    monkeypatch.setattr("plg.accounts.dns.SECONDS", 0.2)
    with pytest.raises(DnsUnavailable):
        DnsGateway(("127.0.0.1:9",)).texts("acme-corp.com")
