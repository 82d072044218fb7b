"""Makes the demo's database: migrations, a log-in, keys, the product folder, and a history."""

from __future__ import annotations

from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy import select

from plg import product_folder, wiring
from plg.access import credentials, keys
from plg.access.models import StaffMember
from plg.demo import history
from plg.demo.keepsake import Keepsake
from plg.demo.ports import LOOPBACK, Ports
from plg.kit.db import db

PRODUCT_FOLDER = Path(__file__).parent / "product_folder"
BY = "plg demo"


def settings(folder: Path, kept: Keepsake, ports: Ports) -> dict[str, str]:
    """plg's settings for the demo by name: the embedded default, and stand-ins for the world outside."""
    return {
        "environment": "development",
        "data_dir": str(folder.absolute()),
        "database_url": "",
        "public_url": ports.url("web"),
        "product_url": ports.url("product"),
        "product_name": "Facturo",
        "mail_from": "Facturo <hola@facturo.example>",
        "smtp_url": f"smtp://{LOOPBACK}:{ports.smtp}",
        "user_token_secret": kept.user_token_secret,
        "stripe_api_key": "sk_test_demo",
        "stripe_api_base": ports.url("stripe"),
        "stripe_webhook_secret": kept.stripe_webhook_secret,
        "posthog_key": "phc_demo",
        "posthog_host": ports.url("posthog"),
    }


def prepare(app: Flask, folder: Path, kept: Keepsake) -> None:
    """Bring the folder's database to where the demo can begin; what is there already stays as it is."""
    with app.app_context():
        flask_migrate.upgrade()
        _make_log_in(kept)
        kept.publishable_key = _key_in_force("publishable", kept.publishable_key)
        kept.secret_key = _key_in_force("secret", kept.secret_key)
        product_folder.apply(app, PRODUCT_FOLDER, prune=False, by=BY)
        db.session.commit()
    kept.save(folder)


def load_history(app: Flask, folder: Path, kept: Keepsake, people: int) -> None:
    """Once for a folder, before its first worker: no reader of the log lives through it again, for nobody in
    it is to be written to, or met by a limit."""
    with app.app_context():
        history.load(history.simulate(people=people), subscriptions=wiring.subscriptions_of(app))
    kept.history = True
    kept.save(folder)


def _make_log_in(kept: Keepsake) -> None:
    known = select(StaffMember.id).where(StaffMember.email == kept.staff_email)
    if db.session.scalar(known) is None:
        credentials.add_staff(kept.staff_email, "Facturo Growth", kept.staff_password)


def _key_in_force(kind: str, plain: str) -> str:
    return plain if plain and keys.check(plain) else keys.create(kind, BY, by=BY)[1]
