"""Accounts and people of a host product, as benchmarks need them: many, and known to plg."""

from dataclasses import dataclass

from plg.access import user_tokens
from plg.accounts import accounts, memberships
from plg.kit.db import db
from plg.people import identities
from plg.trials import trials
from tests.bench.serving import Plg


@dataclass(frozen=True)
class User:
    """One user of the host product: what it calls them and their account, and their user token."""

    id: str
    account: str
    token: str

    def headers(self, plg: Plg) -> dict[str, str]:
        """Headers of the widget's requests in this user's browser."""
        return {"X-Plg-Key": plg.publishable_key, "Authorization": f"Bearer {self.token}"}

    def event(self, name: str, **properties: object) -> dict[str, object]:
        """A Segment track call of this user."""
        return {
            "type": "track",
            "event": name,
            "userId": self.id,
            "context": {"groupId": self.account},
            "properties": properties,
        }


def customers(plg: Plg, count: int, *, on_trial: bool = True) -> list[User]:
    """`count` accounts with one owner each, on trial unless told otherwise. Commits."""
    users = []
    with plg.app.app_context():
        for number in range(count):
            key, account_key = f"user-{number}", f"company-{number}"
            account = accounts.open(f"Company {number}", key=account_key)
            person = identities.resolve([key])[key]
            memberships.add(account.id, person, "owner", by="bench")
            if on_trial:
                trials.start(account.id, person_id=person, by="bench")
            users.append(User(key, account_key, user_tokens.sign(key, account_key)))
        db.session.commit()
        db.session.remove()
    return users
