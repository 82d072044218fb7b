"""What the demo remembers between two starts: its keys, secrets and log-in, in a file for its owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

FILE = "demo.json"


def _secret() -> str:
    return secrets.token_urlsafe(24)


@dataclass(repr=False)
class Keepsake:
    """Made once for a folder. The two keys are empty until the database has them."""

    publishable_key: str = ""
    secret_key: str = ""
    staff_email: str = "growth@facturo.example"
    staff_password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    user_token_secret: str = field(default_factory=_secret)
    stripe_webhook_secret: str = field(default_factory=lambda: f"whsec_{_secret()}")
    history: bool = False

    def save(self, folder: Path) -> None:
        """Write it so that no moment shows half of it, or shows it to others."""
        unfinished = folder / f"{FILE}.part"
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
        unfinished.rename(folder / FILE)


def find(folder: Path) -> Keepsake:
    """What an earlier start left in `folder`, or a new one."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    return Keepsake(**json.loads(file.read_text())) if file.exists() else Keepsake()
