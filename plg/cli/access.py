"""`plg keys` and `plg staff`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def transaction() -> Iterator[None]:
    """One command, one transaction."""
    from plg.app import create_app
    from plg.kit.db import db
    from plg.kit.errors import Refusal

    with create_app().app_context():
        try:
            yield
            db.session.commit()
        except Refusal as refusal:
            told = [f"\n  {fault.field}: {fault.message}" for fault in refusal.errors]
            faults = "" if refusal.detail.startswith(told[0].strip() if told else "\n") else "".join(told)
            raise click.ClickException(f"{refusal.detail}{faults}") from None


@click.group(epilog="Example: plg keys create secret --name billing-service")
def keys_command() -> None:
    """Make, list and revoke API keys.

    A secret key is for your servers, a publishable one for pages and apps."""


@keys_command.command()
@click.argument("kind", type=click.Choice(["publishable", "secret"]))
@click.option("--name", default="command line", show_default=True, help="Who uses it, for the list.")
def create(kind: str, name: str) -> None:
    """Make a key. It is shown this once."""
    from plg.access import keys

    with transaction():
        _, plain = keys.create(kind, name, by="command line")
    click.echo(plain)


@keys_command.command("list")
def list_keys() -> None:
    """All keys, newest first."""
    from plg.access import keys

    with transaction():
        for key in keys.all_keys():
            state = "revoked" if key.revoked_at else "in force"
            click.echo(f"{key.id:>5}  {key.kind:<12} {key.hint:<16} {state:<9} {key.name}")


@keys_command.command("token-secret")
def token_secret() -> None:
    """The secret (HS256) by which your server signs user tokens for the widget. Keep it on the server."""
    from plg.settings import Settings

    click.echo(Settings().user_token_key())


@keys_command.command()
@click.argument("key_id", type=int)
def revoke(key_id: int) -> None:
    """Revoke the key with this number (see `plg keys list`)."""
    from plg.access import keys

    with transaction():
        keys.revoke(key_id, by="command line")
    click.echo(f"Key {key_id} is revoked.")


@click.group()
def staff_command() -> None:
    """Add somebody of the firm."""


@staff_command.command("add", epilog="Example: plg staff add ana@example.com --name Ana")
@click.argument("email")
@click.option("--name", required=True, help="As the pages show it.")
@click.password_option()
def add_staff(email: str, name: str, password: str) -> None:
    """Give EMAIL a log-in to the staff pages."""
    from plg.access import credentials

    with transaction():
        credentials.add_staff(email, name, password)
    click.echo(f"{email} can sign in at /staff.")
