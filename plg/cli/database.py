"""`plg db`: migrations."""

from __future__ import annotations

import click


@click.group()
def db_command() -> None:
    """Bring the database to this version, or back."""


@db_command.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Go forward to REVISION (default: the newest)."""
    _run("upgrade", revision)


@db_command.command()
@click.argument("revision", default="-1")
def downgrade(revision: str) -> None:
    """Go back to REVISION (default: one step)."""
    _run("downgrade", revision)


@db_command.command()
@click.option("-m", "--message", required=True)
def revision(message: str) -> None:
    """Write a new migration from what the models say and the database lacks."""
    import flask_migrate

    from plg.app import create_app

    with create_app().app_context():
        flask_migrate.revision(message=message, autogenerate=True)


def _run(direction: str, target: str) -> None:
    import flask_migrate

    from plg.app import create_app

    with create_app().app_context():
        getattr(flask_migrate, direction)(revision=target)
    click.echo(f"The database is at {target}.")
