"""Who can sign in to Facturo. A demo has no passwords: one chooses a person."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("owner", "admin", "billing", "member")


@dataclass(frozen=True)
class User:
    """A person at work in one account; role: one of `ROLES`."""

    id: str
    account_id: str
    name: str
    email: str
    role: str
    company: str
    locale: str = "es"


DEMO_USERS = (
    User("facturo-ana", "estudio-andino", "Ana Ríos", "ana@estudioandino.example", "owner", "Estudio Andino"),
    User(
        "facturo-luis",
        "estudio-andino",
        "Luis Prado",
        "luis@estudioandino.example",
        "member",
        "Estudio Andino",
    ),
    User(
        "facturo-emma", "hill-and-sons", "Emma Hill", "emma@hillandsons.example", "owner", "Hill & Sons", "en"
    ),
)
