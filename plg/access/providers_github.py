"""GitHub: OAuth 2.0 without OpenID Connect, so who came is read from its API."""

from __future__ import annotations

from dataclasses import replace

from plg.access.providers_wire import (
    Begun,
    Callback,
    Outsider,
    ProviderAnswerRefused,
    ProviderDenied,
    fetch_token,
    get_json,
    session_of,
    text,
    verified,
)
from plg.settings import SignInProvider

HOST = "https://github.com"


class GitHub:
    """github.com, or a GitHub Enterprise server (`issuer`: its address)."""

    def __init__(self, given: SignInProvider) -> None:
        self.key, self.name = given.key, given.name or "GitHub"
        self._given = given
        self.host = (given.issuer or HOST).rstrip("/")
        self.api = "https://api.github.com" if self.host == HOST else f"{self.host}/api/v3"

    def begin(self, redirect_uri: str) -> Begun:
        begun = Begun.fresh(redirect_uri)
        with self._session() as session:
            session.redirect_uri = redirect_uri
            url, _ = session.create_authorization_url(
                f"{self.host}/login/oauth/authorize", state=begun.state, code_verifier=begun.verifier
            )
        return replace(begun, url=url)

    def finish(self, callback: Callback, begun: Begun) -> Outsider:
        if callback.error or not callback.code:
            raise ProviderDenied(f"GitHub did not let in: {callback.error[:100] or 'no code'}.")
        with self._session() as session:
            url = f"{self.host}/login/oauth/access_token"
            session.token = fetch_token(session, url, callback, begun, headers={"Accept": "application/json"})
            user = get_json(session, f"{self.api}/user", token=True)
            addresses = get_json(session, f"{self.api}/user/emails", token=True)
        number = user.get("id") if isinstance(user, dict) else None
        if not isinstance(number, int) or not isinstance(addresses, list):
            raise ProviderAnswerRefused("GitHub did not say who it is.")
        name = text(user.get("name"), 100) or text(user.get("login"), 100)
        return Outsider(self.key, self.host, str(number), _primary(addresses), name)

    def _session(self):  # type: ignore[no-untyped-def]
        return session_of(self._given, scope="read:user user:email", code_challenge_method="S256")


def _primary(addresses: list[object]) -> str | None:
    """The verified address that mails go to; never one that GitHub made up for commits."""
    for each in addresses:
        if isinstance(each, dict) and each.get("primary") is True:
            found = verified(each.get("email"), each.get("verified") is True)
            return found if found and not found.endswith("@users.noreply.github.com") else None
    return None
