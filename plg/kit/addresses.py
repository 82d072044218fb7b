"""E-mail addresses and their domains: which mailbox is meant, and whether a domain stands for one company."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import idna
from disposable_email_domains import allowlist, blocklist
from publicsuffixlist import PublicSuffixList

from plg.kit.mailbox_providers import BY_DOMAIN, CONSUMER_DOMAINS, Provider


def domain_of(address: str) -> str:
    """The domain of an address in its one spelling (ASCII by IDNA with UTS 46, lower case, no last dot); "" where
    there is none."""
    return _ascii(address.rpartition("@")[2]) if "@" in address else ""


@lru_cache(maxsize=10_000)
def registrable(domain: str) -> str | None:
    """The part that somebody registered: `mail.acme.co.uk` → `acme.co.uk`, by https://publicsuffix.org. None for a
    public suffix itself, a single label, an IP address and what is no name at all."""
    name = _ascii(domain)
    if "." not in name or name.startswith(("[", ".")) or ".." in name or name.rpartition(".")[2].isdigit():
        return None
    return _suffixes().privatesuffix(name)


def is_disposable(domain: str) -> bool:
    """Whether the domain, or one that it lies under, gives mailboxes to be thrown away
    (https://github.com/disposable-email-domains/disposable-email-domains)."""
    for name in _with_parents(_ascii(domain)):
        if name in allowlist:
            return False
        if name in blocklist:
            return True
    return False


def is_consumer(domain: str) -> bool:
    """Whether anybody gets a mailbox there (Gmail, Outlook, Terra, …; see `mailbox_providers`)."""
    return any(name in CONSUMER_DOMAINS for name in _with_parents(_ascii(domain)))


def is_company_domain(domain: str) -> bool:
    """Whether people with addresses there are taken for colleagues: registered by somebody, and neither a consumer
    provider's nor a disposable one."""
    return registrable(domain) is not None and not is_consumer(domain) and not is_disposable(domain)


def fold(address: str) -> str:
    """The mailbox that an address reaches, for comparing; never to write to. Two addresses of one fold are one
    mailbox by their provider's own word; of two companies' addresses only case, Unicode form and IDNA are folded.

    The whole: NFKC and lower case (RFC 6532 §3.1 asks senders for NFC; no provider tells compatible letters apart).
    The domain: IDNA with UTS 46 (RFC 5891). Labels, dots and twin domains: by provider, with sources, in
    `mailbox_providers`."""
    name, _, written = _plain(address).strip().rpartition("@")
    name, domain = name.strip(), _ascii(written)
    provider, owner = _provider(domain)
    if provider is None:
        return f"{name}@{domain}"
    if owner:
        name, domain = owner, domain[len(owner) + 1 :]
    if provider.tag and not name.startswith(provider.tag):
        name = name.partition(provider.tag)[0]
    if provider.dots and (bare := name.replace(".", "")):
        name = bare
    return f"{name}@{provider.domains[0] if provider.one_mailbox else domain}"


def _provider(domain: str) -> tuple[Provider | None, str]:
    """The provider of a domain, and the name of the mailbox where the domain's first label tells it."""
    if domain in BY_DOMAIN:
        return BY_DOMAIN[domain], ""
    owner, _, above = domain.partition(".")
    provider = BY_DOMAIN.get(above)
    return (provider, owner) if provider is not None and provider.by_subdomain else (None, "")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


@lru_cache(maxsize=10_000)
def _ascii(domain: str) -> str:
    """As DNS asks for it; where IDNA refuses the name, just in lower case."""
    name = _plain(domain).strip().rstrip(".")
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode().rstrip(".")
    except idna.IDNAError:
        return name


def _with_parents(domain: str) -> Iterator[str]:
    """`a.b.example` → itself, `b.example`; a top level domain is no parent."""
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        yield ".".join(labels[start:])


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
