"""The gateway to the DNS: which TXT records a name has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg.kit.errors import TryAgain

if TYPE_CHECKING:
    from dns.resolver import Resolver

    from plg.settings import Settings

SECONDS = 4.0


class DnsUnavailable(TryAgain):
    """No name server answered in time."""


@dataclass(frozen=True)
class DnsGateway:
    """servers: addresses such as `127.0.0.1:5353`; none means those of this machine."""

    servers: tuple[str, ...] = ()

    def texts(self, name: str) -> list[str]:
        """The TXT records of this name; none where there is no such name. Takes up to SECONDS: call it with no
        transaction open."""
        import dns.exception
        import dns.resolver

        try:
            answer = self._resolver().resolve(name, "TXT", lifetime=SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise DnsUnavailable(f"The DNS does not answer for {name}: {type(error).__name__}.") from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]

    def _resolver(self) -> Resolver:
        import dns.resolver

        resolver = dns.resolver.Resolver(configure=not self.servers)
        if self.servers:
            hosts = [server.rpartition(":") for server in self.servers]
            resolver.nameservers = [host for host, _, _ in hosts]
            resolver.nameserver_ports = {host: int(port) for host, _, port in hosts}
        return resolver


def connect(settings: Settings) -> DnsGateway:
    return DnsGateway(settings.dns_servers)
