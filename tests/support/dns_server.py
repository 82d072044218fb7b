"""A name server on loopback that answers from a dictionary: real DNS over UDP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class Zone:
    """TXT records by name (without the last dot); `asked` are the names that somebody wanted to know."""

    address: str
    texts: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def dns_server() -> Iterator[Zone]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        zone = Zone(f"127.0.0.1:{line.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(line, zone), daemon=True)
        thread.start()
        yield zone
        line.sendto(b"", line.getsockname())
        thread.join(timeout=10)


def _serve(line: socket.socket, zone: Zone) -> None:
    while True:
        wire, sender = line.recvfrom(4096)
        if not wire:
            return
        line.sendto(_answer(dns.message.from_wire(wire), zone).to_wire(), sender)


def _answer(question: dns.message.Message, zone: Zone) -> dns.message.Message:
    answer = dns.message.make_response(question, recursion_available=True)
    name = question.question[0].name
    asked = name.to_text().rstrip(".")
    zone.asked.append(asked)
    found = zone.texts.get(asked)
    if found is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif found:
        quoted = [f'"{text}"' for text in found]
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
    return answer
