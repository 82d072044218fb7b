"""Rate limits that the pages share, beside those by network address."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Response
from flask_limiter.util import get_remote_address

from plg.kit.caller import current_caller
from plg.kit.rate_limits import limiter
from plg.web.pages import checks, known_browsers

F = TypeVar("F", bound=Callable[..., Any])


def address_typed() -> str:
    """The address of the form, as one key however it is written: `ANA@ａcme.example` is a way to write it, too."""
    typed = checks.typed("email")
    return checks.email(typed)[0] or typed.lower()[:320]


def network() -> str:
    """Who is asking, by what they cannot change at will."""
    return network_of(get_remote_address())


def network_of(address: str) -> str:
    """What one customer has: an IPv6 address is one of a /56 at least. What is no address stays as it is."""
    try:
        if ipaddress.ip_address(address).version == 6:
            return str(ipaddress.ip_network(f"{address}/56", strict=False))
    except ValueError:
        pass
    return address


def _guesser() -> str:
    """Whose guesses at an address's password are counted together: a browser in which somebody signed in with it
    before has its own count, so that nobody is locked out by strangers; all others share one by network."""
    address = address_typed()
    known = known_browsers.id_for(address)
    return f"browser {known} {address}" if known else f"{network()} {address}"


def _crowd() -> str:
    """Guesses at an address from networks everywhere; known browsers are not of the crowd."""
    address = address_typed()
    known = known_browsers.id_for(address)
    return f"browser {known} {address}" if known else f"anywhere {address}"


def _was_refused(response: Response) -> bool:
    """Only wrong passwords count."""
    return response.status_code == 401


def sign_in_limits(view: F) -> F:
    """For a form with `email` and `password`: guesses are slowed down, those who know their password are not."""
    slow = limiter.limit("30/minute", key_func=network)
    guessed = limiter.limit("10/minute;50/hour", key_func=_guesser, deduct_when=_was_refused)
    crowded = limiter.limit("500/hour", key_func=_crowd, deduct_when=_was_refused)
    return cast(F, slow(guessed(crowded(view))))


def person_asking() -> str:
    """The signed-in person, as a key for limits."""
    return f"person {current_caller().person_id}"


def _was_taken(response: Response) -> bool:
    """A form with faults sends no mail: whoever mends theirs is not kept waiting."""
    return response.status_code == 303


# However somebody makes us write to one address, it does not become a flood.
mail_limit = limiter.shared_limit(
    "6/hour", scope="mails to one address", key_func=address_typed, deduct_when=_was_taken
)
