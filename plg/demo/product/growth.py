"""Everything that Facturo says to plg: what happened, what is allowed, and who is looking at the widget.

The two event clients are the vendors' own; only their host is plg's.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from typing import Any

import jwt
import requests

from .people import User

PATIENCE = 2.0
"""Seconds to wait for plg. When it does not answer, Facturo goes on working: the customer comes first."""


class Growth:
    """Facturo's side of plg. One for the whole process."""

    def __init__(self, plg_url: str, publishable_key: str, secret_key: str, user_token_secret: str) -> None:
        from posthog import Posthog
        from segment.analytics import Client

        self.plg_url, self.publishable_key = plg_url, publishable_key
        self._secret_key, self._user_token_secret = secret_key, user_token_secret
        self._segment = Client(publishable_key, host=plg_url, upload_interval=0.1)
        self._posthog = Posthog(publishable_key, host=plg_url, flush_interval=0.1, disable_geoip=True)

    def signed_in(self, user: User) -> None:
        """Who this is, and which account they work in (Segment's SDK)."""
        self._segment.identify(user.id, {"name": user.name, "email": user.email})
        self._segment.group(user.id, user.account_id, {"name": user.company})

    def set_up(self, user: User, event: str, properties: dict[str, Any] | None = None) -> None:
        """Something about setting the workspace up happened (Segment's SDK)."""
        self._segment.track(user.id, event, properties or {}, context={"groupId": user.account_id})

    def invoiced(self, user: User, event: str, properties: dict[str, Any]) -> None:
        """Something about an invoice happened (PostHog's SDK)."""
        groups = {"account": user.account_id}
        self._posthog.capture(event, distinct_id=user.id, properties=properties, groups=groups)

    def check(self, user: User, feature: str, locale: str) -> dict[str, Any]:
        """May this account use `feature` once more? `allowed`, and where not, all that a paywall needs."""
        address = f"{self.plg_url}/v1/entitlements/{feature}"
        asked = {"account": user.account_id, "locale": locale}
        headers = {"Authorization": f"Bearer {self._secret_key}"}
        try:
            answer = requests.get(address, asked, headers=headers, timeout=PATIENCE)
            answer.raise_for_status()
        except requests.RequestException:
            return {"feature": feature, "allowed": True}
        return answer.json()

    def refused(self, user: User, feature: str) -> None:
        """This person wanted `feature`, and the plan does not give it: plg may have an offer for that."""
        address = f"{self.plg_url}/v1/entitlements/{feature}/refusals"
        said = {"account": user.account_id, "person": user.id}
        headers = {"Authorization": f"Bearer {self._secret_key}"}
        with suppress(requests.RequestException):
            requests.post(address, json=said, headers=headers, timeout=PATIENCE)

    def user_token(self, user: User) -> str:
        """Signed on the server, so that the browser cannot pretend to be somebody else. Good for an hour."""
        now = int(time.time())
        who = {"sub": user.id, "account": user.account_id, "name": user.name, "email": user.email}
        what = {"role": user.role, "account_name": user.company, "locale": user.locale}
        life = {"iat": now, "exp": now + 3600, "jti": uuid.uuid4().hex}
        return jwt.encode(who | what | life, self._user_token_secret, algorithm="HS256")

    def handed_over(self, token: str) -> dict[str, Any]:
        """Who comes from plg's workspace page. Raises jwt.InvalidTokenError for a forged or expired link."""
        required = ["sub", "account", "exp"]
        return jwt.decode(token, self._user_token_secret, algorithms=["HS256"], options={"require": required})

    def close(self) -> None:
        """Send what is still waiting."""
        self._segment.shutdown()
        self._posthog.shutdown()
