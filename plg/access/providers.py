"""Sign-in providers: Google, GitHub and any OpenID Connect issuer, by whom people may sign in and sign up.

A new kind of provider is one file with a class like `Oidc` and one line in `connect`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flask import current_app

from plg.access.providers_github import GitHub
from plg.access.providers_oidc import Oidc
from plg.access.providers_wire import Begun, Callback, Outsider
from plg.kit.errors import NotFound
from plg.settings import Settings, SignInProvider

GOOGLE = "https://accounts.google.com"


class Provider(Protocol):
    """key: in addresses and the log. name: on the button."""

    key: str
    name: str

    def begin(self, redirect_uri: str) -> Begun:
        """Where to send the browser, and what to keep until it is back. Asks the provider: no transaction may
        be open."""

    def finish(self, callback: Callback, begun: Begun) -> Outsider:
        """Who came back. Asks the provider: no transaction may be open. Raises ProviderDenied,
        ProviderUnavailable or ProviderAnswerRefused."""


class UnknownProvider(NotFound):
    """No sign-in provider of this name is set up."""


def connect(settings: Settings) -> dict[str, Provider]:
    """The providers of the settings, by key, in their order."""
    return {each.key: _provider(each) for each in settings.sign_in_providers}


def every() -> Sequence[Provider]:
    return list(_connected().values())


def get(key: str) -> Provider:
    found = _connected().get(key)
    if found is None:
        raise UnknownProvider("No sign-in provider of this name is set up.")
    return found


def name_of(key: str) -> str:
    """For lists; the key where the provider is not set up any more."""
    found = _connected().get(key)
    return found.name if found else key


def _connected() -> dict[str, Provider]:
    return current_app.extensions["plg.sign_in_providers"]


def _provider(given: SignInProvider) -> Provider:
    if given.preset == "github":
        return GitHub(given)
    return Oidc(given, issuer=given.issuer or GOOGLE, name="Google" if given.preset else "")
