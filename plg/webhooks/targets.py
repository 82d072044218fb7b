"""Where a webhook may go: an address of the public internet, looked up and checked at each delivery, so that nobody
has plg call what only this machine can reach (server-side request forgery)."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

from plg.kit.errors import Fault, Unprocessable

MAX_URL = 2000
PORTS = {"https": 443, "http": 80}

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class UrlRefused(Unprocessable):
    """The address is none that webhooks are sent to."""


class TargetRefused(Exception):  # noqa: N818 - an answer, kept with the delivery
    """The host's name leads to an address that is not public."""


def check_url(url: str, *, private: bool) -> str:
    """The address, if an endpoint may have it. private: `webhooks_private_addresses` of the settings."""
    fault = _fault(url, private)
    if fault:
        raise UrlRefused(errors=[Fault("url", fault)])
    return url


def _fault(url: str, private: bool) -> str:
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url):
        return f"must be an address in ASCII, of at most {MAX_URL} characters"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port_of(parts)
    except ValueError:
        return "must be an address such as https://example.com/webhooks"
    if parts.scheme not in PORTS or not host or parts.fragment:
        return "must be an address such as https://example.com/webhooks"
    if parts.username is not None or parts.password is not None:
        return "must hold no user and password: the signature says who is calling"
    if private:
        return ""
    if parts.scheme != "https":
        return "must begin with https:// (http:// only with webhooks_private_addresses)"
    return "" if _may_be_public(host) else "must be reachable on the public internet"


def port_of(parts: SplitResult) -> int:
    """The port of an address; ValueError where it is none."""
    return parts.port or PORTS.get(parts.scheme, 0)


def _may_be_public(host: str) -> bool:
    try:
        return is_public(ipaddress.ip_address(host))
    except ValueError:
        return host.rstrip(".") != "localhost" and not host.rstrip(".").endswith(".localhost")


def lookup(host: str, port: int, *, private: bool) -> list[str]:
    """The network addresses of a host, as the resolver orders them. Raises OSError where it has none, and
    `TargetRefused` where any of them is not public and private is false."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    if not private and not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise TargetRefused(f"{host} is not on the public internet")
    return addresses


def is_public(address: Address) -> bool:
    """Whether anybody on the internet means the same machine by it; addresses that carry an IPv4 address inside are
    judged by that one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
