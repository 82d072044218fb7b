"""Which addresses are one mailbox, and which domains are one company."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plg.kit import addresses
from plg.kit.mailbox_providers import BY_DOMAIN, CONSUMER_DOMAINS, PROVIDERS


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("Ana.Ruiz+trial2@GoogleMail.com", "anaruiz@gmail.com"),
        ("a.n.a@gmail.com", "ana@gmail.com"),
        (" ana+x+y@outlook.es ", "ana@outlook.es"),
        ("ana.ruiz@outlook.com", "ana.ruiz@outlook.com"),
        ("ana-shopping@yahoo.com.mx", "ana@yahoo.com.mx"),
        ("ana+x@yahoo.com", "ana+x@yahoo.com"),
        ("ana+x@me.com", "ana@icloud.com"),
        ("ana+x@pm.me", "ana@proton.me"),
        ("trial@ana.fastmail.com", "ana@fastmail.com"),
        ("ana+trial@fastmail.fm", "ana@fastmail.fm"),
        ("ana@ya.ru", "ana@yandex.com"),
        ("ANA@Bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@BÜCHER.example.", "ana@xn--bcher-kva.example"),
        ("\uff41\uff4e\uff41@gmail.com", "ana@gmail.com"),  # full-width letters
        ("ana+x@acme.example", "ana+x@acme.example"),
        ("ana.ruiz@acme.example", "ana.ruiz@acme.example"),
        ("anything@ana.acme.example", "anything@ana.acme.example"),
        ("+tag@gmail.com", "+tag@gmail.com"),
        ("...@gmail.com", "...@gmail.com"),
    ],
)
def test_an_address_folds_to_the_mailbox_that_it_reaches(written, mailbox):
    assert addresses.fold(written) == mailbox


names = st.text(string.ascii_letters + string.digits + "._+-ñÉ", min_size=1, max_size=20)
hosts = st.sampled_from([*sorted(BY_DOMAIN), "acme.example", "correo.acme.com.mx", "bücher.example"])


@given(names, hosts)
def test_what_is_folded_stays_as_it_is(name, host):
    folded = addresses.fold(f"{name}@{host}")

    assert addresses.fold(folded) == folded


@given(st.text(max_size=40))
def test_no_text_is_too_odd_to_fold(text):
    folded = addresses.fold(text)

    assert addresses.fold(folded) == folded
    assert isinstance(addresses.is_company_domain(addresses.domain_of(text)), bool)


@given(names, names, st.sampled_from(["acme.example", "acme.com.mx", "uni.edu.ar"]))
def test_two_mailboxes_of_a_company_are_never_taken_for_one(one, other, host):
    assume(one.lower() != other.lower())

    assert addresses.fold(f"{one}@{host}") != addresses.fold(f"{other}@{host}")


@given(names, names, hosts, hosts)
def test_who_uses_different_providers_is_never_taken_for_one(one, other, here, there):
    assume(BY_DOMAIN.get(here) != BY_DOMAIN.get(there))

    assert addresses.fold(f"{one}@{here}") != addresses.fold(f"{other}@{there}")


@given(st.text(string.ascii_lowercase, min_size=1, max_size=10), names, st.sampled_from(PROVIDERS), st.data())
def test_a_label_never_makes_another_mailbox_where_the_provider_has_labels(name, label, provider, data):
    host = data.draw(st.sampled_from(provider.domains))

    assert addresses.fold(f"{name}{provider.tag}{label}@{host}") == addresses.fold(f"{name}@{host}")


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("mail.acme.co.uk", "acme.co.uk"),
        ("acme.com.mx", "acme.com.mx"),
        ("ACME.Example", "acme.example"),
        ("ventas.bücher.example", "xn--bcher-kva.example"),
        ("co.uk", None),
        ("localhost", None),
        ("10.0.0.1", None),
        ("[10.0.0.1]", None),
        ("", None),
    ],
)
def test_the_registered_part_of_a_domain(domain, registered):
    assert addresses.registrable(domain) == registered


def test_disposable_domains_are_known_with_all_that_lies_under_them():
    assert addresses.is_disposable("mailinator.com")
    assert addresses.is_disposable("team7.MAILINATOR.com")
    assert not addresses.is_disposable("mailinator.com.acme.example")
    assert not addresses.is_disposable("acme.example")


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "hotmail.es",
        "hotmail.com.ar",
        "live.com.mx",
        "yahoo.com.br",
        "terra.com.pe",
        "telefonica.net",
    ]
    + ["uol.com.br", "bol.com.br", "icloud.com", "gmx.net", "proton.me", "ana.fastmail.com", "GMAIL.COM"],
)
def test_consumer_domains_say_nothing_about_a_company(domain):
    assert addresses.is_consumer(domain)
    assert not addresses.is_company_domain(domain)


def test_a_company_is_known_by_a_domain_of_its_own():
    assert addresses.is_company_domain("acme.example")
    assert addresses.is_company_domain("ventas.acme.com.ar")
    assert not addresses.is_company_domain("mailinator.com")
    assert not addresses.is_company_domain("com.ar")
    assert not addresses.is_company_domain("")


def test_every_consumer_domain_is_written_in_its_one_spelling():
    assert {addresses.domain_of(f"a@{domain}") for domain in CONSUMER_DOMAINS} == CONSUMER_DOMAINS
