"""What people are told where a sign-in with a provider does not work out, and what to do then."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext

from plg.access.providers import Provider
from plg.access.providers_wire import Outsider

Told = tuple[str, int]


def denied(provider: Provider) -> Told:
    title = gettext("You are not signed in")
    text = gettext(
        "You stopped at %(provider)s, or it did not let you in. Try again, or sign in another way.",
        provider=provider.name,
    )
    return _page(provider, title, text, 403)


def expired(provider: Provider) -> Told:
    title = gettext("That took a little too long")
    text = gettext(
        "This sign-in was used already, is too old, or began in another browser. Start again here."
    )
    return _page(provider, title, text, 400)


def refused(provider: Provider) -> Told:
    title = gettext("That answer does not fit")
    text = gettext(
        "What came back from %(provider)s does not fit your sign-in, so nobody was signed in. Start again here.",
        provider=provider.name,
    )
    return _page(provider, title, text, 400)


def unavailable(provider: Provider) -> Told:
    title = gettext("%(provider)s does not answer", provider=provider.name)
    text = gettext("Try again in a moment, or sign in another way.")
    return _page(provider, title, text, 503)


def no_address(provider: Provider) -> Told:
    title = gettext("We need an address that is yours")
    text = gettext(
        "%(provider)s did not tell us an address that it has verified. Verify yours there and try again, or sign"
        " up here with your address.",
        provider=provider.name,
    )
    return _page(provider, title, text, 403)


def known(provider: Provider, outsider: Outsider) -> Told:
    """Their address has an account: it is connected only by who is signed in to that account."""
    title = gettext("You have an account already")
    text = gettext(
        "%(email)s is known here. Sign in once the way you always do and connect %(provider)s: after that its"
        " button signs you in.",
        email=outsider.email,
        provider=provider.name,
    )
    onward = url_for("security.show")
    return _page(provider, title, text, 409, url_for("sign_in.login", next=onward, email=outsider.email))


def taken(provider: Provider) -> Told:
    title = gettext("Connected to somebody else")
    text = gettext(
        "Another person here signs in with that account at %(provider)s. Sign in there with your own account, then"
        " connect it.",
        provider=provider.name,
    )
    return _page(provider, title, text, 409, url_for("security.show"))


def _page(provider: Provider, title: str, text: str, status: int, sign_in_url: str = "") -> Told:
    page = render_template(
        "pages/provider_problem.html", provider=provider, title=title, text=text, sign_in_url=sign_in_url
    )
    return page, status
